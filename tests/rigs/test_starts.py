"""The watch over quick tests: what starts something without saying so fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import starts

BODIES = {
    "program": "subprocess.run([sys.executable, '--version'])",
    "shell": "os.system('true')",
    "fork": "os.fork() or os._exit(0)",
    "server": "socket.create_server(('127.0.0.1', 0))",
    "client": "socket.create_connection(('127.0.0.1', 9))",
    "thread": "in_thread(lambda: subprocess.run([sys.executable, '--version']))",
    "swallowed": "swallow(lambda: subprocess.run([sys.executable, '--version']))",
    "tensorflow": "import tensorflow",
}
HEAD = """\
import os, socket, subprocess, sys, threading
import pytest

def in_thread(call):
    thread = threading.Thread(target=swallow, args=[call])
    thread.start()
    thread.join()

def swallow(call):
    try:
        call()
    except BaseException:
        pass
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of one file with a quick test for each way to start something."""
    folder = tmp_path_factory.mktemp("starting")
    bodies = [f"def test_{name}():\n    {body}\n" for name, body in BODIES.items()]
    bodies.append("def test_git():\n    subprocess.run(['git', '--version'])\n")
    marked = f"@pytest.mark.starts('a program')\ndef test_marked():\n    {BODIES['program']}\n"
    (folder / "test_it.py").write_text("\n".join([HEAD, *bodies, marked]))
    (folder / "pytest.ini").write_text("[pytest]\n")
    rigs = Path(starts.__file__).parent
    arguments = ["-q", "-rA", "--tb=no", "-p", "starts", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(folder)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(rigs), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.starts("a program")
@pytest.mark.parametrize("name", BODIES)
def test_what_starts_something_fails(report: str, name: str) -> None:
    assert f"FAILED test_it.py::test_{name} " in report or (
        f"ERROR test_it.py::test_{name} " in report
    ), report


@pytest.mark.starts("a program")
def test_git_is_allowed_and_what_is_marked_may(report: str) -> None:
    assert "PASSED test_it.py::test_git\n" in report
    assert "PASSED test_it.py::test_marked\n" in report


def test_the_places_are_there() -> None:
    """A name that is mistyped, or moved, would let all that is in it into the quick tests."""
    assert [name for name in starts.PLACES if not [*starts.TESTS.glob(f"{name}*")]] == []
