"""A real supervisord: it outlives its starter, restarts what dies, ends with the last program."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import until

from deepcat.host.failure import StepError
from deepcat.host.supervisor import Supervisor

pytestmark = pytest.mark.starts("supervisord")

SLEEP = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]


@pytest.fixture(params=["plain", "a b [c] %d ü", "long/" + "x" * 100])
def supervisor(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / request.param / "local")
    yield made
    if made.pid():
        made.remove(*made.programs())


def test_its_whole_life(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "one.log"
    assert supervisor.programs() == {}
    supervisor.add("one", SLEEP, log)
    supervisor.add("two", SLEEP, tmp_path / "two.log")
    assert supervisor.pid() != os.getpid()
    first = supervisor.programs()
    assert set(first) == {"one", "two"}
    until(lambda: log.exists() and "awake" in log.read_text())

    os.kill(first["one"].pid, signal.SIGKILL)
    until(lambda: supervisor.programs()["one"].pid not in (0, first["one"].pid))
    assert supervisor.programs()["two"].pid == first["two"].pid

    supervisor.remove("one")
    assert set(supervisor.programs()) == {"two"}
    pid = supervisor.pid()
    supervisor.remove("two")
    assert supervisor.pid() == 0
    until(lambda: not _is_alive(pid))
    assert not supervisor.folder.exists()


def _is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_after_a_crash_everything_comes_back(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.add("one", SLEEP, tmp_path / "one.log")
    old = supervisor.programs()["one"].pid
    for pid in (supervisor.pid(), old):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not supervisor.pid())
    supervisor.add("two", SLEEP, tmp_path / "two.log")
    assert set(supervisor.programs()) == {"one", "two"}


def test_no_secret_of_its_starter_reaches_a_program(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "secret-canary")
    log = tmp_path / "one.log"
    argv = [sys.executable, "-c", "import os; print(sorted(os.environ), flush=True); input()"]
    supervisor.add("one", argv, log)
    until(lambda: log.exists() and "PATH" in log.read_text())
    assert "CANARY" not in log.read_text()


def test_a_path_that_its_file_cannot_hold_is_refused(tmp_path: Path) -> None:
    made = Supervisor(tmp_path / "local")
    with pytest.raises(StepError) as caught:
        made.add("one", ["/bin/sleep", "1 ;comment"], tmp_path / "one.log")
    assert caught.value.code == "run/path"
    assert made.pid() == 0


def test_a_program_whose_folder_is_gone_keeps_no_other_from_starting(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    supervisor.add("one", SLEEP, gone / "one.log")
    supervisor.add("two", SLEEP, tmp_path / "two.log")
    pids = [supervisor.pid(), *(each.pid for each in supervisor.programs().values())]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(map(_is_alive, pids)))
    shutil.rmtree(gone)

    supervisor.add("three", SLEEP, tmp_path / "three.log")
    assert set(supervisor.programs()) == {"two", "three"}
