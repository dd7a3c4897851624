"""In which fields of a module its words stand, and what each word weighs there. Pure.

A word's weight is BM25F's: over all fields, how often it stands there, by the field's weight and
length. The usual lengths are fixed, so that a changed module changes no other one's weights.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deepcat.catalog.values import Module
from deepcat_site.api.words import is_kept, tokens
from deepcat_site.views.card import Card
from deepcat_site.views.read import mappings, plain

# Numbers below 91 as a character each, of those that JSON writes as they are.
DIGITS = "".join(chr(code) for code in range(35, 127) if chr(code) != "\\")
_VALUE = {digit: number for number, digit in enumerate(DIGITS)}
# The last level of a weight, and how many levels double it.
LEVELS = 90
_STEP = 14


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is searched.

    Attributes:
        name: the key of its words in the browser's text.
        weight: of one occurrence.
        usual: its usual length in words.
        text: reads it.
    """

    name: str
    weight: float
    usual: float
    text: Callable[[Module, Card], str]


def _of(key: str, *parts: str) -> Callable[[Module, Card], str]:
    def read(module: Module, _card: Card) -> str:
        rows = mappings(module.data.get(key))
        return "\n".join(plain(row.get(part)) for row in rows for part in parts)

    return read


# In the order of their numbers in the index.
FIELDS = (
    Field("title", 8, 4, lambda _, card: card.title),
    Field("name", 5, 3, lambda _, card: card.name),
    Field("tag", 6, 6, lambda _, card: "\n".join(card.tags)),
    Field("task", 5, 4, lambda _, card: "\n".join(card.tasks)),
    Field("data", 4, 2, lambda _, card: "\n".join(card.data_types)),
    Field("summary", 4, 14, lambda _, card: card.summary),
    Field("library", 3, 2, lambda _, card: "\n".join(card.libraries)),
    Field("license", 3, 3, lambda _, card: card.license),
    Field("author", 3, 6, _of("authors", "name", "affiliation")),
    Field("category", 2, 4, lambda _, card: "\n".join(card.categories)),
    Field("metric", 2, 4, _of("metrics", "name")),
    Field("dataset", 2, 6, _of("metrics", "dataset")),
    Field("description", 2.5, 60, lambda module, _: plain(module.data.get("description"))),
)
HEADING = Field("heading", 2, 20, lambda *_: "")
README = Field("readme", 1, 400, lambda *_: "")
ALL = (*FIELDS, HEADING, README)
_ALWAYS = 2  # the first two fields keep their stop words

# What is no prose: code, addresses, HTML. Each way begins with a character of its own, since a
# pattern that begins with `^` is tried at every character.
_NO_PROSE = re.compile(
    r"`(?<![^\n]`)``.*?^```|~(?<![^\n]~)~~.*?^~~~|\](?:\([^)\s]*\))|<[^<>]*>|h(?:ttps?://\S+)",
    re.M | re.S,
)
_HEADING = re.compile(r"#(?<![^\n]#)#{0,5} (.*)$", re.M)
# Longer ones are read as far as here.
_LONGEST_README = 60_000
# Up to so many characters a field may say what others say, too.
_OFTEN = 60
# How much of a weight does not depend on the field's length.
_SAME = 0.5

Stop = frozenset[str] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What one module is found by.

    Attributes:
        head: word -> (number of the field where it weighs most, level of its weight everywhere).
        readme: the same for words of the README alone, whose field is one.
    """

    head: Mapping[str, tuple[int, int]]
    readme: Mapping[str, int]

    def dump(self) -> str:
        """As one line of text with tabs."""
        fields = "".join([DIGITS[field] for field, _ in self.head.values()])
        levels = "".join([DIGITS[level] for _, level in self.head.values()])
        texts = "".join([DIGITS[level] for level in self.readme.values()])
        return "\t".join((" ".join(self.head), fields, levels, " ".join(self.readme), texts))

    @classmethod
    def parse(cls, line: str) -> Row:
        """Read what `dump` wrote.

        Raises:
            ValueError: it was not.
        """
        head, fields, levels, readme, texts = line.split("\t")
        places = [
            (_VALUE[field], _VALUE[level]) for field, level in zip(fields, levels, strict=True)
        ]
        return cls(
            dict(zip(head.split(), places, strict=True)),
            dict(zip(readme.split(), [_VALUE[level] for level in texts], strict=True)),
        )


def row(module: Module, card: Card, readme: str, stop: Stop) -> Row:
    """What a module is found by.

    Args:
        module: what it says of itself.
        card: the same in short.
        readme: its README, Markdown.
        stop: words that nobody looks for.
    """
    prose = _NO_PROSE.sub(" ", readme[:_LONGEST_README])
    fields = [field.text(module, card) for field in FIELDS]
    fields.append("\n".join(_HEADING.findall(prose)))
    sums: dict[str, float] = {}
    best: dict[str, tuple[float, int]] = {}
    for number, text in enumerate(fields):
        if not text:
            continue
        parts = _repeated if len(text) <= _OFTEN else _parts
        for word, part in parts(number, text, stop):
            if (before := sums.get(word)) is None:
                sums[word], best[word] = part, (part, number)
                continue
            sums[word] = before + part
            if part > best[word][0]:
                best[word] = (part, number)
    counts = _counts(prose, stop)
    share = _share(README, counts)
    for word in sums.keys() & counts.keys():
        sums[word] += share * counts.pop(word)
    head = {word: (best[word][1], level(weight)) for word, weight in sums.items()}
    known = {count: level(share * count) for count in set(counts.values())}
    return Row(head, {word: known[count] for word, count in counts.items()})


def _parts(number: int, text: str, stop: Stop) -> list[tuple[str, float]]:
    """Each word of a field, and what it weighs there."""
    counts = _counts(text, () if number < _ALWAYS else stop)
    share = _share(ALL[number], counts)
    return [(word, share * count) for word, count in counts.items()]


# Licences, tasks, authors and the like are the same in many modules.
_repeated = functools.lru_cache(4096)(_parts)


def _counts(text: str, stop: Stop) -> dict[str, int]:
    counts = Counter(tokens(text))
    return {word: count for word, count in counts.items() if word not in stop and _is_kept(word)}


_is_kept = functools.lru_cache(50_000)(is_kept)


def _share(field: Field, counts: Mapping[str, int]) -> float:
    """What one occurrence weighs."""
    return field.weight / (_SAME + (1 - _SAME) * sum(counts.values()) / field.usual)


@functools.lru_cache(4096)
def level(weight: float) -> int:
    """A weight on the index's scale; the browser's `weightOf` goes back."""
    return min(LEVELS, max(1, round(_STEP * math.log2(1 + weight))))
