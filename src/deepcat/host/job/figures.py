"""EDGE of the host: what MLflow's own database says, read by a process that may come to nothing.

``python -I -S figures.py ROW`` with the database as standard input, which is not changed.

A stranger made the file: one step of a query can take as long, and as much memory, as it likes,
and nobody can break it off but by ending the process. So that is bounded, and no other waits long.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from contextlib import closing, suppress
from typing import Any

_QUERY_S, _MOST_ROWS, _MOST_MEMORY, _MOST_NAME = 0.5, 20_000, 512 << 20, 65
_ROWS = (
    "SELECT rowid, substr(key, 1, 65), value, step, is_nan FROM metrics WHERE rowid > ?"
    " ORDER BY rowid LIMIT ?"
)
_ODD = (sqlite3.Error, OverflowError, ValueError, TypeError, MemoryError)


def main(words: list[str]) -> int:
    """Tell the rows after one as JSON; gives the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    found: list[list[Any]] = []
    with suppress(*_ODD):
        _read(int(words[0]), found)
    sys.stdout.write(json.dumps(found))
    return 0


def _read(after: int, found: list[list[Any]]) -> None:
    ends = time.monotonic() + _QUERY_S
    address = "file:/proc/self/fd/0?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as base:
        base.set_progress_handler(lambda: int(time.monotonic() > ends), 1000)
        base.execute("PRAGMA trusted_schema = OFF")
        for row, key, value, step, odd in base.execute(_ROWS, (after, _MOST_ROWS)):
            number = None if odd else float(value)
            found.append([int(row), str(key)[:_MOST_NAME], float(step), number])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
