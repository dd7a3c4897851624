"""What a machine lacks for `make demo` is said at once, before anything is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.starts("a program")

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("awk", "df", "dirname", "git", "sed", "grep", "tail", "head", "sh")
NO_NETWORK = ("unshare", "--user", "--map-root-user", "--net")

Ready = Callable[..., tuple[int, str]]


@pytest.fixture
def ready(tmp_path: Path) -> Ready:
    """Ask a script of `.github` in a repository, on a machine with some programs alone."""
    folder = tmp_path / "project"
    (folder / ".github").mkdir(parents=True)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).symlink_to(shutil.which(name) or "/nowhere")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)

    def ask(
        *argv: str, without: str = "", python: str = sys.executable, before: Sequence[str] = ()
    ) -> tuple[int, str]:
        shutil.copy(ROOT / ".github" / argv[0], folder / ".github")
        if without == ".git":
            shutil.rmtree(folder / ".git")
        elif without:
            (programs / without).unlink()
        wrapped = [shutil.which(before[0]) or "", *before[1:]] if before else []
        done = subprocess.run(
            [*wrapped, str(folder / ".github" / argv[0]), *argv[1:]],
            env={"PATH": str(programs), "PYTHON": python, "GIT_CEILING_DIRECTORIES": str(tmp_path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout == ""
        return done.returncode, done.stderr

    return ask


def python(folder: Path, answers: str) -> str:
    """A program that answers some questions as another Python would."""
    path = folder / "python-of-another-time"
    path.write_text(f'#!/bin/sh\ncase $2 in {answers} esac\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_a_machine_that_has_all_is_told_nothing(ready: Ready) -> None:
    assert ready("ready", "demo", "1") == (0, "")


def test_all_that_is_lacking_is_said_at_once(ready: Ready) -> None:
    code, said = ready("ready", "demo", "99999999", without=".git", python="no-such-python")
    assert code == 1
    heads = [line for line in said.splitlines() if line.startswith("  ") and line[2] != " "]
    assert [head.split(":")[0].strip() for head in heads] == [
        "the program no-such-python",
        "a Git repository",
        "space",
    ]
    assert "git init -q && git add -A" in said


@pytest.mark.system("unshare")
def test_no_loopback(ready: Ready) -> None:
    code, said = ready("ready", "demo", before=NO_NETWORK)
    assert (code, said.count("\n")) == (1, 3)
    assert "a loopback network: nothing can be asked at 127.0.0.1" in said


def test_what_runs_nowhere_needs_no_repository(ready: Ready) -> None:
    assert ready("ready", "1", without=".git") == (0, "")
    assert "the program git" in ready("ready", "demo", without="git")[1]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("*platform*) echo 3.10.4; exit;; *version_info*) exit 1;;", "is 3.10.4"),
        ("*ensurepip*) exit 1;;", "apt-get install python3-venv"),
        ("*) exit 127;;", "a Python that runs"),
    ],
)
def test_another_python(answers: str, words: str, ready: Ready, tmp_path: Path) -> None:
    code, said = ready("ready", python=python(tmp_path, answers))
    assert code == 1
    assert words in said


def test_npm_says_in_a_line_why_it_fails(ready: Ready, tmp_path: Path) -> None:
    code, said = ready("npm", "web")
    assert (code, said.count("\n")) == (1, 1)
    assert "Node.js or npm is missing" in said
    node = tmp_path / "bin" / "node"
    node.write_text("#!/bin/sh\necho 12.22.9\n")
    for name in ("node", "npm"):
        (tmp_path / "bin" / name).touch()
        (tmp_path / "bin" / name).chmod(0o755)
    assert "Node.js is 12.22.9, and 20 or newer is needed" in ready("npm", "web")[1]


@pytest.mark.system("npm")
def test_npm_says_why_a_lock_is_not_taken(ready: Ready, tmp_path: Path) -> None:
    for name in ("node", "npm"):
        path = tmp_path / "bin" / name
        path.write_text(f'#!/bin/sh\nPATH={os.environ["PATH"]} exec {shutil.which(name)} "$@"\n')
        path.chmod(0o755)
    (tmp_path / "project" / "web").mkdir()
    (tmp_path / "project" / "web" / "package.json").write_text("{}")
    code, said = ready("npm", "web")
    assert (code, said.count("\n")) == (1, 1)
    assert "npm ci fails in web (The `npm ci` command can only install with" in said
