"""What the form that writes a deployment needs to judge it as `deepcat check` does. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from deepcat.catalog.judging.keywords import RULES
from deepcat.catalog.reading.paths import NAME, RESERVED
from deepcat.resources import schemas

# Words of a schema that say nothing of what is valid.
_TOLD = frozenset(("description", "examples", "title", "$schema", "$id", "default"))


def rules(
    taken: Sequence[str], clouds: Sequence[str], datasets: Mapping[str, str]
) -> dict[str, Any]:
    """`deploy/rules.json`.

    Args:
        taken: names of deployments that there are.
        clouds: names of clouds that there are.
        datasets: name of each data set -> its title.
    """
    return {
        "format": "deepcat-api/v1",
        "schema": _schema(),
        "name": f"^{NAME.pattern.removesuffix(chr(92) + 'Z')}$",
        "reserved": sorted(RESERVED),
        "taken": list(taken),
        "clouds": list(clouds),
        "datasets": dict(datasets),
        "codes": RULES,
    }


@cache
def _schema() -> Any:
    whole = json.loads((schemas() / "deployment.schema.json").read_text("utf-8"))
    return _bare(whole, is_names=False)


def _bare(node: Any, *, is_names: bool) -> Any:
    """A schema without what it tells people; what stands below `properties` are names."""
    if isinstance(node, Mapping):
        return {
            key: _bare(value, is_names=not is_names and key in {"properties", "patternProperties"})
            for key, value in node.items()
            if is_names or key not in _TOLD
        }
    return node
