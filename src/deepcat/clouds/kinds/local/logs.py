"""The logs of what this machine runs, as lines."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepcat.host.within import open_within

_PAUSE_S = 0.25


def logs(place: Path, resources: Mapping[str, Any], last: int, follow: bool) -> Iterator[str]:
    """The last lines of each log file that a record names; on `follow`, new ones of the last.

    Args:
        place: the deployment's folder; a file that does not lie in it is passed over, for a record
            may have been written by somebody else.
        resources: what the record keeps.
        last: at most so many lines of each.
        follow: whether to go on.
    """
    ends: dict[Path, int] = {}
    for path in map(Path, map(str, resources.get("logs", ()))):
        stream = open_within(place, path)
        if stream is None:
            continue
        with stream:
            lines = deque(stream, maxlen=last)
            ends[path] = stream.tell()
        yield from b"".join(lines).decode("utf-8", "replace").splitlines()
    if follow and ends:
        path = list(ends)[-1]
        yield from _follow(place, path, ends[path])


def _follow(place: Path, path: Path, position: int) -> Iterator[str]:
    """New lines of a file, also when it is begun anew."""
    rest = ""
    while True:
        stream = open_within(place, path)
        if stream is not None:
            with stream:
                size = os.fstat(stream.fileno()).st_size
                position = 0 if size < position else position
                stream.seek(position)
                content = stream.read()
            position += len(content)
            *whole, rest = (rest + content.decode("utf-8", "replace")).split("\n")
            yield from whole
        time.sleep(_PAUSE_S)
