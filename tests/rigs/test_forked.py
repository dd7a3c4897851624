"""A command that is forked is what the same command is, begun by Python anew."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import forked
import pytest

pytestmark = pytest.mark.starts("python")

SCRIPT = """\
import json, os, sys
sys.stderr.write("é\\n")
print(json.dumps([
    sys.argv, sys.path[0], os.getcwd(), os.environ["OWN"], "PATH" in os.environ, __name__,
    sys.stdin.read(), os.getsid(0) == os.getpid(), sys.stdout.encoding, sys.stderr.errors,
]))
sys.exit(3)
"""
KILLED = "import os, signal, time\nprint('so far', flush=True)\ntime.sleep(600)\n"


def test_it_is_given_and_gives_the_same(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    one, other = (
        run(
            [sys.executable, str(script), "é", "--x"], cwd=tmp_path, env={"OWN": "1"},
            input="given", capture_output=True, start_new_session=True, **words,
        )
        for run, words in ((subprocess.run, {"text": True}), (forked.run, {}))
    )  # fmt: skip
    assert (one.returncode, one.stdout, one.stderr) == (3, other.stdout, "é\n")
    assert (other.returncode, other.stderr) == (3, "é\n")
    assert json.loads(other.stdout)[3:5] == ["1", False]


@pytest.mark.parametrize("argv", [("--version",), ("nonsense",), ("status", "--json"), ("-h",)])
def test_a_command_says_the_same(argv: tuple[str, ...], tmp_path: Path) -> None:
    words = [sys.executable, "-m", "deepcat", *argv]
    real = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    done = forked.run(words, cwd=tmp_path, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        real.returncode,
        real.stdout,
        real.stderr,
    )


def test_it_is_killed_waited_for_and_looked_at(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(KILLED)
    with forked.Popen([sys.executable, script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "so far\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=0.01)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    assert process.poll() == -signal.SIGKILL


def test_it_may_end_without_reading_all(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("print('enough')")
    done = forked.run([sys.executable, script], input="x" * 1_000_000, capture_output=True)
    assert (done.returncode, done.stdout) == (0, "enough\n")


def test_a_variable_of_the_interpreter_is_obeyed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.stdout.encoding, sys.flags.utf8_mode)")
    env = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "1"}
    done = forked.run([sys.executable, script], env=env, capture_output=True)
    assert done.stdout == "iso8859-1 1\n"
