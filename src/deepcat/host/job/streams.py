"""Where a job's output goes: to its keeper's log, and to files of its folder that it names."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 16
_PATIENCE_S = 5.0
_FILE = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass
class Streams:
    """What a program is given.

    Attributes:
        out: its standard output, a file descriptor.
        err: its standard error.
    """

    out: int
    err: int

    def close(self) -> None:
        """Once the program has them."""
        for number in {self.out, self.err} - {1, 2}:
            os.close(number)


@contextmanager
def kept(work: Path, outputs: Iterable[tuple[str, str]], most: int = 0) -> Iterator[Streams]:
    """Streams of which all is kept once the program has ended.

    Args:
        work: the job's folder, which it may change as it likes meanwhile.
        outputs: stream (``out``, ``err`` or ``both``) and the name of its file.
        most: bytes of the log, which is begun anew beyond; 0 for no bound.
    """
    files = dict(outputs)
    both = [files[name] for name in ("both",) if name in files]
    out = _Copy(work, [*both, *(files[name] for name in ("out",) if name in files)], most)
    err = _Copy(work, [*both, files["err"]], most) if "err" in files else None
    yield Streams(out.end, err.end if err else out.end)
    for each in (out, err):
        if each is not None:
            each.join()


class _Copy:
    """One stream on its way to the log and to files."""

    def __init__(self, work: Path, names: list[str], most: int) -> None:
        self.end = 1
        self._thread: threading.Thread | None = None
        if not names and not most:
            return
        sinks = [1, *(number for name in names if (number := _opened(work, name)) >= 0)]
        source, self.end = os.pipe()
        self._thread = threading.Thread(target=_copy, args=(source, sinks, most), daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait for the rest; what a program left behind may hold its end for ever."""
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)


def _opened(work: Path, name: str) -> int:
    """A plain file right in the folder, whatever somebody put there under its name; -1 for none."""
    folder = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        number = os.open(name, _FILE, 0o644, dir_fd=folder)
    except OSError:
        return -1
    finally:
        os.close(folder)
    if stat.S_ISREG(os.fstat(number).st_mode):
        return number
    os.close(number)
    return -1


def _copy(source: int, sinks: list[int], most: int) -> None:
    said = 0
    while chunk := os.read(source, _CHUNK):
        said += len(chunk)
        if most and said > most:
            _cut(sinks[0])
            said = len(chunk)
        for sink in sinks:
            with suppress(OSError):  # a full disk does not end the job
                os.write(sink, chunk)
    for number in (source, *sinks[1:]):
        os.close(number)


def _cut(log: int) -> None:
    """Begin a log anew that is a file; who reads a pipe keeps no more than it wants itself."""
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(log).st_mode):
            os.ftruncate(log, 0)
            os.write(log, b"(what was said before was too much to keep)\n")
