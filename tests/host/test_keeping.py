"""Our own keeper, for real: whoever of it is killed, what runs is known, found and ended."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import until

from deepcat.host import processes
from deepcat.host.keeper import Once, keeper_of
from deepcat.host.keeping import Keeper
from deepcat.host.keeping.files import FOLDER, Files, Life, life_of
from deepcat.host.listing import listing

pytestmark = [pytest.mark.starts("keeper"), pytest.mark.slow]

OWNER = {"name": "one", "module": "half-plus-two"}
SLEEP = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
DEAF = ["/bin/sh", "-c", "trap '' TERM; echo awake; while :; do /bin/sleep 600 & wait; done"]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "a b [c] %d ü" / "catalog"
    yield folder
    keeper = Keeper(folder)
    keeper.remove(*keeper.names())
    processes.end(processes.tagged(folder))
    assert not (folder / FOLDER).exists()


@pytest.fixture
def keeper(local: Path) -> Keeper:
    made = keeper_of(local, {"module": "deepcat.host.keeping"})
    assert isinstance(made, Keeper)
    return made


def up(keeper: Keeper, name: str = "one~a~1", but: int = 0) -> int:
    """The program's process, once it runs and is another than that one."""
    found: list[int] = []

    def runs() -> bool:
        program = keeper.programs().get(name)
        if program is not None and program.state == "RUNNING" and program.pid not in (0, but):
            found.append(program.pid)
        return bool(found)

    until(runs)
    return found[0]


def looks_after(local: Path, name: str = "one~a~1") -> Life:
    return Files(local / FOLDER).state(name).keeper


