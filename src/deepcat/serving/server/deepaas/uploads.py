"""What a form sends: its fields and files, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from deepcat.serving.server.faces import Headers

Fields = dict[str, list[bytes]]
_MOST_PARTS = 1000
_MOST_HEAD = 8 * 1024
_LINE = re.compile(r"\r?\n")
_FOLDED = re.compile(r"\r?\n[ \t]+")
_PARAMETER = re.compile(
    r"""[ \t;]*([^\s;="]+)[ \t]*(?:=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;"]*)))?[^;]*""", re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BLANK = re.compile(rb"\r?\n\r?\n")


class FormError(ValueError):
    """The body is not what its media type says."""


def content_type(headers: Headers) -> tuple[str, str]:
    """The media type of a body, in small letters, and its boundary; empty where not said."""
    given = next((value for name, value in headers if name == b"content-type"), b"")
    kind, _, rest = given.decode("latin-1").partition(";")
    return kind.strip().lower(), _parameters(rest).get("boundary", "")


def _parameters(text: str) -> dict[str, str]:
    """What stands behind a header's value, by names in small letters; the first of a name counts.

    A file's name may hold what looks like another one.
    """
    found: dict[str, str] = {}
    at, end = 0, min(len(text), _MOST_HEAD)
    while at < end and (match := _PARAMETER.match(text, at, end)):
        name, quoted, plain = match.groups()
        value = (plain or "").strip() if quoted is None else _ESCAPED.sub(r"\1", quoted)
        found.setdefault(name.lower(), value)
        at = match.end()
    return found


def query(text: bytes) -> Fields:
    """The fields of a query, or of a form that is written like one.

    Raises:
        FormError: it has too many.
    """
    raw = text.decode("latin-1")
    try:
        # By an encoding that has a character for each byte, so that values stay bytes.
        pairs = parse_qsl(
            raw, keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_PARTS
        )
    except ValueError as error:
        raise FormError(str(error)) from error
    found: Fields = {}
    for name, value in pairs:
        known = name.encode("latin-1").decode("utf-8", "replace")
        found.setdefault(known, []).append(value.encode("latin-1"))
    return found


def form(headers: Headers, body: bytes) -> Fields:
    """The fields and files of a body that is a form; none where it is something else.

    Raises:
        FormError: it is broken.
    """
    kind, boundary = content_type(headers)
    if kind == "application/x-www-form-urlencoded":
        return query(body)
    if kind != "multipart/form-data":
        return {}
    if not boundary:
        raise FormError("the boundary is missing")
    found: Fields = {}
    for name, content in _parts(body, boundary.encode("latin-1", "replace")):
        found.setdefault(name, []).append(content)
    return found


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    mark = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(mark, _MOST_PARTS + 1)
    if len(pieces) > _MOST_PARTS or not pieces[-1].startswith(b"--"):
        raise FormError("it does not end, or has too many parts")
    for piece in pieces[1:-1]:
        # What follows a boundary on its line is blank.
        line, _, rest = piece.partition(b"\r\n")
        if line.strip(b" \t"):
            raise FormError("a boundary is not alone on its line")
        blank = _BLANK.search(b"\r\n" + rest)
        if blank is None:
            raise FormError("a part has no end of its headers")
        at = blank.end() - 2
        if at > _MOST_HEAD:
            raise FormError(f"the headers of a part are larger than {_MOST_HEAD} bytes")
        name = _name(rest[:at].decode("utf-8", "replace"))
        if not name:
            raise FormError("a part has no name")
        yield name, rest[at:]


def _name(head: str) -> str:
    """The name of a part, by its headers; empty where it has none."""
    for line in _LINE.split(_FOLDED.sub(" ", head)):
        field, _, value = line.partition(":")
        if field.strip().lower() == "content-disposition":
            return _parameters(value.partition(";")[2]).get("name", "")
    return ""
