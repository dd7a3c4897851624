"""The program that a keeper is given: it runs a job once, in its bounds, and tells how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deepcat.host.box.argv import write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available
from deepcat.host.job import once
from deepcat.host.job.end import end_of
from deepcat.host.keeper import TICKET
from deepcat.host.place import Place

pytestmark = pytest.mark.starts("jobs")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "demo" / "jobs" / "job" / "1"
    (made / "work").mkdir(parents=True)
    place = Place(tmp_path / "demo")
    place.save({"jobs": {"job": {"live": {"folder": "jobs/job/1", "program": "p"}}}})
    place.tag({"name": "demo", "is_job": True, "status": "running", "run": "r"})
    return made


def lay(folder: Path, line: str, **more: Any) -> list[str]:
    work = str(folder / "work")
    grant = Grant(name=f"job {folder}", writes=(work,), folder=work)
    write(folder / "grant.json", grant, available(), ["/bin/sh", "-c", line])
    job = {
        "place": str(folder.parents[2]),
        "image": "",
        "retries": 0,
        "time_s": 0,
        "options": [],
        "outputs": [],
    }
    job |= {"grant": str(folder / "grant.json"), "environment": {}, **more}
    (folder / "job.json").write_text(json.dumps(job))
    return [sys.executable, "-I", "-S", once.__file__, str(folder / "job.json")]


@pytest.mark.parametrize(
    ("line", "more", "status", "why", "times"),
    [
        ("echo x >>ran", {}, 0, "", 1),
        ("echo x >>ran; exit 3", {}, 3, "", 1),
        ("echo x >>ran; exit 3", {"retries": 1}, 3, "", 2),
        ('echo x >>ran; test "$(wc -l <ran)" = 2', {"retries": 3}, 0, "", 2),
        ("echo x >>ran; sleep 60", {"time_s": 3, "retries": 3}, 124, "time", 1),
        ("echo x >>ran; kill -9 $$", {}, 137, "", 1),
    ],
)
def test_a_job_runs_to_its_end(
    folder: Path, line: str, more: dict[str, Any], status: int, why: str, times: int
) -> None:
    done = subprocess.run(lay(folder, line, **more), check=False)
    end = end_of(folder)
    assert end is not None
    assert (done.returncode, end.exit_status, end.why) == (status, status, why)
    assert len((folder / "work" / "ran").read_text().split()) == times
    tag = Place(folder.parents[2]).owner
    assert (tag["status"], tag["exit_status"]) == ("failed" if status else "ended", status)


def test_of_two_that_begin_one_runs(folder: Path) -> None:
    words = lay(folder, "echo x >>ran")
    running = [subprocess.Popen(words) for _ in range(4)]
    assert [each.wait() for each in running] == [0, 0, 0, 0]
    assert (folder / "work" / "ran").read_text() == "x\n"


def test_the_very_same_may_begin_again(folder: Path) -> None:
    """As a batch system does with a job whose node failed; nobody else may."""
    words = lay(folder, "echo x >>ran; test -e go || exec sleep 60; echo end >>ran")
    own, other = ({**os.environ, TICKET: ticket} for ticket in ("7", "8"))
    with subprocess.Popen(words, env=own) as first:
        while not (folder / "work" / "ran").exists():
            os.sched_yield()
        first.kill()
    (folder / "work" / "go").touch()
    assert subprocess.run(words, env=other, check=False).returncode == 0
    assert (folder / "work" / "ran").read_text() == "x\n"
    assert subprocess.run(words, env=own, check=False).returncode == 0
    assert (folder / "work" / "ran").read_text() == "x\nx\nend\n"


def test_who_is_stopped_from_outside_has_no_end(folder: Path) -> None:
    with subprocess.Popen(lay(folder, "echo x >ran; exec sleep 60")) as running:
        while not (folder / "work" / "ran").exists():
            os.sched_yield()
        running.send_signal(signal.SIGTERM)
    assert running.returncode == 128 + signal.SIGTERM
    assert end_of(folder) is None
    assert Place(folder.parents[2]).owner["status"] == "running"


@pytest.mark.parametrize(
    ("outputs", "files"),
    [
        ([["both", "b"]], {"b": "oe"}),
        ([["out", "o"], ["err", "e"]], {"o": "o", "e": "e"}),
        ([["err", "e"]], {"e": "e"}),
        ([["out", "o"]], {"o": "oe"}),
    ],
)
def test_what_it_says_is_in_the_log_and_in_its_files(
    folder: Path, outputs: list[list[str]], files: dict[str, str]
) -> None:
    words = lay(folder, "echo o; echo e >&2; echo kept >other", outputs=outputs)
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    assert sorted((done.stdout + done.stderr).split()) == ["e", "o"]
    found = {path.name: path.read_text().split() for path in (folder / "work").iterdir()}
    assert found == {name: list(said) for name, said in files.items()} | {"other": ["kept"]}


def test_a_file_that_leads_elsewhere_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "work" / "o").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("mine")
    subprocess.run(lay(folder, "echo o", outputs=[["out", "o"]]), check=True)
    assert (tmp_path / "elsewhere").read_text() == "mine"
