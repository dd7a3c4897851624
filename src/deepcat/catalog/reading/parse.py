"""YAML in a strict profile, with the place of every value.

The profile: one document, no duplicate keys, no tags, no merge keys, keys are text, YAML 1.2's core
scalars (so `no` is text and a date is text), bounded size and depth. Aliases are refused, or, where
TOSCA needs them, bounded. What is wrong comes back as findings, never as an exception.

Most files are as they should be, and no one asks for places: they take a quick way. Only what the
quick way cannot vouch for is read event by event (`parse_events`), which knows every place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from deepcat.catalog.findings import Finding, Place

MAX_BYTES = 1_048_576
MAX_DEPTH = 64
MAX_NODES = 200_000

Pointer: TypeAlias = tuple[str | int, ...]

# Above this many brackets the quick parser's time grows with their square.
_MAX_BRACKETS = 5_000
# What the quick parser would take without a word, or read otherwise than `parse_events` does:
# anchors (without which there are no aliases) and tags; integers in other bases or of many digits,
# floats beyond the bounds; characters that it takes or refuses otherwise.
_NODE = re.compile(r"(?:^|[\s\[\]{},:?-])[&!]")
_NUMBER = re.compile(
    r"(?:(?<![^\s\[{,:])|(?<=[\s\[{,:][-+]))"
    r"(?:0[0-9]+|0b[01]+|0o[0-7]+|0x[0-9a-fA-F]+|[0-9.]{16,}|[0-9.]+[eE][-+]?[0-9]{3,})"
    r"(?![^\s,\]}:])"
)
_PRINTING = bytes([9, 10, *range(32, 127)])
_ODD = re.compile(r"[^\n\t -~\u00a0-\u2027\u202f-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\uffef]")
_LINES = ("\n---", "\n...", "\n%")
_FIRST = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*([ ]*)(?=[\w\"'{])")
_KEY = re.compile(r"[a-zA-Z][\w-]*\Z")
_WORDS_11 = re.compile(r"\b(?:yes|no|on|off)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of file may hold beyond the strict core."""

    aliases: bool = False
    yaml11_booleans: bool = False


STRICT = Profile()
TOSCA = Profile(aliases=True, yaml11_booleans=True)


