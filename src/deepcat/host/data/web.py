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
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from deepcat.host.data.asking import Allowed, Kept, answer_of, bare, require_host
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

_CHUNK, _MOST_WAITING, _TRIES, _SETTLED = 1 << 20, 32, 5, 32 << 20
# Slower than this, once it had some time, is a server that only holds us.
_SLOW_S, _SLOW_BYTES = 600.0, 1000
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/")
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


def fetch(wanted: File, target: Path, allowed: Allowed, kept: Kept | None = None) -> int:
    """Bring a file, whole and proved; what came of it before is not asked for again.

    Args:
        wanted: the file.
        target: where it lies then; beside it `.part` holds what came so far.
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
    part = target.with_name(f"{target.name}.part")
    sent, begun, failed, began = 0, _size(part), 0, time.monotonic()
    fresh = not begun
    while True:
        came, found, why = 0, "", "it ends before its end"
        try:
            came, found = _pour(wanted, part, begun, allowed, kept)
        except _BROKEN as error:
            why = f"{type(error).__name__}: {error}"
        except ValueError as error:
            message = f"`{bare(wanted.url)}` answers what is none of the web's: {error!s:.200}"
            hint = "see whether the address is right"
            raise StepError("module", "data/source", message, hint) from None
        if found:
            sent += came
            if found == wanted.sha256 or not wanted.sha256:
                part.replace(target)
                return sent
            part.unlink()
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


def _pour(wanted: File, part: Path, begun: int, allowed: Allowed, kept: Kept) -> tuple[int, str]:
    """Ask once; gives the bytes that came, and the sha256 of all; empty where that is not all."""
    headers = {**wanted.headers, "Accept-Encoding": "identity"}
    if begun:
        headers["Range"] = f"bytes={begun}-"
    with answer_of(wanted.url, headers, allowed, kept) as answer:
        if begun and answer.status == 416:
            part.unlink()
            return 0, ""
        _require(wanted.url, answer.status)
        goes_on = answer.status == 206
        at = _RANGE.match(answer.headers.get("Content-Range") or "") if goes_on else None
        if goes_on and (at is None or int(at[1]) != begun):
            part.unlink(missing_ok=True)
            raise http.client.HTTPException("another part than was asked for")
        size = begun if goes_on else 0
        length = answer.headers.get("Content-Length") or ""
        says = size + int(length) if length.isdigit() else None
        if says is not None and says > wanted.most:
            raise _too_much(wanted)
        if says is not None and says <= _CHUNK and not size:
            content = _at_once(answer, part)
            return len(content), hashlib.sha256(content).hexdigest() if len(content) == says else ""
        known = summed(part) if goes_on else hashlib.sha256()
        with part.open("ab" if goes_on else "wb") as out:
            came = _all(answer, out, known, wanted, size)
    return came, known.hexdigest() if says is None or size + came == says else ""


def _at_once(answer: http.client.HTTPResponse, part: Path) -> bytes:
    """Take a small answer, and write it by one call: of many files each call of the kernel counts.

    What came of it is written, too, where it is cut.
    """
    content, since = bytearray(), time.monotonic()
    try:
        while chunk := answer.read1(_CHUNK):
            content += chunk
            _require_pace(len(content), since)
    finally:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(handle, left) :]
        finally:
            os.close(handle)
    return bytes(content)


def _require_pace(came: int, since: float) -> None:
    """Raise TimeoutError where no more came in that time than a server sends to hold us."""
    if came < (time.monotonic() - since - _SLOW_S) * _SLOW_BYTES:
        raise TimeoutError("it sends too slowly")


def _all(
    answer: http.client.HTTPResponse,
    out: IO[bytes],
    known: hashlib._Hash,
    wanted: File,
    begun: int,
) -> int:
    """Take what an answer has, beside what came before; gives its bytes."""
    came, since = 0, time.monotonic()
    with _Beside(out, known) as beside:
        while chunk := answer.read1(_CHUNK):
            came += len(chunk)
            if begun + came > wanted.most:
                Path(out.name).unlink()
                raise _too_much(wanted)
            beside.take(chunk)
            _require_pace(came, since)
    return came


class _Beside:
    """Writes what comes, and sums it; of what is large, both beside the reading of more.

    What is large is on its way to the disk meanwhile, too, so that little is left to wait for.

    Args:
        out: the file.
        known: of what lies in it.
    """

    def __init__(self, out: IO[bytes], known: hashlib._Hash) -> None:
        self._out, self._unsettled = out, 0
        self._settling: Future[None] | None = None
        self._what: tuple[Callable[[bytes], object], ...] = (out.write, known.update)
        self._beside: list[ThreadPoolExecutor] = []
        self._under_way: deque[Future[object]] = deque()
        self._seen = 0

    def __enter__(self) -> _Beside:
        return self

    def __exit__(self, *_: object) -> None:
        """Come to an end with all that was taken; raises what kept it from being written."""
        try:
            while self._under_way:
                self._under_way.popleft().result()
            if self._settling is not None:
                self._settling.result()
        finally:
            for each in self._beside:
                each.shutdown()

    def take(self, chunk: bytes) -> None:
        """Take more, once not too much waits."""
        self._seen += len(chunk)
        if self._seen <= _CHUNK:
            for do in self._what:
                do(chunk)
            return
        if not self._beside:
            # One for each, so that it goes through the chunks in their order.
            self._beside = [ThreadPoolExecutor(1) for _ in (*self._what, os.fdatasync)]
        while len(self._under_way) >= _MOST_WAITING:
            self._under_way.popleft().result()
        for own, do in zip(self._beside, self._what):
            self._under_way.append(own.submit(do, chunk))
        self._unsettled += len(chunk)
        # Nobody waits for a slow disk before the end: what comes meanwhile goes with the next.
        if self._unsettled >= _SETTLED and (self._settling is None or self._settling.done()):
            self._unsettled = 0
            self._settling = self._beside[-1].submit(os.fdatasync, self._out.fileno())


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


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def summed(path: Path) -> hashlib._Hash:
    """The sha256 of a file."""
    known = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            known.update(chunk)
    return known
