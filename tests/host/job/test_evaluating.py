"""After a training both models are measured in boxes, and nothing that the script says counts."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from deepcat.host.box.argv import write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available
from deepcat.host.job import evaluating, once
from deepcat.host.job.end import end_of
from deepcat.host.place import Place

pytestmark = pytest.mark.starts("jobs")

TRAIN = """
mkdir "$DEEPCAT_OUTPUT/model" "$DEEPCAT_OUTPUT/evaluated.json"
echo 0.5 >"$DEEPCAT_OUTPUT/model/saved_model.pb"
echo '{"new": {"metrics": {"loss": 0}}}' >"$DEEPCAT_OUTPUT/evaluated.json/x"
"""
EVALUATE = (
    'echo "{\\"loss\\": $(cat "$DEEPCAT_MODEL/saved_model.pb"), \\"a\\": NaN}"'
    ' >"$DEEPCAT_OUTPUT/metrics.json"'
)


def run(tmp_path: Path, train: str, evaluate: str, **more: Any) -> Any:
    folder = tmp_path / "demo" / "jobs" / "job" / "1"
    for name in ("work", "output", "module"):
        (folder / name).mkdir(parents=True)
    checkpoints, kept = tmp_path / "checkpoints", tmp_path / "kept"
    checkpoints.mkdir()
    kept.mkdir()
    with tarfile.open(folder / "module" / "model.tar.gz", "w:gz") as old:
        member = tarfile.TarInfo("1/saved_model.pb")
        member.size = 3
        old.addfile(member, io.BytesIO(b"0.9"))
    place = Place(tmp_path / "demo")
    place.save({"jobs": {"job": {"live": {"folder": "jobs/job/1", "program": "p"}}}})
    place.tag({"name": "demo", "is_job": True, "status": "running", "run": "r"})
    work, output = str(folder / "work"), str(folder / "output")
    grant = Grant(
        name=f"job {folder}",
        writes=(work, output, str(checkpoints)),
        folder=work,
        variables={"DEEPCAT_OUTPUT": output, "DEEPCAT_CHECKPOINTS": str(checkpoints)},
    )
    write(folder / "grant.json", grant, available(), ["/bin/sh", "-c", train])
    if evaluate:
        line = f"sh -c '{evaluate}'"
        evaluating.lay(line, folder, grant, available())
    job = {
        "place": str(folder.parents[2]), "image": "", "retries": 0, "time_s": 0, "options": [],
        "outputs": [], "grant": str(folder / "grant.json"), "environment": {}, "output": "output",
        "kept": str(kept), "log": str(tmp_path / "log"), "checkpoints": str(checkpoints),
        "evaluate": evaluate, "old": "model.tar.gz", **more,
    }  # fmt: skip
    (folder / "job.json").write_text(json.dumps(job))
    argv = [sys.executable, "-I", "-S", once.__file__, str(folder / "job.json")]
    done = subprocess.run(argv, capture_output=True, timeout=120, check=False)
    end = end_of(folder)
    assert end is not None, done.stderr
    assert end.exit_status == 0, done.stderr
    rows = json.loads((kept / "seen.json").read_text())["output"]
    path = folder / "output" / "evaluated.json"
    assert (evaluating.FILE in [row["path"] for row in rows]) is path.exists()
    return json.loads(path.read_text()) if path.exists() else None


def test_both_models_are_measured(tmp_path: Path) -> None:
    assert run(tmp_path, TRAIN, EVALUATE) == {
        "new": {"metrics": {"loss": 0.5}},
        "old": {"metrics": {"loss": 0.9}},
    }


def test_what_a_script_says_to_be_measured_is_taken_away(tmp_path: Path) -> None:
    assert run(tmp_path, TRAIN, "") is None


def test_who_measures_reaches_neither_the_output_nor_the_models(tmp_path: Path) -> None:
    worse = (
        'echo 1 >"$DEEPCAT_MODEL/saved_model.pb"; echo 2 >"$DEEPCAT_MODEL/../../output/x";'
        f' test -z "$DEEPCAT_CHECKPOINTS" && {EVALUATE}'
    )
    assert run(tmp_path, TRAIN, worse)["new"] == {"metrics": {"loss": 0.5}}
    assert not list(tmp_path.glob("**/output/x"))


@pytest.mark.parametrize(
    ("train", "evaluate", "which", "why"),
    [
        (TRAIN, "exit 3", "new", "status 3"),
        (TRAIN, "true", "old", "wrote no"),
        (TRAIN, 'mkfifo "$DEEPCAT_OUTPUT/metrics.json"', "new", "wrote no"),
        (TRAIN, 'echo "[" >"$DEEPCAT_OUTPUT/metrics.json"', "new", "no object"),
        ('echo x >"$DEEPCAT_OUTPUT/x"', EVALUATE, "new", "holds no SavedModel"),
        ('ln -s /etc/passwd "$DEEPCAT_OUTPUT/model.tar.gz"', EVALUATE, "new", "no archive"),
    ],
)
def test_why_there_are_no_figures_is_said(
    tmp_path: Path, train: str, evaluate: str, which: str, why: str
) -> None:
    assert why in run(tmp_path, train, evaluate)[which]["failed"]