@dataclass(frozen=True, slots=True)
class Written:
    """What a document's text tells beyond its data.

    Attributes:
        marks: the line and column of each value; of a mapping's value, of its key.
        texts: what was written for each scalar that is not text.
    """

    marks: dict[Pointer, tuple[int, int]] = field(default_factory=dict)
    texts: dict[Pointer, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """One YAML file, parsed.

    Attributes:
        path: POSIX path relative to the catalog's root.
        data: plain Python values: dict with text keys, list, str, int, float, bool, None.
        text: what was parsed.
        profile: how it was parsed.
    """

    path: str
    data: Any
    text: str
    profile: Profile = STRICT

    @cached_property
    def written(self) -> Written:
        """What the text alone tells; found by reading it again, when it is asked for."""
        from deepcat.catalog.reading.parse_events import read_events

        return read_events(self.text, self.path, self.profile)[1]

    @property
    def marks(self) -> dict[Pointer, tuple[int, int]]:
        """The line and column of each value by its pointer; of a mapping's value, of its key."""
        return self.written.marks

    @property
    def texts(self) -> dict[Pointer, str]:
        """What was written for each scalar that is not text, by its pointer."""
        return self.written.texts

    def place(self, pointer: Pointer = ()) -> Place:
        """The place of a value, or of its nearest known ancestor."""
        if "written" not in self.__dict__ and (near := self._near(pointer)):
            return Place(self.path, *near)
        while pointer and pointer not in self.marks:
            pointer = pointer[:-1]
        line, column = self.marks.get(pointer, (1, 1))
        return Place(self.path, line, column)

    def _near(self, pointer: Pointer) -> tuple[int, int] | None:
        """Line and column of the whole, or of a key of the outermost mapping, by a look alone.

        Most findings point there, and reading the text again costs more than all rules together.
        None where a look does not tell for sure.
        """
        first = _FIRST.match(self.text) if len(pointer) < 2 else None
        if first is None or not isinstance(self.data, dict):
            return None
        if not pointer:
            return self.text.count("\n", 0, first.end()) + 1, len(first[1]) + 1
        key = pointer[0]
        if first[1] or not isinstance(key, str) or key not in self.data or not _KEY.match(key):
            return None
        found = re.findall(rf"^{key}[ ]*:(?=\s|$)", self.text, re.M)
        if len(found) != 1:
            return None
        start = 0 if self.text.startswith(found[0]) else self.text.index(f"\n{found[0]}") + 1
        return self.text.count("\n", 0, start) + 1, 1


def read_yaml(
    text: str, path: str, profile: Profile = STRICT
) -> tuple[Document | None, tuple[Finding, ...]]:
    """Parse one YAML document.

    Args:
        text: the file's text.
        path: POSIX path relative to the catalog's root, for places.
        profile: what the kind of file may hold.

    Returns:
        The document, or None when nothing can be said of its content; and the findings.
    """
    if len(text) > MAX_BYTES:
        return None, (too_large(path, len(text)),)
    if _is_plain(text, profile):
        data = _quick(text)
        if data is not _UNSURE:
            return Document(path, data, text, profile), ()
    from deepcat.catalog.reading.parse_events import FAILED, read_events

    data, written, findings = read_events(text, path, profile)
    if data is FAILED:
        return None, findings
    document = Document(path, data, text, profile)
    document.__dict__["written"] = written
    return document, findings


def read_bytes(
    content: bytes, path: str, profile: Profile = STRICT
) -> tuple[Document | None, tuple[Finding, ...]]:
    """Parse one YAML document from a file's bytes; what is not UTF-8 is a finding."""
    if len(content) > MAX_BYTES:
        return None, (too_large(path, len(content)),)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return None, (not_utf8(path, content, error.start),)
    return read_yaml(text.removeprefix("\ufeff"), path, profile)


def too_large(path: str, size: int, limit: int = MAX_BYTES) -> Finding:
    """The finding for a file that is not even read."""
    message = f"{size:,} bytes; at most {limit:,} are read"
    return Finding(Place(path), "yaml/size", message, "keep large data out of this file")


def not_utf8(path: str, content: bytes, position: int) -> Finding:
    """The finding for a text that is not UTF-8, at its first wrong byte."""
    before = content[:position]
    line = before.count(b"\n") + 1
    column = len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
    message = f"the byte 0x{content[position]:02x} is not UTF-8"
    return Finding(Place(path, line, column), "file/utf8", message, "save the file as UTF-8")


_UNSURE = object()


def _is_plain(text: str, profile: Profile) -> bool:
    """Whether the quick parser can be relied on, tried by the cheapest questions first."""
    if "<<" in text or text.startswith(("---", "%")) or any(mark in text for mark in _LINES):
        return False
    if ("&" in text or "!" in text) and _NODE.search(text):
        return False
    if text.count("[") + text.count("{") > _MAX_BRACKETS:
        return False
    if text.count(",") + text.count("\n") > MAX_NODES // 2:
        return False
    if _is_odd(text) or _NUMBER.search(text):
        return False
    return not (profile.yaml11_booleans and _WORDS_11.search(text))


def _is_odd(text: str) -> bool:
    if text.isascii():
        return bool(text.encode().translate(None, _PRINTING))
    return _ODD.search(text) is not None


def _quick(text: str) -> Any:
    """What the quick parser makes of a plain text; `_UNSURE` when it has any doubt."""
    try:
        import ryaml

        data = ryaml.loads(text)
    except Exception:  # not installed; or its errors, which share no base: the slow way finds them
        return _UNSURE
    if not isinstance(data, dict | list):
        return _UNSURE
    return data if _has_text_keys(data) else _UNSURE


def _has_text_keys(data: Any) -> bool:
    pending = [data]
    while pending:
        value = pending.pop()
        if type(value) is dict:
            for key, item in value.items():
                if type(key) is not str:
                    return False
                if type(item) is dict or type(item) is list:
                    pending.append(item)
        elif type(value) is list:
            pending.extend(item for item in value if type(item) is dict or type(item) is list)
    return True
