"""Run commands of deepcat under conditions that no user chose, each in a forked process.

Reads rows from stdin as JSON, `[[condition, argv], …]`, and prints one `[status, stdout, stderr]` a
row. One process imports all that commands import, so that a row costs no more than its own work; a
row without words is such an import itself, under its condition.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import forks

import deepcat.cli.main
import deepcat.cli.say

_STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
_STREAMS_OUT = ("stdout", "stderr")


def _child(condition: str, argv: list[str], out: Path) -> None:
    """Be the command; never returns."""
    what, _, which = condition.partition(" ")
    number = _STREAMS.get(which, 1)
    files = [os.open(out / name, os.O_WRONLY | os.O_CREAT) for name in _STREAMS_OUT]
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in enumerate((nothing, *files)):
        os.dup2(source, target)
    os.closerange(3, 64)
    if what == "closed":
        os.close(number)
    elif what == "full":
        os.dup2(os.open("/dev/full", os.O_WRONLY), number)
    elif what == "unread":
        read, write = os.pipe()
        os.close(read)
        os.dup2(write, number)
    elif what == "gone":
        folder = tempfile.mkdtemp()
        os.chdir(folder)
        Path(folder).rmdir()
    encoding = which if what == "encoding" else "utf-8"
    sys.stdin, sys.stdout, sys.stderr = (_opened(each, encoding) for each in range(3))
    sys.argv = ["deepcat", *argv]
    status: object = 0
    try:
        (deepcat.cli.main.main if argv else forks.preload)()
    except SystemExit as left:
        status = left.code
    except BaseException as error:
        (out / "stderr").write_text(f"Traceback: {error!r}")
        status = 70
    os._exit(int(status) if isinstance(status, int) else 1)


def _opened(number: int, encoding: str) -> object:
    """A stream as the interpreter makes it at its start: None for one that is closed."""
    try:
        os.fstat(number)
    except OSError:
        return None
    return os.fdopen(number, "w" if number else "r", encoding=encoding, closefd=False)


def main() -> None:
    """Run all rows: first those that import, for what this has imported they would not."""
    rows = json.load(sys.stdin)
    ended = {n: _ended(*row) for n, row in enumerate(rows) if not row[1]}
    forks.preload()
    ended |= {n: _ended(*row) for n, row in enumerate(rows) if row[1]}
    json.dump([ended[n] for n in range(len(rows))], sys.stdout)


def _ended(condition: str, argv: list[str]) -> tuple[int, str, str]:
    """How a row ended, and what it said on which stream."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        if not (child := os.fork()):
            _child(condition, argv, out)
        _, status = os.waitpid(child, 0)
        said, errors = ((out / name).read_bytes().decode("latin-1") for name in _STREAMS_OUT)
    return os.waitstatus_to_exitcode(status), said, errors


if __name__ == "__main__":
    main()
