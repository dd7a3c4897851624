"""The search index: columns small enough to be sent whole, summaries and words in shards. Pure.

`generator/web/src/columns.ts` unpacks what is packed here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from deepcat_site.views.card import Card
from deepcat_site.views.facets import FACETS

EPOCH = date(2010, 1, 1)
_ALPHABET = "".join(chr(code) for code in range(35, 127) if chr(code) != "\\")
_BASE = len(_ALPHABET)
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_WORD = re.compile(r"[^\W_]+")
_PER_SHARD = 48


def pack(
    cards: Sequence[Card], counts: dict[str, list[tuple[str, int]]], buckets: Iterable[str] = ()
) -> dict[str, Any]:
    """The columns of all modules.

    Args:
        cards: sorted by name.
        counts: from `views.facets.facet_counts`.
        buckets: prefixes that have a file of words.
    """
    return {
        "format": 1,
        "names": " ".join(card.name for card in cards),
        "titles": "\n".join(
            "" if card.title == title_of(card.name) else card.title for card in cards
        ),
        "facets": [_facet(key, [value for value, _ in counts[key]], cards) for key in FACETS],
        "epoch": EPOCH.isoformat(),
        "created": "".join(_PAIRS[days(card.created)] for card in cards),
        "updated": "".join(_PAIRS[days(card.updated)] for card in cards),
        "score": "".join(_PAIRS[rank(card)] for card in cards),
        "shards": shards(len(cards)),
        "words": " ".join(sorted(buckets)),
    }


def _facet(key: str, values: list[str], cards: Sequence[Card]) -> dict[str, Any]:
    width = 1
    while _BASE**width < len(values):
        width += 1
    code = {value: _digits(number, width) for number, value in enumerate(values)}
    get = FACETS[key]
    rows = " ".join(["".join([code[value] for value in get(card)]) for card in cards])
    return {"key": key, "values": values, "width": width, "rows": rows}


def _digits(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, rest = divmod(number, _BASE)
        text = _ALPHABET[rest] + text
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


_HIGHER = ("acc", "f1", "auc", "r2", "iou", "map", "precision", "recall", "dice", "ssim", "score")


def rank(card: Card) -> int:
    """How good the first metric is, 1 to 1001 where more is better by its name; else 0."""
    name = card.metric.casefold().replace("-", "").replace("_", "").replace(" ", "")
    if not any(part in name for part in _HIGHER):
        return 0
    share = card.score / 100 if 1.5 < card.score <= 100 else card.score
    return 1 + round(1000 * min(max(share, 0.0), 1.0))


def shards(size: int) -> int:
    """Into how many files the summaries are dealt; a power of two, so that it seldom changes."""
    return 1 << max(0, (size // _PER_SHARD)).bit_length() if size > _PER_SHARD else 1


def words_of(text: str) -> list[str]:
    """The words that a summary can be found by, folded, each once, without the shortest."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in folded if not unicodedata.combining(c))
    return list(dict.fromkeys(w for w in _WORD.findall(text.lower()) if len(w) > 2))


def prefix(word: str) -> str:
    """The file that holds a word: its first two letters, or `_` for other scripts."""
    start = word[:2]
    return start if start.isascii() and start.isalnum() else "_"


def postings(words: Iterable[Sequence[str]]) -> dict[str, dict[str, list[int]]]:
    """Prefix -> word -> modules by number, each as the step from the one before."""
    found: dict[str, list[int]] = {}
    for number, row in enumerate(words):
        for word in row:
            if (places := found.get(word)) is None:
                found[word] = [number]
            else:
                places.append(number)
    buckets: dict[str, dict[str, list[int]]] = {}
    for word in sorted(found):
        places = found[word]
        steps = [places[0], *(b - a for a, b in pairwise(places))]
        buckets.setdefault(prefix(word), {})[word] = steps
    return buckets
