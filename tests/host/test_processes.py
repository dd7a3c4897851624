"""What bears an owner tag is found and ended whoever looked after it; nothing else is touched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import until

from deepcat.host import processes
from deepcat.host.box.argv import boxed, write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available
from deepcat.host.processes import Process
from deepcat.host.supervisor import Supervisor

pytestmark = pytest.mark.starts("supervisord")

OWNER = {"name": "one", "module": "half-plus-two", "nodes": {"server": {}}, "status": "running"}
SLEEP = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "local")
    yield made
    made.end_loose("one")
    made.end_loose("two")
    if made.pid():
        made.remove(*made.programs())
    until(lambda: processes.tagged(tmp_path / "local") == ())


def _up(supervisor: Supervisor, name: str) -> bool:
    program = supervisor.programs().get(name)
    return program is not None and program.state == "RUNNING"


def test_what_a_killed_supervisor_leaves_is_found_with_its_owner_and_ended(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.add("one~a~1", SLEEP, tmp_path / "one.log", OWNER)
    supervisor.add("two~a~1", SLEEP, tmp_path / "two.log", OWNER | {"name": "two"})
    until(lambda: _up(supervisor, "one~a~1") and _up(supervisor, "two~a~1"))
    assert supervisor.loose() == ()
    pids = {name: each.pid for name, each in supervisor.programs().items()}

    os.kill(supervisor.pid(), signal.SIGKILL)
    until(lambda: supervisor.pid() == 0)
    loose = {each.program: each for each in supervisor.loose()}
    assert {name: each.pid for name, each in loose.items()} == pids
    assert loose["one~a~1"].owner["module"] == "half-plus-two"
    assert "server" not in str(loose["one~a~1"].owner), "what is long stays in the place"

    supervisor.end_loose("one")
    assert [each.program for each in supervisor.loose()] == ["two~a~1"]


def test_a_supervisor_that_lost_its_socket_is_ended_before_another_begins(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.add("one~a~1", STUBBORN, tmp_path / "one.log", OWNER)
    first = supervisor.pid()
    shutil.rmtree(supervisor.folder)
    until(lambda: {each.program for each in supervisor.loose()} == {"", "one~a~1"})

    supervisor.add("one~b~1", SLEEP, tmp_path / "one.log", OWNER)
    assert supervisor.pid() not in (0, first)
    supervisor.end_loose("one")
    assert supervisor.loose() == ()
    assert set(supervisor.programs()) == {"one~b~1"}


# A program of a stranger: it says by its variables and its arguments that it is something of ours.
WAIT = "import time; print('forged', flush=True); time.sleep(600)"


def _forger(word: str) -> list[str]:
    argv = [sys.executable, "-I", "-S", "-c", WAIT, f"--tag={word}"]
    code = f"import os, sys; os.execve(sys.executable, {argv!r}, {dict([word.split('=', 1)])!r})"
    return [sys.executable, "-I", "-S", "-c", code]


@pytest.mark.parametrize("way", ["all", "of one user"])
def test_what_enters_a_box_is_found_and_what_is_in_it_can_forge_nothing(
    supervisor: Supervisor, tmp_path: Path, way: str
) -> None:
    layers = available()
    if way == "of one user":
        layers = replace(layers, user=False)
    word = f"{processes.VARIABLE}={processes.tag(tmp_path / 'local', 'three~a~1', {})}"
    grant = Grant("one", reads=(sys.prefix, sys.base_prefix), processes=64)
    write(tmp_path / "box", grant, layers)
    argv = boxed(tmp_path / "box", *_forger(word))
    supervisor.add("one~a~1", argv, tmp_path / "one.log", OWNER)
    log = tmp_path / "one.log"
    until(lambda: log.is_file() and "forged" in log.read_text())
    assert supervisor.loose() == ()

    os.kill(supervisor.pid(), signal.SIGKILL)
    until(lambda: supervisor.pid() == 0)
    assert {(each.program, each.owner["module"]) for each in supervisor.loose()} == {
        ("one~a~1", "half-plus-two")
    }
    supervisor.end_loose("three")
    supervisor.end_loose("one")
    assert not [path for path in Path("/proc").glob("[0-9]*") if _says(path, word)]


def _says(process: Path, word: str) -> bool:
    try:
        return word.encode() in (process / "cmdline").read_bytes().split(b"\0")[-2]
    except (OSError, IndexError):
        return False


@pytest.mark.parametrize(
    "program",
    [
        "../../x~a~1",
        "..~a~1",
        "/etc~a~1",
        "One~a~1",
        "one",
        "one~",
        "~a",
        "-x~a~1",
        f"{'x' * 64}~a",
    ],
)
def test_a_tag_with_a_name_that_no_deployment_has_is_nobodys(
    supervisor: Supervisor, tmp_path: Path, program: str
) -> None:
    owner = OWNER | {"name": program.partition("~")[0]}
    value = processes.tag(tmp_path / "local", program, owner)
    forger = subprocess.Popen(SLEEP, env={processes.VARIABLE: value}, stdout=subprocess.PIPE)
    assert forger.stdout
    forger.stdout.readline()
    try:
        assert processes.tagged(tmp_path / "local") == ()
    finally:
        forger.kill()
        forger.communicate()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_a_tag_of_another_user_is_nobodys(supervisor: Supervisor, tmp_path: Path) -> None:
    value = processes.tag(tmp_path / "local", "one~a~1", OWNER)
    line = ["/bin/sh", "-c", "echo; sleep 600 & wait"]
    forger = subprocess.Popen(
        line, env={processes.VARIABLE: value}, user=65_534, stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert forger.stdout
    forger.stdout.readline()
    try:
        assert processes.tagged(tmp_path / "local") == ()
    finally:
        os.killpg(forger.pid, signal.SIGKILL)
        forger.communicate()


def test_processes_of_another_catalog_and_of_people_are_not_ours(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "local"
    supervisor.add("one~a~1", SLEEP, tmp_path / "one.log", OWNER)
    value = processes.tag(other, "one~a~1", OWNER)
    strange = subprocess.Popen(SLEEP, env={processes.VARIABLE: value})
    until((tmp_path / "one.log").exists)
    reader = subprocess.Popen(["tail", "-f", str(tmp_path / "one.log")])
    try:
        until(lambda: len(processes.tagged(other)) == 1)
        assert supervisor.loose() == ()
        supervisor.end_loose("one")
        assert strange.poll() is None
        assert reader.poll() is None
        assert _up(supervisor, "one~a~1") or until(lambda: _up(supervisor, "one~a~1"))
    finally:
        for each in (strange, reader):
            each.kill()
            each.wait()


@pytest.mark.parametrize("value", ["", ":", "::", "one~a~1:!!!", "one~a~1:eyJh", "one~a~1:W10="])
def test_a_forged_tag_is_no_owner(supervisor: Supervisor, tmp_path: Path, value: str) -> None:
    mark = processes.tag(tmp_path / "local", "x", {}).partition(":")[0]
    forger = subprocess.Popen(SLEEP, env={processes.VARIABLE: f"{mark}:{value}"})
    try:
        found = processes.tagged(tmp_path / "local")
        assert [each.owner for each in found if each.pid == forger.pid] in ([], [{}])
    finally:
        forger.kill()
        forger.wait()


def test_only_what_no_supervisor_is_above_is_beyond_it() -> None:
    rows = [Process(2, 1, ""), Process(3, 2, "a"), Process(4, 3, "a"), Process(9, 1, "b")]
    assert [each.pid for each in processes.beyond(rows, 2)] == [9]
    assert [each.pid for each in processes.beyond(rows, 0)] == [2, 3, 4, 9]
    circle = [Process(5, 6, "c"), Process(6, 5, "c")]
    assert len(processes.beyond(circle, 2)) == 2
