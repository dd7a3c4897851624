"""EDGE of the host: one file of the web, from where it may be asked, on from where it was cut."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import re
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from deepcat.host.data.answer import Answer
from deepcat.host.data.asking import Allowed, Kept, answer_of, bare, require_host
from deepcat.host.data.part import PART, opened, part_of
from deepcat.host.failure import StepError

__all__ = [
    "Allowed",
    "File",
    "Kept",
    "bare",
    "changed",
    "fetch",
    "letting_in",
    "require_host",
    "summed",
]

_CHUNK, _TRIES, _SETTLED = 1 << 20, 5, 32 << 20
# What is large is read into as many of these in turn as may wait to be written and summed.
_BUFFER, _MOST_BUFFERS = 1 << 19, 8
# Slower than this, once it had some time, is a server that only holds us.
_SLOW_S, _SLOW_BYTES = 600.0, 1000
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})?")
_BROKEN = (http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError, socket.gaierror)


@dataclass(frozen=True)
class File:
    """One file that is to be had.

    Attributes:
        url: of the web.
        sha256: that it must have; empty for whatever it is, to be told.
        most: bytes; more is not taken.
        headers: by which it is asked for, such as one that lets us in; never told to another host.
    """

    url: str
    sha256: str
    most: int
    headers: Mapping[str, str] = field(default_factory=dict)

    def is_it(self, found: str) -> bool:
        """Whether what has this sha256 is the file."""
        return found == self.sha256 or not self.sha256


def fetch(wanted: File, target: Path, allowed: Allowed, kept: Kept | None = None) -> int:
    """Bring a file, whole and proved; what came of it before is not asked for again.

    Args:
        wanted: the file.
        target: where it lies then; beside it a part holds what came so far.
        allowed: whom to ask.
        kept: connections of several files; None for those of this one.

    Returns:
        The bytes that were sent.

    Raises:
        StepError: it cannot be had (``data/…``); what came is kept, unless it is another file.
    """
    if kept is None:
        with Kept() as own:
            return fetch(wanted, target, allowed, own)
    part = str(part_of(target))
    sent, begun, failed, began = 0, _size(part), 0, time.monotonic()
    fresh = not begun
    while True:
        came, found, why = 0, "", "it ends before its end"
        try:
            came, found = _pour(wanted, target, begun, allowed, kept)
        except _BROKEN as error:
            why = f"{type(error).__name__}: {error}"
        except ValueError as error:
            message = f"`{bare(wanted.url)}` answers what is none of the web's: {error!s:.200}"
            hint = "see whether the address is right"
            raise StepError("module", "data/source", message, hint) from None
        if found:
            sent += came
            if wanted.is_it(found):
                return sent
            if fresh:
                raise changed(wanted.url, found, wanted.sha256)
            fresh, begun = True, 0  # what lay here may have been of an older one: from the start
            continue
        before, begun = begun, _size(part)
        sent += max(came, begun - before)
        failed = 0 if begun > before else failed + 1
        # It may send a little each time that it is asked, and so for ever.
        is_slow = sent < (time.monotonic() - began - _SLOW_S) * _SLOW_BYTES
        if failed >= _TRIES or is_slow:
            message = f"`{bare(wanted.url)}` cannot be had: {why}"
            raise StepError("cloud", "data/source", message, "try again: it goes on where it was")
        time.sleep(min(2.0**failed / 10, 2.0))


def changed(source: str, found: str, wanted: str) -> StepError:
    """The source has another content than its data set says."""
    message = f"`{bare(source)}` has the sha256 {found}, but {wanted} was expected: it changed"
    hint = "see `deepcat data check`; if the change is right, `deepcat data add --replace` takes it"
    return StepError("module", "data/changed", message, hint)


def letting_in(secret: str) -> dict[str, str]:
    """The header by which a secret lets us in: `user:password`, or else a token."""
    if ":" in secret:
        return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    return {"Authorization": f"Bearer {secret}"}


def _pour(wanted: File, target: Path, begun: int, allowed: Allowed, kept: Kept) -> tuple[int, str]:
    """Ask once; gives the bytes that came, and the sha256 of all; empty where that is not all.

    All of it lies at the target then if it is the file, and nowhere if it is another.
    """
    part = f"{target}{PART}"
    headers = {**wanted.headers, "Accept-Encoding": "identity"}
    if begun:
        headers["Range"] = f"bytes={begun}-"
    with answer_of(wanted.url, headers, allowed, kept) as answer:
        if begun and answer.status == 416:
            Path(part).unlink()
            return 0, ""
        _require(wanted.url, answer.status)
        goes_on = answer.status == 206
        at = _RANGE.match(answer.headers.get("Content-Range") or "") if goes_on else None
        is_other = goes_on and (at is None or int(at[1]) != begun)
        if begun and (is_other or not goes_on):
            Path(part).unlink()
        if is_other:
            raise http.client.HTTPException("another part than was asked for")
        size = begun if goes_on else 0
        # What comes in chunks says its end itself: a length beside them means nothing.
        length = "" if answer.chunked else answer.headers.get("Content-Length") or ""
        says = size + int(length) if length.isdigit() else None
        # Of a part that was asked for a server may send less.
        if begun and at is not None and at[2]:
            says = int(at[2])
        if says is not None and says > wanted.most:
            raise _too_much(wanted)
        if says is not None and says <= _CHUNK and not size:
            return _at_once(answer, says, wanted, target)
        known = summed(Path(part)) if goes_on else hashlib.sha256()
        with opened(Path(part), goes_on=goes_on, buffering=0) as out:
            came = _all(answer, out, known, wanted, size)
    if says is not None and size + came != says:
        return came, ""
    found = known.hexdigest()
    if wanted.is_it(found):
        Path(part).replace(target)
    else:
        Path(part).unlink()
    return came, found


def _at_once(answer: Answer, says: int, wanted: File, target: Path) -> tuple[int, str]:
    """Take a small answer, and write it once, and only once it was proved, under its own name.

    Of many files each call of the kernel counts. What came is kept as a part where it is cut.
    """
    content, since, found = bytearray(), time.monotonic(), ""
    try:
        while chunk := answer.read1(_CHUNK):
            content += chunk
            _require_pace(len(content), since)
        if len(content) == says:
            found = hashlib.sha256(content).hexdigest()
    finally:
        if not found:
            _write(f"{target}{PART}", content, 0o644)
    if found and wanted.is_it(found):
        _write(str(target), content, 0o444)
    return len(content), found


def _write(path: str, content: bytearray, mode: int) -> None:
    """Write a file that was not there, or take the place of one that may not be written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, mode)
    except FileExistsError:
        Path(path).unlink()
        handle = os.open(path, flags, mode)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
    finally:
        os.close(handle)


