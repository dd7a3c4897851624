"""A real systemd of a user as the keeper: what it keeps, begins again, gives up and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SYSTEMD = Path("/lib/systemd/systemd")
# A machine that was begun by systemd, as far as its manager of a user looks; nobody else sees it.
BEGIN = """\
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib/systemd
mkdir -p /run/systemd/system /run/user/0 /var/lib/systemd/linger
: >/var/lib/systemd/linger/root
exec /lib/systemd/systemd --user --log-target=console
"""
GIVEN = """\
import json, os, signal, sys, time
from pathlib import Path
from deepcat.host import processes, systemd
from deepcat.host.bare import Keeper
from deepcat.host.keeper import Once
local, OWNER = Path(sys.argv[1]), {"name": "one", "module": "half-plus-two"}
keeper = Keeper(local, {})
def until(done):
    end = time.monotonic() + 120
    while not done():
        assert time.monotonic() < end, keeper.programs()
        time.sleep(0.05)
def program(name="one~a~1"):
    return keeper.programs().get(name)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("systemd"),
    pytest.mark.system(str(SYSTEMD), "systemctl", "unshare"),
    pytest.mark.skipif(os.getuid() != 0, reason="only root can give a manager a machine"),
]


@dataclass
class Manager:
    """A user's systemd, and who asks it."""

    pid: int
    folder: Path

    def ask(self, code: str) -> None:
        """Run a program there that holds what it says."""
        words = ["nsenter", f"--target={self.pid}", "--mount", sys.executable, "-c"]
        text = GIVEN + textwrap.dedent(code)
        done = subprocess.run(
            [*words, text, str(self.folder / "a b %d" / "catalog")],
            env=self.environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.folder / "home"),
            "XDG_RUNTIME_DIR": "/run/user/0", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/none",
        }  # fmt: skip


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    folder = tmp_path_factory.mktemp("systemd")
    (folder / "home").mkdir()
    made = Manager(0, folder)
    with (folder / "log").open("wb") as log:
        words = ["unshare", "--mount", "sh", "-c", BEGIN]
        process = subprocess.Popen(words, env=made.environment, stdout=log, stderr=log)
    made.pid = process.pid
    private = Path(f"/proc/{process.pid}/root/run/user/0/systemd/private")
    until = time.monotonic() + 120
    while not private.exists():
        assert time.monotonic() < until, (folder / "log").read_text()
        time.sleep(0.02)
    yield made
    process.send_signal(signal.SIGTERM)
    process.wait(120)


def test_a_whole_life(manager: Manager) -> None:
    manager.ask("""\
        assert systemd.answers() and isinstance(keeper, systemd.Keeper)
        log = local / "one" / "logs" / "one.log"
        argv = ["/bin/sh", "-c", 'echo "awake $0 $1"; exec sleep 600', "$HOME %h", 'a "b" \\\\ c']
        keeper.add("one~a~1", argv, log, OWNER)
        until(lambda: program() and program().state == "RUNNING" and program().pid)
        assert log.read_text() == 'awake $HOME %h a "b" \\\\ c\\n', log.read_text()
        assert keeper.loose() == ()
        first = program().pid
        (seen,) = processes.tagged(local)
        assert (seen.pid, seen.owner["module"]) == (first, "half-plus-two")
        os.kill(first, signal.SIGKILL)
        until(lambda: program().pid not in (0, first) and program().is_up)
        keeper.add("two~a~1", ["/bin/sleep", "600"], local / "two.log", {"name": "two"})
        keeper.remove("one~a~1")
        assert set(keeper.programs()) == {"two~a~1"}
        assert [each.deployment for each in processes.tagged(local)] == ["two"]
        keeper.remove("two~a~1")
        assert keeper.names() == [] and processes.tagged(local) == ()
        assert not list(Path("~/.config/systemd/user").expanduser().glob("**/*deepcat*"))
    """)


def test_what_cannot_live_is_given_up_and_what_ends_by_itself_is_left(manager: Manager) -> None:
    manager.ask("""\
        log = local / "one.log"
        keeper.add("one~a~1", ["/bin/sh", "-c", "echo tried; exit 3"], log, OWNER)
        until(lambda: program().state == "FATAL")
        assert not program().is_up and 2 <= log.read_text().count("tried") <= 5
        keeper.add("one~a~1", ["/bin/sh", "-c", "exit 0"], log, OWNER, Once())
        until(lambda: program().state == "EXITED")
        keeper.remove("one~a~1")
        assert keeper.names() == []
    """)


def test_what_another_keeper_has_it_keeps(manager: Manager) -> None:
    manager.ask("""\
        from deepcat.host import keeping
        own = keeping.Keeper(local)
        own.add("one~a~1", ["/bin/sleep", "600"], local / "one.log", OWNER)
        assert isinstance(Keeper(local, {}), keeping.Keeper)
        own.remove("one~a~1")
        assert isinstance(Keeper(local, {}), systemd.Keeper)
    """)
