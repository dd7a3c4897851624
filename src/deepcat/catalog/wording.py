"""How findings speak: values short and safe, and the nearest allowed word for a misspelt one."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from deepcat.errors import UsageError
from deepcat.secrets.addresses import masked

_LONGEST = 60


def shown(value: Any) -> str:
    """A value as JSON in backticks, on one line: cut when it is long, without hidden characters
    and without a password, token or signature that an address may hold."""
    if isinstance(value, dict | list) and len(value) > _LONGEST:
        value = type(value)()
    text = json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str):
        text = text[1:-1]
    text = masked(text)
    return f"`{visible(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…')}`"


def visible(text: str) -> str:
    """A text in which every character that does not print is spelt as an escape."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


def nearest(word: str, allowed: Iterable[str]) -> str:
    """The allowed word that a misspelt one most likely means; empty when none is near."""
    choices = {choice.casefold(): choice for choice in allowed}
    found = difflib.get_close_matches(word.casefold()[:200], choices, n=1, cutoff=0.6)
    return choices[found[0]] if found else ""


def listed(words: Iterable[str], most: int = 16) -> str:
    """Words in backticks, joined by commas; the first few of many."""
    every = list(words)
    text = ", ".join(f"`{visible(word)}`" for word in every[:most])
    return f"{text} and {len(every) - most} more" if len(every) > most else text


def unknown(thing: str, name: str, known: Iterable[str], *, code: str = "") -> UsageError:
    """The error for a name that means nothing: with the nearest that does, or all that do."""
    names = sorted(known)
    likely = nearest(name, names)
    hint = (
        f"did you mean `{visible(likely)}`?"
        if likely
        else (f"there is: {listed(names)}" if names else "there is none yet")
    )
    return UsageError(f"there is no {thing} {shown(name)}", hint=hint, code=code)


def count(number: int, thing: str) -> str:
    """A number with its noun, such as `1 error` or `2 errors`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
