"""In bash, zsh and fish themselves: what a person types, the key that completes, what is called."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = [pytest.mark.starts("a program"), pytest.mark.slow]
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], "PS1='>RE''ADY> '; bind 'set bell-style none'"),
    "zsh": (["-f", "-i"], "autoload -Uz compinit; compinit -u -D; PS1='>RE''ADY> '"),
    "fish": (["--no-config", "--private", "-i"], "function fish_prompt; echo -n '>RE''ADY> '; end"),
}
# What is typed before the key -> what is called then. `{}` is another catalog's folder.
LINES = {
    "stat": ["status"],
    "predict gar": ["predict", "garden"],
    "apply par": ["apply", "park"],
    "destroy garden pa": ["destroy", "garden", "park"],
    "records show gar": ["records", "show", "garden"],
    "topology half": ["topology", "half-plus-two"],
    "export half": ["export", "half-plus-two"],
    "match --cloud near": ["match", "--cloud", "nearby"],
    "match --gpu A100-8": ["match", "--gpu", "A100-80GB"],
    "check --explain sample/js": ["check", "--explain", "sample/json"],
    "check mod": ["check", "modules"],
    "plan --commit releas": ["plan", "--commit", "release-one"],
    "plan --mark": ["plan", "--markdown"],
    "predict garden --sample thr": ["predict", "garden", "--sample", "three"],
    "new deployment x --module half": ["new", "deployment", "x", "--module", "half-plus-two"],
    "-C {} status far": ["-C", "{}", "status", "faraway"],
    "status -C {} far": ["status", "-C", "{}", "faraway"],
    "nosuch gar": ["nosuch", "gar"],
}  # fmt: skip
PATIENCE_S = 60.0
READY = b">READY>"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A catalog, and another one beside it."""
    top = tmp_path_factory.mktemp("shells")
    catalog, other = top / "catalog", top / "other"
    files = {
        "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
        "deployments/garden.yaml": "apiVersion: deepcat/v1\nmodule: half-plus-two\n",
        "deployments/park.yaml": "wrong: [\n",
        "modules/half-plus-two/module.yaml": "version: 1.0.0\nsamples:\n  - name: three\n",
        "clouds/nearby.yaml": "kind: local\n",
    }
    for name, text in files.items():
        (catalog / name).parent.mkdir(parents=True, exist_ok=True)
        (catalog / name).write_text(text)
    (other / "deployments").mkdir(parents=True)
    (other / "deepcat.yaml").write_text("")
    (other / "deployments" / "faraway.yaml").write_text("")
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "begin"],
                 ["tag", "release-one"]):  # fmt: skip
        subprocess.run(["git", *argv], cwd=catalog, check=True)
    return catalog, other


@contextmanager
def _shell(name: str, folder: Path, tools: Path) -> Iterator[int]:
    """An interactive shell whose `deepcat` completes as ever, and else notes how it is called."""
    stub = tools / "deepcat"
    real = f'exec "{sys.executable}" -m deepcat "$@"'
    note = f"""printf '%s\\n' "$@" >> "{tools}/called"; echo '<<done>>'"""
    stub.write_text(f'#!/bin/sh\n[ -n "$_DEEPCAT_COMPLETE" ] && {real}\n{note}\n')
    stub.chmod(0o755)
    script = subprocess.run(
        [sys.executable, "-m", "deepcat", "completion", name],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    (tools / "script").write_bytes(script)
    argv, settings = SHELLS[name]
    child, terminal = pty.fork()
    if not child:
        os.chdir(folder)
        path = f"{tools}:{os.environ['PATH']}"
        os.environ.update(PATH=path, HOME=str(tools), TERM="dumb", HISTFILE="", LC_ALL="C.UTF-8")
        os.execvp(name, [name, *argv])
    try:
        os.write(terminal, f"{settings}; source {tools}/script\n".encode())
        yield terminal
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def _until(terminal: int, *marks: bytes) -> None:
    """Read what the shell writes until it has written the marks, one behind the other."""
    seen = b""
    end = time.monotonic() + PATIENCE_S
    pattern = re.compile(b".*".join(map(re.escape, marks)), re.DOTALL)
    while not pattern.search(seen):
        ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        assert ready, seen.decode(errors="replace")
        seen += os.read(terminal, 4096)


@pytest.mark.parametrize(
    "shell", [pytest.param(name, marks=pytest.mark.system(name)) for name in SHELLS]
)
def test_the_shell_completes(shell: str, folders: tuple[Path, Path], tmp_path: Path) -> None:
    catalog, other = folders
    called = tmp_path / "called"
    with _shell(shell, catalog, tmp_path) as terminal:
        _until(terminal, READY)
        for typed, argv in LINES.items():
            called.unlink(missing_ok=True)
            os.write(terminal, f"deepcat {typed.replace('{}', str(other))}\t\n".encode())
            _until(terminal, b"<<done>>", READY)
            expected = [str(other) if word == "{}" else word for word in argv]
            # zsh takes the slash behind a folder away when the line ends there.
            assert called.read_text().replace("/\n", "\n").splitlines() == expected, typed
