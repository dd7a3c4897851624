"""Content codings of HTTP: what a body came in is undone, what an answer goes out in is chosen.

Pure. Codings are named in any case, several may lie upon each other, and what a body expands to is
bounded at each of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_GZIP, _ZLIB, _RAW = 31, 15, -15
_MOST_CODINGS = 4
_MOST_MEMBERS = 4096
_PIECE = 64 * 1024
# An answer that is smaller fits into a few packets anyway.
_WORTH_IT = 4096
_SAVES = 0.9
KNOWN = "gzip, deflate"


class CodingError(Exception):
    """A body that cannot be decoded.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class TooLargeError(Exception):
    """The body is over the limit."""


def codings(values: Iterable[str]) -> tuple[str, ...]:
    """The codings that the values of ``Content-Encoding`` name, in the order they were applied.

    Raises:
        CodingError: one is unknown, or there are too many.
    """
    named = [name.strip().lower() for value in values for name in value.split(",")]
    found = tuple(name for name in named if name not in ("", "identity"))
    for name in found:
        if name not in ("gzip", "x-gzip", "deflate"):
            raise CodingError(415, f"Content coding {name} is not known; these are: {KNOWN}")
    if len(found) > _MOST_CODINGS:
        raise CodingError(415, f"More than {_MOST_CODINGS} content codings upon each other")
    return found


def decoded(body: bytes, applied: Iterable[str], limit: int) -> bytes:
    """The body with its codings undone.

    Raises:
        CodingError: it is not in a coding that it is said to be in.
        TooLargeError: it expands beyond the limit.
    """
    for name in reversed(tuple(applied)):
        try:
            body = _inflated(body, limit) if name == "deflate" else _unzipped(body, limit)
        except zlib.error as error:
            raise CodingError(400, f"Request body is not {name}: {error}") from error
    return body


def _unzipped(body: bytes, limit: int) -> bytes:
    """What a gzip file holds; it may have several members."""
    parts: list[bytes] = []
    at = 0
    while at < len(body) or not parts:
        if len(parts) == _MOST_MEMBERS:
            raise CodingError(400, f"Request body is more than {_MOST_MEMBERS} files of gzip")
        plain, at = _part(body, at, _GZIP, limit)
        parts.append(plain)
        limit -= len(plain)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _inflated(body: bytes, limit: int) -> bytes:
    """What `deflate` holds: in zlib's form by the book, or bare as some clients send it."""
    try:
        return _part(body, 0, _ZLIB, limit)[0]
    except zlib.error:
        return _part(body, 0, _RAW, limit)[0]


def _part(body: bytes, at: int, form: int, limit: int) -> tuple[bytes, int]:
    """What begins at a place, and where it ends.

    It is taken by the piece: zlib copies what it was given beyond the end.
    """
    stream, view = zlib.decompressobj(wbits=form), memoryview(body)
    plain = bytearray()
    while not stream.eof:
        piece = view[at : at + _PIECE]
        if not piece:
            raise zlib.error("it is cut short")
        at += len(piece)
        plain += stream.decompress(piece, limit + 1 - len(plain))
        if len(plain) > limit:
            raise TooLargeError
    return bytes(plain), at - len(stream.unused_data)


def chosen(accepted: str) -> str:
    """The coding for an answer by ``Accept-Encoding``; empty for none."""
    weights = dict(_weighed(part) for part in accepted.lower().split(",") if part.strip())
    rest = weights.get("*", 0.0)
    zipped = weights.get("gzip", weights.get("x-gzip", rest))
    found = {"gzip": zipped, "deflate": weights.get("deflate", rest)}
    best = max(found, key=lambda name: found[name])
    # Without a weight of its own, no coding is as good as any other.
    plain = weights.get("identity", 0.0)
    return best if found[best] > 0 and found[best] >= plain else ""


def _weighed(part: str) -> tuple[str, float]:
    name, *parameters = part.split(";")
    weight = 1.0
    for parameter in parameters:
        key, _, value = parameter.strip().partition("=")
        if key == "q":
            try:
                weight = min(1.0, max(0.0, float(value)))
            except ValueError:
                weight = 0.0
    return name.strip(), weight


def is_worth_it(body: bytes) -> bool:
    """Whether an answer is large enough to be packed at all."""
    return len(body) >= _WORTH_IT


def packed(body: bytes, coding: str) -> bytes | None:
    """The body in a coding; None when that saves too little."""
    stream = zlib.compressobj(1, zlib.DEFLATED, _GZIP if coding == "gzip" else _ZLIB)
    smaller = stream.compress(body) + stream.flush()
    return smaller if len(smaller) <= len(body) * _SAVES else None
