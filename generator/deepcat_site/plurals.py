"""Which form of a word goes with a whole number, by language: CLDR's categories. Pure.

The browser asks `Intl.PluralRules` the same; a test holds this table against it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Rule = Callable[[int], str]
CATEGORIES: Final = frozenset(("zero", "one", "two", "few", "many", "other"))


def _none(_: int) -> str:
    return "other"


def _one(n: int) -> str:
    return "one" if n == 1 else "other"


def _romance(n: int) -> str:
    return "one" if n == 1 else "many" if n and n % 1_000_000 == 0 else "other"


def _french(n: int) -> str:
    return "one" if n in (0, 1) else _romance(n)


def _slavic(n: int) -> str:
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"


def _polish(n: int) -> str:
    if n == 1:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"


def _czech(n: int) -> str:
    return "one" if n == 1 else "few" if n in (2, 3, 4) else "other"


def _arabic(n: int) -> str:
    if n < 3:
        return ("zero", "one", "two")[n]
    rest = n % 100
    return "few" if 3 <= rest <= 10 else "many" if rest >= 11 else "other"


RULES: Final[dict[str, Rule]] = {
    **dict.fromkeys(("en", "de", "nl", "sv", "da", "fi", "el", "hu", "tr", "bg", "et"), _one),
    **dict.fromkeys(("es", "it", "ca"), _romance),
    **dict.fromkeys(("fr", "pt"), _french),
    **dict.fromkeys(("ru", "uk"), _slavic),
    **dict.fromkeys(("cs", "sk"), _czech),
    **dict.fromkeys(("zh", "ja", "ko", "vi", "th", "id"), _none),
    "pl": _polish,
    "ar": _arabic,
}


def category(language: str, n: int) -> str:
    """The form that goes with a number; of a language that is not in the table, the last one."""
    return RULES.get(language.partition("-")[0], _none)(n)
