"""What was resolved, taken out of every text that is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TextIO

MASK = "•••"
# Shorter texts stand in every output by chance.
_LEAST = 4

_known: set[str] = set()


def remember(value: str) -> None:
    """Let `mask` take this value, and its lines, out of every text."""
    for part in (value, *value.splitlines()):
        if len(part.strip()) >= _LEAST:
            _known.update(_spellings(part.strip()))


def mask(text: str) -> str:
    """The text without any secret that was resolved, however it is spelt."""
    if not _known:
        return text
    for value in sorted(_known, key=len, reverse=True):
        if value in text:
            text = text.replace(value, MASK)
    return text


def mask_data(value: Any) -> Any:
    """The same mappings, lists and texts without any secret."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask_data(key): mask_data(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_data(each) for each in value]
    return value


def forget() -> None:
    """Know no secret any more; for tests."""
    _known.clear()


class MaskedStream:
    """A text stream that lets no secret through; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, masked; gives the number of characters taken."""
        self._stream.write(mask(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write many, each masked."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _spellings(value: str) -> set[str]:
    """A value as it may turn up: in JSON, in an address, in a shell word, in base64."""
    import base64  # every command masks what it prints, and few have a secret
    import json
    import shlex
    import urllib.parse

    raw = value.encode()
    found = {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        urllib.parse.quote(value, safe=""),
        urllib.parse.quote_plus(value),
        shlex.quote(value),
    }
    for shift in range(3):
        # Inside a longer text, base64 spells the value in one of three ways; at its ends, bits of
        # its neighbours are mixed in.
        text = base64.b64encode(b"\0" * shift + raw).decode()
        inner = text[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        if len(inner) >= 2 * _LEAST:
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found