def test_a_whole_life(keeper: Keeper, local: Path, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "one.log"
    assert keeper.programs() == {}
    keeper.add("one~a~1", SLEEP, log, OWNER)
    keeper.add("two~a~1", SLEEP, tmp_path / "two.log", {"name": "two"})
    first, other = up(keeper), up(keeper, "two~a~1")
    assert log.read_text() == "awake\n"
    assert keeper.loose() == ()

    os.kill(first, signal.SIGKILL)
    assert up(keeper, but=first) != first
    assert keeper.programs()["two~a~1"].pid == other
    assert looks_after(local).lasts()

    keeper.remove("one~a~1")
    assert set(keeper.programs()) == {"two~a~1"}
    keeper.remove("two~a~1")
    assert processes.tagged(local) == ()
    assert not (local / FOLDER).exists()


def test_one_of_the_same_name_takes_its_place(keeper: Keeper, tmp_path: Path) -> None:
    keeper.add("one~a~1", SLEEP, tmp_path / "one.log", OWNER)
    first = up(keeper)
    keeper.add("one~a~1", [*SLEEP, "again"], tmp_path / "one.log", OWNER)
    assert up(keeper, but=first)
    assert not life_of(first).lasts()


def test_what_cannot_live_is_given_up(keeper: Keeper, local: Path, tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    keeper.add("one~a~1", ["/bin/sh", "-c", "echo tried; exit 3"], log, OWNER)
    seen: set[str] = set()

    def is_over() -> bool:
        program = keeper.programs()["one~a~1"]
        seen.add(program.state)
        assert program.is_up == (program.state in ("STARTING", "RUNNING"))
        return program.state == "FATAL"

    until(is_over)
    assert "BACKOFF" in seen
    assert "RUNNING" not in seen
    assert log.read_text() == "tried\n" * 4
    until(lambda: not looks_after(local).lasts())
    assert processes.tagged(local) == ()
    assert set(keeper.names()) == {"one~a~1"}, "that it failed stays known until it is removed"


def test_a_command_that_is_none_is_said_in_its_log(keeper: Keeper, tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    keeper.add("one~a~1", ["/no/such/program"], log, OWNER)
    until(lambda: log.exists() and "/no/such/program" in log.read_text())
    until(lambda: keeper.programs()["one~a~1"].state == "BACKOFF")


@pytest.mark.parametrize("status", [0, 3])
def test_what_ends_by_itself_is_not_begun_again(
    keeper: Keeper, tmp_path: Path, status: int
) -> None:
    log = tmp_path / "one.log"
    argv = ["/bin/sh", "-c", f"echo done; exit {status}"]
    keeper.add("one~a~1", argv, log, OWNER, Once())
    until(lambda: keeper.programs()["one~a~1"].state == "EXITED")
    assert keeper.programs()["one~a~1"].reason == f"status {status}"
    assert log.read_text() == "done\n"


def test_a_killed_keeper_s_program_is_loose_and_found(
    keeper: Keeper, local: Path, tmp_path: Path
) -> None:
    keeper.add("one~a~1", SLEEP, tmp_path / "one.log", OWNER)
    keeper.add("two~a~1", SLEEP, tmp_path / "two.log", OWNER | {"name": "two"})
    pid, _ = up(keeper), up(keeper, "two~a~1")
    os.kill(looks_after(local).pid, signal.SIGKILL)
    until(lambda: not keeper.programs()["one~a~1"].is_up)
    assert [(each.pid, each.owner["module"]) for each in keeper.loose()] == [(pid, "half-plus-two")]
    found = {each.name: each for each in listing(local, ({"module": "deepcat.host.keeping"},))}
    assert (found["one"].up, found["one"].loose) == ((), ("one~a~1",))
    assert (found["two"].up, found["two"].loose) == (("two~a~1",), ())

    keeper.end_loose("one")
    assert keeper.loose() == ()
    assert not life_of(pid).lasts()
    assert up(keeper, "two~a~1")


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_moment_nothing_is_left(
    keeper: Keeper, local: Path, tmp_path: Path, seed: int
) -> None:
    """Keeper, program or both, from its first breath on; then it is removed as usual."""
    choose = random.Random(seed)
    for _ in range(6):
        keeper.add("one~a~1", SLEEP, tmp_path / "one.log", OWNER)
        time.sleep(choose.random() * 0.2)
        state = Files(local / FOLDER).state("one~a~1")
        for life in choose.sample([state.keeper, state.program], choose.choice((1, 2))):
            if life.lasts():
                os.kill(life.pid, signal.SIGKILL)
        if choose.random() < 0.5:
            keeper.end_loose("one")
        running = [each for each in processes.tagged(local) if each.program]
        assert len(running) <= 1, "never two of one program"
    keeper.remove("one~a~1")
    keeper.end_loose("one")
    until(lambda: processes.tagged(local) == ())


def test_the_id_of_another_process_is_never_taken_for_it(
    keeper: Keeper, local: Path, tmp_path: Path
) -> None:
    keeper.add("one~a~1", SLEEP, tmp_path / "one.log", OWNER)
    up(keeper)
    files = Files(local / FOLDER)
    state = files.state("one~a~1")
    os.kill(state.keeper.pid, signal.SIGKILL)
    # As after a restart of the machine, or when the kernel has come round: it is somebody else's.
    mine = life_of(os.getpid())
    for odd in (replace(mine, start=mine.start - 1), replace(mine, boot="another")):
        files.tell("one~a~1", replace(state, keeper=odd, program=odd))
        assert not keeper.programs()["one~a~1"].is_up
        assert keeper.programs()["one~a~1"].pid == 0
    keeper.remove("one~a~1")
    assert mine.lasts(), "who asks was not ended in its place"
    assert processes.tagged(local) == ()


def test_a_program_that_does_not_heed_it_is_killed_with_all_of_its_group(
    local: Path, tmp_path: Path
) -> None:
    keeper = Keeper(local, {"grace_s": 0.5})
    keeper.add("one~a~1", DEAF, tmp_path / "one.log", OWNER)
    pid = up(keeper)
    until(lambda: len(_group(pid)) == 2)
    keeper.remove("one~a~1")
    assert _group(pid) == []


def _group(leader: int) -> list[int]:
    """The processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] not in "ZX" and int(fields[2]) == leader:
            found.append(int(path.parent.name))
    return found


def test_no_secret_of_its_starter_reaches_a_program(
    keeper: Keeper, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "secret-canary")
    log = tmp_path / "one.log"
    argv = [sys.executable, "-c", "import os; print(sorted(os.environ), flush=True); input()"]
    keeper.add("one~a~1", argv, log, OWNER, Once())
    until(lambda: keeper.programs()["one~a~1"].state == "EXITED")
    assert "PATH" in log.read_text()
    assert "CANARY" not in log.read_text()


def test_a_long_log_is_begun_anew_and_its_writer_goes_on(
    keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deepcat.host.keeping import one

    log = tmp_path / "one.log"
    log.write_bytes(b"x" * (one.MOST_LOG + 1))
    with log.open("ab") as writer:
        one._rotate(log)
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    assert (tmp_path / "one.log.1").stat().st_size == one.MOST_LOG + 1
    one._rotate(log)
    assert log.read_bytes() == b"after\n"
