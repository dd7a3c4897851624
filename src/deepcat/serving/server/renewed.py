"""What is read from files, and read again when they change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from deepcat.errors import DeepcatError

_LOG = logging.getLogger("deepcat.serving")
_LOOK_S = 1.0

T = TypeVar("T")


class Renewed(Generic[T]):
    """A value made of files, which are looked at only when it is asked.

    New files that cannot be used are told in the log, and what was before goes on.

    Args:
        paths: of the files.
        make: makes the value of them.
        look_s: they are looked at no oftener than after so many seconds.

    Raises:
        DeepcatError: from `make`, when it is made first.
    """

    def __init__(
        self, paths: Sequence[Path], make: Callable[[], T], look_s: float = _LOOK_S
    ) -> None:
        self._paths = tuple(paths)
        self._look_s = look_s
        self._make = make
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._looked = time.monotonic()
        self._value = make()

    def now(self) -> T:
        """The value as the files say now."""
        if time.monotonic() - self._looked >= self._look_s:
            with self._lock:
                self._look()
        return self._value

    def _look(self) -> None:
        self._looked = time.monotonic()
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._value = self._make()
        except DeepcatError as error:
            _LOG.warning("what was before goes on: %s", error.message)

    def _stamp(self) -> tuple[tuple[int, int, int] | None, ...]:
        found: list[tuple[int, int, int] | None] = []
        for path in self._paths:
            try:
                status = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((status.st_mtime_ns, status.st_ino, status.st_size))
        return tuple(found)
