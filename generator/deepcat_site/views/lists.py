"""Plain lists of modules by what they are: for crawlers, and without JavaScript. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deepcat_site.text import Text
from deepcat_site.views.card import Card
from deepcat_site.views.facets import FACETS

KEYS = ("task", "data", "library", "category", "gpu", "license")
PER_PAGE = 500

Counts = Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of one list.

    Attributes:
        path: below the root.
        label: the facet's name.
        value: the facet's value; empty for the list of all.
        cards: on this page.
        total: in the whole list.
        page: number, from 1.
        pages: how many.
        before: path of the page before, or empty.
        after: path of the next page, or empty.
    """

    path: str
    label: str
    value: str
    cards: Sequence[Card]
    total: int
    page: int
    pages: int
    before: str
    after: str

    def names(self) -> tuple[str, ...]:
        """All that it shows beside its cards."""
        return (self.label, self.value, f"{self.total} {self.page}/{self.pages}", self.before)

    def values(self) -> dict[str, object]:
        """For the template."""
        names = ("label", "value", "cards", "total", "page", "pages", "before", "after")
        return {name: getattr(self, name) for name in names}


def slug(value: str) -> str:
    """A value as a part of an address: ASCII letters, digits, hyphens; `x` where none is left."""
    folded = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return (
        re.sub(r"[^a-z0-9]+", "-", folded.replace("+", "p").replace("#", "sharp")).strip("-")[:60]
        or "x"
    )


def slugs(values: Iterable[tuple[str, int]]) -> dict[str, str]:
    """Value -> slug, each slug once."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for value, _ in values:
        base = name = slug(value)
        number = 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        found[value] = name
    return found


def words(key: str, value: str, text: Text) -> str:
    """A facet's value as people read it."""
    if key != "gpu":
        return value
    gpu = text.browser.gpu
    return str(gpu.upto).replace("{n}", value) if value.isdigit() else str(gpu[value])


def facets(counts: Counts, text: Text) -> list[tuple[str, str, list[tuple[str, int, str]]]]:
    """Rows of facet's key, its name, and its values with count and address."""
    found = []
    for key in KEYS:
        names = slugs(counts[key])
        values = [
            (words(key, value, text), count, f"modules/by/{key}/{names[value]}/")
            for value, count in counts[key]
        ]
        found.append((key, str(text.facet[key]), values))
    return found


def pages(cards: Sequence[Card], counts: Counts, text: Text) -> Iterator[ListPage]:
    """Every page of every list.

    Args:
        cards: sorted by name.
        counts: from `facets.facet_counts`.
        text: the interface's words.
    """
    yield from _paged("modules/by/name/", str(text.lists.all), "", cards)
    for key in KEYS:
        rows: dict[str, list[Card]] = {}
        get = FACETS[key]
        for card in cards:
            for value in get(card):
                rows.setdefault(value, []).append(card)
        for value, name in slugs(counts[key]).items():
            label = str(text.facet[key])
            shown = words(key, value, text)
            yield from _paged(f"modules/by/{key}/{name}/", label, shown, rows[value])


def _paged(folder: str, label: str, value: str, cards: Sequence[Card]) -> Iterator[ListPage]:
    count = max(1, -(-len(cards) // PER_PAGE))

    def address(number: int) -> str:
        if not 1 <= number <= count:
            return ""
        return folder if number == 1 else f"{folder}{number}/"

    for number in range(1, count + 1):
        yield ListPage(
            f"{address(number)}index.html",
            label,
            value,
            cards[(number - 1) * PER_PAGE : number * PER_PAGE],
            len(cards),
            number,
            count,
            address(number - 1),
            address(number + 1),
        )
