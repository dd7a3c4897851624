"""The search index: columns small enough to be sent whole, words in shards. Pure.

`generator/web/src/columns.ts` unpacks what is packed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from deepcat_site.api import fields, postings
from deepcat_site.api.fields import DIGITS
from deepcat_site.digests import digest
from deepcat_site.views.card import Card
from deepcat_site.views.facets import FACETED, FACETS
from deepcat_site.views.measures import ranks

EPOCH = date(2010, 1, 1)
_BASE = len(DIGITS)
_PAIRS = tuple(a + b for a in DIGITS for b in DIGITS)
_PER_SHARD = 8
# Facets that are folded up until somebody opens them.
LATER = ("library", "category", "tag")
# What the columns are made of, beside names and titles; and what the further ones are.
INDEXED = frozenset({*FACETED, "updated"})
INDEXED_MORE = frozenset({*FACETED, "created", "updated", "metrics"})


def pack(
    cards: Sequence[Card],
    counts: dict[str, list[tuple[str, int]]],
    stop: Iterable[str] = (),
    synonyms: Iterable[Iterable[str]] = (),
) -> dict[str, Any]:
    """The columns of all modules.

    Args:
        cards: sorted by name.
        counts: from `views.facets.facet_counts`.
        stop: words that nobody looks for.
        synonyms: rows of terms that mean the same.
    """
    names = [card.name for card in cards]
    return {
        "format": 3,
        "stamp": stamp(names),
        "names": " ".join(names),
        "titles": titles(cards),
        "facets": [
            {**_codes(key, counts), "rows": "" if key in LATER else _rows(key, counts, cards)}
            for key in FACETS
        ],
        "recent": "".join(DIGITS[recent(card.updated)] for card in cards),
        "shards": shards(len(cards)),
        "files": {kind: postings.files(kind, len(cards)) for kind in postings.KINDS},
        "fields": [field.name for field in fields.ALL],
        "stop": " ".join(sorted(stop)),
        "synonyms": "\n".join(",".join(row) for row in synonyms),
    }


def titles(cards: Iterable[Card]) -> str:
    """The titles that no name suggests."""
    return "\n".join("" if card.title == title_of(card.name) else card.title for card in cards)


def pack_more(cards: Sequence[Card], counts: dict[str, list[tuple[str, int]]]) -> dict[str, Any]:
    """The columns that few ask for: other orders, and filters that are folded up."""
    return {
        "of": stamp([card.name for card in cards]),
        "created": "".join(_PAIRS[days(card.created)] for card in cards),
        "updated": "".join(_PAIRS[days(card.updated)] for card in cards),
        "score": "".join(_PAIRS[place] for place in scores(cards)),
        "rows": {key: _rows(key, counts, cards) for key in LATER},
    }


def _codes(key: str, counts: dict[str, list[tuple[str, int]]]) -> dict[str, Any]:
    values = [value for value, _ in counts[key]]
    width = 1
    while _BASE**width < len(values):
        width += 1
    return {"key": key, "values": values, "width": width}


def _rows(key: str, counts: dict[str, list[tuple[str, int]]], cards: Sequence[Card]) -> str:
    facet = _codes(key, counts)
    code = {value: _digits(at, facet["width"]) for at, value in enumerate(facet["values"])}
    get = FACETS[key]
    return " ".join(["".join([code[value] for value in get(card)]) for card in cards])


def _digits(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, rest = divmod(number, _BASE)
        text = DIGITS[rest] + text
    return text


def title_of(name: str) -> str:
    """The title that a name suggests."""
    words = name.replace("-", " ")
    return words[:1].upper() + words[1:]


def days(iso: str) -> int:
    """Days since the epoch, from 1; 0 for none."""
    try:
        return min(max((date.fromisoformat(iso) - EPOCH).days + 1, 1), _BASE**2 - 1)
    except ValueError:
        return 0


def recent(iso: str) -> int:
    """How new something is, in thirds of a year: near enough to tell old from new."""
    return min(days(iso) // 120, _BASE - 1)


def scores(cards: Sequence[Card]) -> list[int]:
    """Each module's place by its main metric, among those measured alike; 0 for none."""
    places = ranks([card.measure for card in cards])
    most = max(places, default=0)
    return [-(-place * (_BASE**2 - 1) // most) if most >= _BASE**2 else place for place in places]


def shards(size: int) -> int:
    """Into how many files the cards are dealt; a power of two, so that it seldom changes."""
    return 1 << max(0, (size // _PER_SHARD)).bit_length() if size > _PER_SHARD else 1


def stamp(names: Sequence[str]) -> str:
    """Names which modules there are: files of words belong to the index that has the same."""
    return digest(" ".join(names).encode())[:8]
