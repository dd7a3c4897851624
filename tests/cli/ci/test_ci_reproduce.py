"""On a schedule: a module that no longer comes out as it did is told of, once, on the forge."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from deepcat.records.store import Store

pytestmark = pytest.mark.starts("a forge, and trainings in a box")
MODULE = "modules/half-plus-two"
# Gives the model that there is.
SCRIPT = """\
import json, os, pathlib, shutil, sys
output = pathlib.Path(os.environ["DEEPCAT_OUTPUT"])
(output / "metrics.json").write_text(json.dumps({"max_absolute_error": 3.1e-7}))
shutil.copy("model.tar.gz", output)
"""


def test_one_issue_says_what_is_worse_and_closes_by_itself(
    place: Callable[..., Any], hub: Any
) -> None:
    found = place()
    found.at(hub)
    found.git("config", "deepcat.recordsRemote", "none")
    data = yaml.safe_load((found.root / MODULE / "module.yaml").read_text())
    del data["samples"]  # to ask a model takes longer than all else
    found.write({f"{MODULE}/module.yaml": yaml.safe_dump(data), f"{MODULE}/train.py": SCRIPT})
    found.edit(f"{MODULE}/train.py", "output =", "sys.exit(3); output =")

    def tried() -> Any:
        return found.deepcat("ci", "reproduce", "--out", str(found.folder / "out"))

    assert tried().code == tried().code == 1
    (issue,) = hub.state.issues.values()
    assert issue["title"] == "half-plus-two cannot be trained again"
    assert "status 3" in issue["body"] and issue["state"] == "open"
    found.edit(f"{MODULE}/train.py", "sys.exit(3); ", "")
    told = tried()
    assert (told.code, told.text) == (0, "half-plus-two 1.0.0: identical\n")
    (issue,) = hub.state.issues.values()
    assert issue["state"] == "closed"
    (kept,) = Store(found.root).read_trainings().values()
    (written,) = json.loads((found.folder / "out" / "reproduce.json").read_text())
    assert kept.reproduced["at"] == written["at"]
    assert kept.reproduced["verdict"] == written["verdict"] == "identical"
