"""YAML in a strict profile, with the place of every value.

The profile: one document, no duplicate keys, no tags, no merge keys, keys are text, YAML 1.2's core
scalars (so `no` is text and a date is text), bounded size and depth. Aliases are refused, or, where
TOSCA needs them, bounded. What is wrong comes back as findings, never as an exception.

Most files are as they should be, and no one asks for places: they take a quick way. Only what the
quick way cannot vouch for is read event by event (`parse_events`), which knows every place.
"""

from __future__ import annotations

import re
from typing import Any

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.profile import MAX_NODES, STRICT, Profile

MAX_BYTES = 1_048_576

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
_WORDS_11 = re.compile(r"\b(?:yes|no|on|off)\b", re.IGNORECASE)


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
