"""The words that a text can be found by: folded, and pairs of letters where a script has no blanks.

Pure. `generator/web/src/words.ts` folds what a reader types in the same way.
"""

from __future__ import annotations

import re
import unicodedata

# In ASCII: letters small, and a blank for all that is no letter and no digit.
_FOLDED = bytes(ord(chr(c).lower()) if c < 128 and chr(c).isalnum() else 32 for c in range(256))
_NO_BLANKS = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_PARTS = re.compile(f"([{_NO_BLANKS}]+)|[^{_NO_BLANKS}]+")
_LONGEST = 30
# Accents, and vowels that Hebrew and Arabic may write or leave out.
_DROPPED = (
    *range(0x300, 0x370),
    *range(0x483, 0x488),
    *range(0x591, 0x5C8),
    *range(0x610, 0x61B),
    0x640,
    *range(0x64B, 0x660),
    0x670,
)
_WRITTEN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ς": "σ"}


class _Table(dict[int, str | None]):
    """What becomes of each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        kept = unicodedata.category(chr(code))[0] in "LNM"
        self[code] = found = chr(code) if kept else " "
        return found


_TABLE = _Table(dict.fromkeys(_DROPPED) | {ord(k): v for k, v in _WRITTEN.items()})


def tokens(text: str) -> list[str]:
    """All words of a text in their order, folded; repeated ones are repeated."""
    if text.isascii():
        return _of_ascii(text)
    found: list[str] = []
    for line in text.splitlines():
        found += _of_ascii(line) if line.isascii() else _of_any_script(line)
    return found


def _of_ascii(text: str) -> list[str]:
    return text.encode().translate(_FOLDED).decode().split()


def _of_any_script(line: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", line).lower().translate(_TABLE)
    found: list[str] = []
    for run in unicodedata.normalize("NFC", folded).split():
        for part in _PARTS.finditer(run):
            found += _pairs(part[0]) if part[1] else (part[0],)
    return found


def _pairs(run: str) -> list[str]:
    """Each letter with the next, and the last one alone."""
    return [run[at : at + 2] for at in range(len(run))]


def is_kept(word: str) -> bool:
    """Whether anybody would look for it: no single Latin letter, no long number or hash."""
    if len(word) == 1:
        return not word.isascii()
    return len(word) <= _LONGEST and not (len(word) > 4 and word.isdigit())
