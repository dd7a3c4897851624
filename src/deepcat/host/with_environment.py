"""Starts a program with more variables: ``with_environment.py FILE PROGRAM [ARGUMENT]…``.

FILE holds a JSON object of names and values. They are read here, so that no value has to fit the
supervisor's own file or stands among a process's arguments; the program takes this process's place.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(path: str, argv: list[str]) -> None:
    """Become the program."""
    given = json.loads(Path(path).read_text("utf-8"))
    os.execve(argv[0], argv, {**os.environ, **given})  # noqa: S606 - the caller's own words


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
