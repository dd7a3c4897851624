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
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from deepcat.host.data.asking import Allowed, Kept, answer_of, bare, require_host
from deepcat.host.failure import StepError

__all__ = ["Allowed", "File", "Kept", "bare", "changed", "fetch", "letting_in", "require_host"]

_CHUNK, _TRIES = 4 << 20, 5
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
    sent, fresh, failed, began = 0, not part.exists(), 0, time.monotonic()
    while True:
        before = _size(part)
        try:
            came, found = _pour(wanted, part, allowed, kept)
        except _BROKEN as error:
            came, found, why = 0, "", f"{type(error).__name__}: {error}"
        except ValueError as error:
            message = f"`{bare(wanted.url)}` answers what is none of the web's: {error!s:.200}"
            hint = "see whether the address is right"
            raise StepError("module", "data/source", message, hint) from None
        else:
            why = "it ends before its end"
        sent += max(came, _size(part) - before)
        if found:
            if found == wanted.sha256 or not wanted.sha256:
                part.replace(target)
                return sent
            part.unlink()
            if fresh:
                raise changed(wanted.url, found, wanted.sha256)
            fresh = True  # what lay here may have been of an older one: once more from the start
            continue
        failed = 0 if _size(part) > before else failed + 1
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


def _pour(wanted: File, part: Path, allowed: Allowed, kept: Kept) -> tuple[int, str]:
    """Ask once; gives the bytes that came, and the sha256 of all; empty where that is not all."""
    begun = _size(part)
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
        known = _Sum(_sum(part) if goes_on else hashlib.sha256())
        came, since = 0, time.monotonic()
        with known, part.open("ab" if goes_on else "wb") as out:
            while chunk := answer.read1(_CHUNK):
                came, size = came + len(chunk), size + len(chunk)
                if size > wanted.most:
                    out.close()
                    part.unlink()
                    raise _too_much(wanted)
                known.update(chunk)
                out.write(chunk)
                if came < (time.monotonic() - since - _SLOW_S) * _SLOW_BYTES:
                    raise TimeoutError("it sends too slowly")
            out.flush()
            os.fsync(out.fileno())
    return came, known.hexdigest() if says is None or size == says else ""


class _Sum:
    """A checksum that is taken beside what else is done with the same bytes."""

    def __init__(self, known: hashlib._Hash) -> None:
        self._known = known
        self._beside: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None
        self._seen = 0

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._beside is not None:
            self._beside.shutdown()

    def update(self, chunk: bytes) -> None:
        """Take more; of what is small there is no thread."""
        self._seen += len(chunk)
        if self._seen < _CHUNK:
            self._known.update(chunk)
            return
        if self._beside is None:
            self._beside = ThreadPoolExecutor(1)
        if self._last is not None:
            self._last.result()
        self._last = self._beside.submit(self._known.update, chunk)

    def hexdigest(self) -> str:
        """Of all that was taken; once this is left."""
        return self._known.hexdigest()


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
    return path.stat().st_size if path.exists() else 0


def _sum(path: Path) -> hashlib._Hash:
    known = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            known.update(chunk)
    return known
