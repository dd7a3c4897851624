"""Reading parsed YAML of anybody: wrong types come out empty, never as an exception."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from deepcat.secrets.addresses import masked

Thing = TypeVar("Thing")
Result = TypeVar("Result")

_MAPPING = (dict, Mapping)
_NUMBER = (int, float)
_WEB = re.compile(r"https?://[^\s\"'<>\\]+\Z")
# Characters that change the direction of the text around them, or hide in it.
_TRICKS = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF, 0x200B]
)


def plain(value: Any) -> str:
    """Text without control characters, tricks of direction, and passwords that addresses hold;
    empty for what is no text."""
    if not isinstance(value, str):
        is_number = isinstance(value, _NUMBER) and not isinstance(value, bool)
        return str(value) if is_number else ""
    text: str = masked(value) if "//" in value else value
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.translate(_TRICKS)
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C").strip()


def line(value: Any, limit: int = 300) -> str:
    """One line of text, cut with an ellipsis."""
    text = plain(value)
    if not text.isprintable() or "  " in text:
        text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def written(value: Any, limit: int = 200) -> str:
    """A value as YAML writes it, in one line: `false`, `8501`, `[1, 2]`; text without quotes."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return line(text, limit)


def texts(value: Any, limit: int = 80) -> tuple[str, ...]:
    """A list of one-line texts, without empty ones and without repetition."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(text for item in value if (text := line(item, limit))))


def mapping(value: Any) -> Mapping[str, Any]:
    """The mapping, or an empty one."""
    return value if isinstance(value, _MAPPING) else {}


def mappings(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The mappings of a list."""
    return tuple(item for item in value if isinstance(item, _MAPPING)) if _many(value) else ()


def number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, _NUMBER):
        return None
    return float(value) if abs(value) < 1e300 else None


def web(value: Any) -> str:
    """An http(s) address, or empty."""
    text = plain(value)
    return text if _WEB.match(text) else ""


def _many(value: Any) -> bool:
    return isinstance(value, list | tuple)


# More than the modules that are made together (`pool.TOGETHER`).
_KEPT = 64


def once(make: Callable[[Thing], Result]) -> Callable[[Thing], Result]:
    """Keep the last answers: one module's facts are asked for by several documents."""
    known: dict[int, tuple[Thing, Result]] = {}

    def kept(thing: Thing) -> Result:
        found = known.get(id(thing))
        if found is None or found[0] is not thing:
            if len(known) >= _KEPT:
                del known[next(iter(known))]
            found = known[id(thing)] = (thing, make(thing))
        return found[1]

    return kept
