"""EDGE of the host: follows the files in which a training tells its figures, as they grow.

They lie in a folder of the training's own: nothing is opened but plain files that really lie there,
of no more than can be held, and what is behind is skipped. Lines of JSON, TensorBoard's event
files and MLflow's database are read.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from deepcat.host.job.curves import Curves
from deepcat.host.within import open_within

METRICS, MLFLOW = "metrics.jsonl", "mlflow.db"
_EVENTS = "tfevents"
_LINE, _AT_ONCE, _BEHIND = 64 << 10, 4 << 20, 16 << 20
_MOST_FILES, _MOST_LOOKED, _DEPTH = 8, 2000, 4
_RECORD, _MOST_DATABASE = 1 << 20, 256 << 20
# What no scalar has; and for how long records are looked at, in seconds, at once and at the end.
_SCALARS, _SOON_S, _AT_LAST_S = 64 << 10, 0.5, 5.0
# For how long others read a database, and how often they may come to nothing.
_READ_S, _MOST_FAILED = 5.0, 3
_FIGURES = Path(__file__).with_name("figures.py")
# TensorFlow's numbers of types -> how a value of them is packed.
_KINDS: dict[int | bytes, str] = {1: "<f", 2: "<d"}


@dataclass
class Followed:
    """How far the files of one output folder were read.

    Attributes:
        folder: the output folder, whose path is ours.
        curves: what they said.
        ends: file -> how many bytes of it were read.
        row: the last of MLflow's that was read.
        failed: how often in a row nobody could read these.
    """

    folder: Path
    curves: Curves
    ends: dict[str, int] = field(default_factory=dict)
    row: int = 0
    failed: int = 0

    def read(self, at: float, *, all_kinds: bool = True, is_over: bool = False) -> None:
        """Read on.

        Args:
            at: seconds since the training first began.
            all_kinds: whether others than lines of JSON are looked for.
            is_over: whether nothing will be added, so that a last line without an end is one.
        """
        self._lines(at, is_over)
        ends = time.monotonic() + (_AT_LAST_S if is_over else _SOON_S)
        for name in self._events() if all_kinds else ():
            self._records(name, at, ends)
        if all_kinds:
            self._database(at)

    def _opened(self, name: str) -> BinaryIO | None:
        return open_within(self.folder, Path(name))

    def _lines(self, at: float, is_over: bool) -> None:
        stream = self._opened(METRICS)
        if stream is None:
            return
        with stream:
            size = os.fstat(stream.fileno()).st_size
            begins = self.ends.get(METRICS, 0)
            begins = begins if begins <= size else 0  # it was begun anew
            skips = size - begins > _BEHIND
            stream.seek(size - _AT_ONCE if skips else begins)
            content = stream.read(_AT_ONCE)
            ends = stream.tell()
        whole, mark, rest = (content, b"\n", b"") if is_over else content.rpartition(b"\n")
        if not mark and len(rest) < _LINE:
            return
        # A line without an end is none: what is read of it goes, and so does the rest later.
        keeps = len(rest) if mark and len(rest) < _LINE else 0
        self.ends[METRICS] = ends - keeps
        lines = whole.split(b"\n")[1 if skips else 0 :]
        for line in lines:
            if len(line) > _LINE:
                self.curves.passed += 1
            elif line.strip():
                self.curves.take(line, at)

    def _events(self) -> list[str]:
        """Event files of TensorBoard, by name."""
        found: list[str] = []
        looked = 0
        with suppress(OSError):
            for above, folders, files, _ in os.fwalk(self.folder, follow_symlinks=False):
                path = Path(above).relative_to(self.folder)
                if len(path.parts) >= _DEPTH:
                    folders.clear()
                found += [str(path / name) for name in files if _EVENTS in name]
                looked += len(files) + len(folders)
                if len(found) >= _MOST_FILES or looked > _MOST_LOOKED:
                    break
        return sorted(found)[:_MOST_FILES]

    def _records(self, name: str, at: float, ends: float) -> None:
        stream = self._opened(name)
        if stream is None:
            return
        with stream:
            begins = self.ends.get(name, 0)
            stream.seek(begins)
            content = stream.read(_AT_ONCE)
        read = 0
        for length, record in _framed(content):
            if time.monotonic() > ends:
                break
            read += length
            for tag, step, value in _scalars(record) if len(record) <= _SCALARS else ():
                self.curves.put(tag, step, at, value)
        self.ends[name] = begins + read

    def _database(self, at: float) -> None:
        """What MLflow's own database holds; another process reads it, and not for long."""
        stream = self._opened(MLFLOW) if self.failed < _MOST_FAILED else None
        if stream is None:
            return
        with stream:
            if os.fstat(stream.fileno()).st_size > _MOST_DATABASE:
                return
            argv = [sys.executable, "-I", "-S", str(_FIGURES), str(self.row)]
            try:
                done = subprocess.run(
                    argv,
                    stdin=stream,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    timeout=_READ_S,
                    check=True,
                )
                rows = json.loads(done.stdout)
            except (OSError, ValueError, subprocess.SubprocessError):
                self.failed += 1
                return
        self.failed = 0
        for row, key, step, value in rows:
            self.row = row
            self.curves.put(key, step, at, float("nan") if value is None else value)


def _framed(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Records of an event file: length, its sum, the content, its sum; all that are whole."""
    at = 0
    while at + 12 <= len(content):
        (size,) = struct.unpack_from("<Q", content, at)
        if size > _RECORD or at + size + 16 > len(content):
            return
        yield size + 16, content[at + 12 : at + 12 + size]
        at += size + 16


def _scalars(record: bytes) -> Iterator[tuple[str, float, float]]:
    """Tag, step and value of an event's scalars, as TensorFlow and PyTorch write them."""
    with suppress(ValueError, IndexError, struct.error):
        event = list(_fields(record))
        step = next((value for number, value in event if number == 2 and isinstance(value, int)), 0)
        for number, summary in event:
            if number != 5 or not isinstance(summary, bytes):
                continue
            for _, each in _fields(summary):
                own = dict(_fields(each)) if isinstance(each, bytes) else {}
                tag, value = own.get(1), _scalar(own)
                if isinstance(tag, bytes) and value is not None:
                    yield tag.decode("utf-8", "replace"), float(step), value


def _scalar(own: dict[int, int | bytes]) -> float | None:
    """A value's simple one, or that of its tensor of one float."""
    simple, tensor = own.get(2), own.get(8)
    if isinstance(simple, bytes) and len(simple) == 4:
        return float(struct.unpack("<f", simple)[0])
    if not isinstance(tensor, bytes):
        return None
    held = dict(_fields(tensor))
    kind = _KINDS.get(held.get(1, 0))
    for place in (4, 5, 6):
        content = held.get(place)
        if kind and isinstance(content, bytes) and len(content) == struct.calcsize(kind):
            return float(struct.unpack(kind, content)[0])
    return None


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and content of each field of a protocol buffer.

    Raises:
        ValueError: it is none.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, at = _varint(message, at)
        if size is None or at + size > len(message):
            raise ValueError("no field")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
        if shift > 63:
            raise ValueError("no number")
