"""Answers of the web whose head is read as lines, not as a letter's.

The library's reading of a head takes as long as all else that is done for a small file.
"""

from __future__ import annotations

import http.client
from typing import IO, Any

# Of a head, as the library has it.
_MOST_FIELDS, _MOST_LINE = 100, 65_536


class _Head(dict[str, str]):
    """The fields of an answer's head, whichever way their names are written; of two the first."""

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field."""
        return super().get(name.lower(), default)


class Answer(http.client.HTTPResponse):
    """An answer of which only the head is read otherwise; a test holds it against the library's."""

    def begin(self, **_: Any) -> None:
        """Read the head."""
        status = http.client.CONTINUE
        while status == http.client.CONTINUE:
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
            head = _head(self.fp)
        if not version.startswith(("HTTP/1.", "HTTP/0.9")):
            raise http.client.UnknownProtocol(version)
        self.version = 10 if version in ("HTTP/1.0", "HTTP/0.9") else 11
        self.code = self.status = status
        self.reason = reason.strip()
        self.headers = self.msg = head  # type: ignore[assignment]
        self.chunked = head.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.will_close = self._check_close()  # type: ignore[attr-defined]
        self.length = None
        if not self.chunked:
            self.length = _length(head.get("content-length", ""))
        if status in (http.client.NO_CONTENT, http.client.NOT_MODIFIED) or 100 <= status < 200:
            self.length = 0
        if not self.chunked and self.length is None:
            self.will_close = True

    def read_into(self, room: memoryview) -> int:
        """Read what there is, and wait for some if there is none; gives how much, 0 at the end."""
        if self.isclosed():
            return 0
        if self.chunked:
            chunk = self.read1(len(room))
            room[: len(chunk)] = chunk
            return len(chunk)
        if self.length is not None:
            room = room[: self.length]
        count = self.fp.readinto1(room)
        if self.length is not None:
            self.length -= count
        if not count or self.length == 0:
            self._close_conn()  # type: ignore[attr-defined]
        return count


def _length(text: str) -> int | None:
    try:
        length = int(text)
    except ValueError:
        return None
    return length if length >= 0 else None


def _head(stream: IO[bytes]) -> _Head:
    """Fields until an empty line.

    Raises:
        http.client.HTTPException: there are too many, or one is too long.
    """
    found, name = _Head(), ""
    for _ in range(_MOST_FIELDS + 1):
        line = stream.readline(_MOST_LINE + 1)
        if len(line) > _MOST_LINE:
            raise http.client.LineTooLong("header line")
        if line in (b"\r\n", b"\n", b""):
            return found
        text = line.decode("iso-8859-1").rstrip("\r\n")
        if text[:1] in " \t":  # what goes on with the field before
            if name in found:
                found[name] += f" {text.strip()}"
            continue
        name, colon, value = text.partition(":")
        name = name.lower() if colon and name.lower() not in found else ""
        if name:
            found[name] = value.strip()
    raise http.client.HTTPException(f"got more than {_MOST_FIELDS} headers")
