"""The search index: columns small enough to be sent whole, words in shards. Pure.

Titles are not among them: a reader sees two dozen of ten thousand, which come with their cards.

`generator/web/src/columns.ts` unpacks what is packed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from deepcat_site.api import fields, postings
from deepcat_site.api.fields import DIGITS
from deepcat_site.api.words import is_kept, tokens
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
# Of these, so many values are known from the beginning: a large catalog has thousands of tags.
_FIRST = 250
# Of words that stand in titles alone, so many of the most usual ones are sent.
_ALSO = 4000
# What the columns are made of, beside names and titles; and what the further ones are.
INDEXED = frozenset({*FACETED, "updated"})
INDEXED_MORE = frozenset({*FACETED, "created", "updated", "metrics"})


def pack(
    cards: Sequence[Card],
    counts: dict[str, list[tuple[str, int]]],
    stop: Iterable[str] = (),
    synonyms: Iterable[Sequence[str]] = (),
    translations: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """The columns of all modules.

    Args:
        cards: sorted by name.
        counts: from `views.facets.facet_counts`.
        stop: words that nobody looks for.
        synonyms: rows of terms that mean the same.
        translations: first term of a row -> words of other languages that mean it.
    """
    names = [card.name for card in cards]
    return {
        "format": 4,
        "stamp": stamp(names),
        "names": " ".join(names),
        "also": also(cards),
        "facets": [
            _later(key, counts)
            if key in LATER
            else {**_codes(key, counts), "rows": _rows(key, counts, cards)}
            for key in FACETS
        ],
        "recent": "".join(DIGITS[recent(card.updated)] for card in cards),
        "shards": shards(len(cards)),
        "files": {kind: postings.files(kind, len(cards)) for kind in postings.KINDS},
        "fields": [field.name for field in fields.ALL],
        "stop": " ".join(sorted(stop)),
        "synonyms": "\n".join(_meanings(synonyms, translations)),
    }


def _meanings(
    synonyms: Iterable[Sequence[str]], translations: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    """A row's terms, each of which finds the others; behind a `<` those that only lead to them."""
    left = dict(translations)
    for row in synonyms:
        others = ",".join(left.pop(row[0], ())) if row else ""
        yield ",".join(row) + (f"<{others}" if others else "")


def also(cards: Iterable[Card]) -> str:
    """Words of titles that are in nobody's name: what a misspelt word may have meant."""
    cards = list(cards)
    named = set(tokens("\n".join([card.name for card in cards])))
    titles = [card.title for card in cards if card.title != title_of(card.name)]
    counts = Counter(tokens("\n".join(titles)))
    known = {word: n for word, n in counts.items() if word not in named and len(word) > 2}
    usual = sorted(filter(is_kept, known), key=lambda word: (-known[word], word))
    return " ".join(sorted(usual[:_ALSO]))


def pack_more(cards: Sequence[Card], counts: dict[str, list[tuple[str, int]]]) -> dict[str, Any]:
    """The columns that few ask for: other orders, and filters that are folded up."""
    return {
        "of": stamp([card.name for card in cards]),
        "created": "".join(_PAIRS[days(card.created)] for card in cards),
        "updated": "".join(_PAIRS[days(card.updated)] for card in cards),
        "score": "".join(_PAIRS[place] for place in scores(cards)),
        "rows": {key: _rows(key, counts, cards) for key in LATER},
        "values": {key: [value for value, _ in counts[key][_FIRST:]] for key in LATER},
    }


def _later(key: str, counts: dict[str, list[tuple[str, int]]]) -> dict[str, Any]:
    """A facet whose rows are fetched once somebody opens it, and its rarer values with them."""
    facet = _codes(key, counts)
    return {**facet, "values": facet["values"][:_FIRST], "rows": ""}


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
