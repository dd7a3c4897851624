"""What GitHub says woke a workflow: its own published examples, with a test's facts in them.

`events.json` was cut from `index.json` of api.github.com in the npm package
`@octokit/webhooks-examples` (MIT licence): ``python github_events.py index.json >events.json``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

_KEPT = {
    "pull_request": "opened",
    "pull_request_review": "submitted",
    "push": "",
    "workflow_run": "completed",
    "merge_group": "checks_requested",
}
_FILE = Path(__file__).with_name("events.json")


def event(name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of an event, in which these facts stand in the place of the example's.

    Raises:
        KeyError: GitHub's event knows no such fact.
    """
    whole: dict[str, Any] = deepcopy(json.loads(_FILE.read_text("utf-8"))[name])
    _lay(whole, facts, name)
    return whole


def _lay(whole: dict[str, Any], facts: Mapping[str, Any], path: str) -> None:
    for key, value in facts.items():
        if key not in whole:
            raise KeyError(f"{path}.{key}")
        if isinstance(value, Mapping) and isinstance(whole[key], dict):
            _lay(whole[key], value, f"{path}.{key}")
        else:
            whole[key] = value


def extract(examples: list[Any]) -> dict[str, Any]:
    """The first example of each event and action that is kept."""
    return {
        each["name"]: next(
            one for one in each["examples"] if one.get("action", "") == _KEPT[each["name"]]
        )
        for each in examples
        if each["name"] in _KEPT
    }


if __name__ == "__main__":
    found = extract(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    json.dump(found, sys.stdout, separators=(",", ":"), sort_keys=True)
    print()
