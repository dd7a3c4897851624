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


def _light(found: Any, hub: Any) -> Any:
    """A catalog at a forge, whose records stay here.

    Its script gives the model that there is, and no sample is asked: that takes longest.
    """
    data = yaml.safe_load((found.root / MODULE / "module.yaml").read_text())
    del data["samples"]
    found.write({f"{MODULE}/module.yaml": yaml.safe_dump(data), f"{MODULE}/train.py": SCRIPT})
    found.at(hub)
    found.git("config", "deepcat.recordsRemote", "none")
    return found


@pytest.mark.starts("Ansible")
def test_on_a_cloud_that_the_owners_name_each_is_a_job_and_the_record_says_where(
    place: Callable[..., Any], hub: Any
) -> None:
    found = _light(place(), hub)
    with (found.root / "deepcat.yaml").open("a") as file:
        file.write("reproduce: {clouds: [local]}\n")
    found.commit("light")
    out = ("--out", str(found.folder / "out"))
    told = found.deepcat("ci", "reproduce", *out)
    assert told.code == 0, told.text
    assert "on local/host" in told.text  # its plan
    assert told.text.splitlines()[-1] == "half-plus-two 1.0.0: identical"
    store = Store(found.root)
    assert not store.read_all() and not hub.state.issues
    (kept,) = (each for each in store.read_trainings().values() if each.reproduced)
    assert (kept.reproduced["hardware"]["cloud"], kept.reproduced["verdict"]) == (
        "local",
        "identical",
    )
    unknown = found.deepcat("ci", "reproduce", "--on", "locl", *out)
    assert unknown.code == 2 and "no cloud `locl`" in unknown.text
    needs = yaml.safe_load((found.root / MODULE / "module.yaml").read_text())
    needs["resources"]["training"]["gpu"] = 64
    found.write({f"{MODULE}/module.yaml": yaml.safe_dump(needs)})
    found.commit("it needs what no cloud has")
    refused = found.deepcat("ci", "reproduce", *out)
    assert refused.code == 1 and "[reproduce/refused]" in refused.text
    assert not hub.state.issues  # the module is no worse for that


def test_one_issue_says_what_is_worse_and_closes_by_itself(
    place: Callable[..., Any], hub: Any
) -> None:
    found = _light(place(), hub)
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
