"""EDGE: the program `git`, called in one way by the records and by the forge."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deepcat.errors import DeepcatError

TIMEOUT_S = 300
# Git sets these for its hooks; here the folder alone says which repository is meant.
_OF_HOOKS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
    "GIT_PUSH_OPTION_COUNT",
)


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended.

    Attributes:
        returncode: exit status.
        stdout: what it printed.
        stderr: what it said.
    """

    returncode: int
    stdout: bytes
    stderr: bytes


def run(
    root: Path,
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    defaults: Mapping[str, str] | None = None,
    extra: Mapping[str, str] | None = None,
) -> Done:
    """Call Git; the command may fail.

    Args:
        root: a folder in a work tree, or a bare repository.
        argv: without the program's name.
        stdin: what it reads.
        defaults: variables that the environment may set otherwise.
        extra: variables that it may not.

    Raises:
        DeepcatError: Git is not installed, or does not end (``git/failed``).
    """
    try:
        done = subprocess.run(
            _argv(root, argv),
            input=stdin,
            capture_output=True,
            check=False,
            env={**(defaults or {}), **_environment(), **(extra or {})},
            timeout=TIMEOUT_S,
        )
    except FileNotFoundError:
        raise DeepcatError(
            "the program `git` is not installed", hint="install Git", code="git/failed"
        ) from None
    except subprocess.TimeoutExpired:
        raise DeepcatError(
            f"`git {argv[0]}` did not end within {TIMEOUT_S} s",
            hint="check that the remote answers",
            code="git/failed",
        ) from None
    return Done(done.returncode, done.stdout, done.stderr)


@contextmanager
def talk(root: Path, argv: Sequence[str]) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Call Git, and write to it and read from it for as long as this lasts."""
    pipe = subprocess.PIPE
    argv = _argv(root, argv)
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, env=_environment()) as process:
        assert process.stdin and process.stdout  # noqa: S101 - asked for above
        yield process.stdin, process.stdout
        process.stdin.close()


def _argv(root: Path, argv: Sequence[str]) -> list[str]:
    return ["git", "-C", str(root), *argv]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
