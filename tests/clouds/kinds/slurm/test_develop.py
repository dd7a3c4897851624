"""JupyterLab as a batch job: reached through the cluster, ended by it, begun again, never lost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import notebooks
import pytest
from conformance.stand import Stand
from loops import MODULE

pytestmark = [
    pytest.mark.starts("a Slurm, and JupyterLab as its job"),
    pytest.mark.system("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd", "git"),
    pytest.mark.xdist_group("conformance slurm "),
    pytest.mark.slow,
]


def test_it_is_opened_outlives_its_job_and_goes_on_in_another(
    stand: Stand, says: Any, until: Any, settings: Any
) -> None:
    settings(time=30, renew=60, wait=60)
    (stand.root / "modules" / MODULE / "train.py").write_text("print(1)\n")
    stand.wish_for("demo", profile="develop", inputs={})
    with notebooks.opened(stand.root, "demo", "--idle", "off") as told:
        # Not idle, but what the queue gives a job, less what it needs to end.
        assert 0 < told["stops_at"] - time.time() <= 29 * 60
        first = notebooks.token(told["address"])
        assert notebooks.status(told["address"], "api/contents") == 403
        own = {"Authorization": f"token {first}"}
        assert notebooks.status(told["address"], "api/contents", **own) == 200
        number = says("squeue", "-ho", "%A").strip()
        assert says("squeue", "-ho", "%T %l").strip() == "RUNNING 30:00"
        kept = stand.ground.folder(stand.root, "first") / ".work" / "demo" / "notebook"
        (kept / "files" / "train.py").write_text("print(2)\n")
        # As Slurm tells a job that its time is soon over.
        says("scancel", "--batch", "--signal=USR1", number)
        until(lambda: says("squeue", "-ho", "%A") == "")
    assert saved(stand, kept, "train.py") == "print(2)\n"
    assert stand.rows()["demo"]["status"] == "stopped"
    assert stand.call("plan") == 0
    assert "nothing to change" in stand.said
    assert stand.call("develop", "save", "demo", "-m", "Two") == 0, stand.said
    assert "Proposed: deepcat/develop/demo" in stand.said

    with notebooks.opened(stand.root, "demo") as told:
        second = notebooks.token(told["address"])
        assert second != first
        own = {"Authorization": f"token {second}"}
        assert stand.rows()["demo"]["status"] == "running"
        assert notebooks.status(told["address"], "api/contents/train.py", **own) == 200
        assert int(says("squeue", "-ho", "%A")) > int(number)
        assert stand.call("develop", "stop", "demo") == 0, stand.said
        until(lambda: says("squeue", "-ho", "%A") == "")
        assert stand.rows()["demo"]["status"] == "stopped"
    assert (kept / "files" / "train.py").read_text() == "print(2)\n"
    assert stand.call("destroy", "demo", "--yes", "--discard") == 0, stand.said
    assert not kept.exists()
    assert stand.ground.there(stand.root) == {}


def saved(stand: Stand, kept: Path, name: str) -> str:
    commit = json.loads((kept / "saved.json").read_text())["commit"]
    return stand.git("--git-dir", str(kept / "saved.git"), "show", f"{commit}:{name}")
