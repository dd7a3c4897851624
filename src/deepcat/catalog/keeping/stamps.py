"""EDGE: by what a program's own files are known again, without reading them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def stamps(folder: Path, *endings: str) -> Iterator[tuple[str, int, int]]:
    """Name, size in bytes and time of change, ns, of every file below a folder.

    Args:
        folder: where.
        endings: of the names of those that count, such as ``.py``.
    """
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(endings):
                    facts = entry.stat()
                    yield entry.name, facts.st_size, facts.st_mtime_ns
                elif entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
