"""Descriptions as people wrote them: lists of lines, quoted strings, hidden characters."""

from __future__ import annotations

import json
import re
from typing import Any

from deepcat.catalog.converting.prose import safe_markdown
from deepcat.catalog.converting.repairs import Repairs
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.wording import count

# Characters that cannot be seen, that control a terminal, or that turn a text's direction.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_DOUBLE = r'"(?:[^"\\]|\\.)*"'
_SINGLE = r"'(?:[^'\\]|\\.)*'"
_QUOTED = re.compile(
    rf"(?>\s*\[?\s*)(?>{_DOUBLE}(?:(?:\s*,)?\s*{_DOUBLE})*|{_SINGLE}(?:(?:\s*,)?\s*{_SINGLE})*)"
    r"(?:\s*,)?\s*\]?\s*",
    re.DOTALL,
)
_PIECE = re.compile(rf"({_DOUBLE}|{_SINGLE})(\s*,)?", re.DOTALL)
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "'": "'", "\\": "\\", "/": "/"}
_LONGEST = 100_000


def plain_text(value: Any, pointer: Pointer, repairs: Repairs) -> str:
    """A text field's text: no hidden characters, Unix line ends."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        repairs.say(pointer, "text", f"was {_kind(value)}, is kept as text", "write it as text")
    text = text.replace("\r\n", "\n")
    clean = _HIDDEN.sub("", text)
    if clean != text:
        many = count(len(text) - len(clean), "hidden character")
        repairs.say(pointer, "hidden", f"{many} removed")
    return clean


def description(value: Any, pointer: Pointer, repairs: Repairs) -> str:
    """A description as Markdown, whether written as text, as lines or as quoted strings."""
    if isinstance(value, list):
        text = _lines(value, pointer, repairs)
    else:
        text = plain_text(value, pointer, repairs)
        if len(text) <= _LONGEST and text[:40].lstrip()[:1] in {'"', "'", "["}:
            text = _unquoted(text, pointer, repairs)
    return safe_markdown(text, pointer, repairs)


def _lines(value: list[Any], pointer: Pointer, repairs: Repairs) -> str:
    lines = [plain_text(line, (*pointer, i), repairs) for i, line in enumerate(value)]
    repairs.say(pointer, "description", f"{count(len(lines), 'line')} joined into one text")
    spelt = sum("\\n" in line for line in lines)
    if spelt:
        lines = [line.replace("\\n", "\n") for line in lines]
        repairs.say(
            pointer, "description", f"`\\n` spelt out in {count(spelt, 'line')}, now broken"
        )
    return "\n".join(lines).strip("\n")


def _unquoted(text: str, pointer: Pointer, repairs: Repairs) -> str:
    if not _QUOTED.fullmatch(text):
        return text
    pieces = [(found[1][1:-1], bool(found[2])) for found in _PIECE.finditer(text)]
    said = f"{count(len(pieces), 'quoted string')} joined into one text"
    repairs.say(pointer, "description", said, "write the text without quotes")
    result, ended = "", True
    for piece, comma in pieces:
        if not piece:
            result = result.rstrip("\n") + "\n\n"
            continue
        result += ("" if ended else _between(result, piece)) + _unescaped(piece)
        # What a comma ends is a line.
        result += "\n" if comma else ""
        ended = comma
    return result.strip("\n")


def _between(before: str, after: str) -> str:
    """What parts two strings that stand side by side: nothing where one brings its own space."""
    if _ITEM.match(after) and not before.endswith("\n"):
        return "\n"
    return "" if before[-1:].isspace() or after[:1].isspace() else "\n"


def _unescaped(piece: str) -> str:
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), piece, flags=re.DOTALL)


def _kind(value: Any) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", type(None): "empty"}
    return names.get(type(value), "a structure")