def _require_pace(came: int, since: float) -> None:
    """Raise TimeoutError where no more came in that time than a server sends to hold us."""
    if came < (time.monotonic() - since - _SLOW_S) * _SLOW_BYTES:
        raise TimeoutError("it sends too slowly")


def _all(answer: Answer, out: IO[bytes], known: hashlib._Hash, wanted: File, begun: int) -> int:
    """Take what an answer has, beside what came before; gives its bytes."""
    came, since = 0, time.monotonic()
    with _Beside(out, known) as beside:
        while count := beside.take(answer):
            came += count
            if begun + came > wanted.most:
                Path(out.name).unlink()
                raise _too_much(wanted)
            _require_pace(came, since)
    return came


class _Beside:
    """Writes what comes, and sums it; of what is large, both beside the reading of more.

    What is large is on its way to the disk meanwhile, too, so that little is left to wait for.

    Args:
        out: the file, which holds nothing back.
        known: of what lies in it.
    """

    def __init__(self, out: IO[bytes], known: hashlib._Hash) -> None:
        self._out, self._known, self._unsettled = out, known, 0
        self._settling: Future[None] | None = None
        self._beside: list[ThreadPoolExecutor] = []
        self._under_way: deque[tuple[bytearray, list[Future[None]]]] = deque()
        self._buffer, self._filled = bytearray(_BUFFER), 0
        self._is_broken = False

    def __enter__(self) -> _Beside:
        return self

    def __exit__(self, *_: object) -> None:
        """Come to an end with all that was taken; raises what kept it from being written."""
        try:
            while self._under_way:
                self._over()
            rest = memoryview(self._buffer)[: self._filled]
            self._write(rest)
            self._known.update(rest)
            if self._settling is not None:
                self._settling.result()
        finally:
            for each in self._beside:
                each.shutdown()

    def take(self, answer: Answer) -> int:
        """Take more of an answer, once not too much waits; gives how much, 0 at its end."""
        count = answer.read_into(memoryview(self._buffer)[self._filled :])
        self._filled += count
        if self._filled == _BUFFER:
            self._hand_on()
        return count

    def _hand_on(self) -> None:
        if not self._beside:
            # One for each, so that it goes through the buffers in their order.
            self._beside = [ThreadPoolExecutor(1) for _ in range(3)]
        writes, sums, settles = self._beside
        whole = memoryview(self._buffer)
        doing = [writes.submit(self._write, whole), sums.submit(self._known.update, whole)]
        self._under_way.append((self._buffer, doing))
        self._filled = 0
        is_much = len(self._under_way) >= _MOST_BUFFERS
        is_over = all(each.done() for each in self._under_way[0][1])
        self._buffer = self._over() if is_much or is_over else bytearray(_BUFFER)
        self._unsettled += _BUFFER
        # Nobody waits for a slow disk before the end: what comes meanwhile goes with the next.
        if self._unsettled >= _SETTLED and (self._settling is None or self._settling.done()):
            self._unsettled = 0
            self._settling = settles.submit(os.fdatasync, self._out.fileno())

    def _over(self) -> bytearray:
        """The buffer that was handed on first, once all was done with it."""
        buffer, doing = self._under_way.popleft()
        for each in doing:
            each.result()
        return buffer

    def _write(self, left: memoryview) -> None:
        if self._is_broken:
            return  # what follows a gap is nothing to go on from
        try:
            while left:
                left = left[self._out.write(left) :]
        except OSError:
            self._is_broken = True
            raise


def _too_much(wanted: File) -> StepError:
    message = f"`{bare(wanted.url)}` sends more than the {wanted.most} bytes that the data set says"
    return StepError("module", "data/size", message, "correct `bytes`, or the address")


def _require(url: str, status: int) -> None:
    if status in (200, 206):
        return
    kind = "auth" if status in (401, 403) else "cloud" if status >= 500 else "module"
    message = f"`{bare(url)}` answered with {status}"
    if status in (429, 500, 502, 503, 504):
        raise http.client.HTTPException(f"it answered with {status}")
    raise StepError(
        kind, "data/source", message, "see whether the address and the `credential` are right"
    )


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0


def summed(path: Path) -> hashlib._Hash:
    """The sha256 of a file."""
    known = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            known.update(chunk)
    return known
