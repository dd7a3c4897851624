"""The logs of what this machine runs, as lines."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PAUSE_S = 0.25


def logs(resources: Mapping[str, Any], last: int, follow: bool) -> Iterator[str]:
    """The last lines of each log file that a record names; on `follow`, new ones of the last."""
    paths = [path for path in map(Path, map(str, resources.get("logs", ()))) if path.is_file()]
    ends = {}
    for path in paths:
        content = path.read_bytes()
        ends[path] = len(content)
        yield from content.decode("utf-8", "replace").splitlines()[-last:]
    if follow and paths:
        yield from _follow(paths[-1], ends[paths[-1]])


def _follow(path: Path, position: int) -> Iterator[str]:
    """New lines of a file, also when it is begun anew."""
    rest = ""
    while True:
        size = path.stat().st_size if path.exists() else 0
        if size < position:
            position = 0
        if size > position:
            with path.open("rb") as stream:
                stream.seek(position)
                content = stream.read()
            position += len(content)
            *whole, rest = (rest + content.decode("utf-8", "replace")).split("\n")
            yield from whole
        time.sleep(_PAUSE_S)
