"""Metrics as people read them: by what name, in what unit, and which way is better. Pure.

Two values may be ranked or drawn together only where their `key` is the same: the same metric, in
the same unit, on the same part of the same data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from deepcat_site.html import formats
from deepcat_site.views.metric_names import KNOWN, QUALIFIERS, TAILS, Known
from deepcat_site.views.read import line, mapping, mappings, number, once

HIGHER, LOWER, UNKNOWN = "higher", "lower", ""
# A share is a part of a whole, an index a number from 0 to 1 that is no part of anything.
SHARE, INDEX, FREE = "share", "index", ""

_WORD = re.compile(r"[^\W_]+")
_PERCENT = ("%", "percent", "per cent")


class Measure(NamedTuple):
    """One value that was measured.

    Attributes:
        name: as the module writes it.
        label: as people say it.
        value: the number; a share or an index as a number from 0 to 1.
        unit: such as ``ms``; empty for none.
        direction: ``higher`` or ``lower`` is better; empty where nobody says.
        scale: ``share`` or ``index``, both from 0 to 1; empty for any other number.
        dataset: the data that it was measured on.
        split: which part of them.
        low: the lower end of its interval; None where none is given.
        high: the upper end.
        level: how sure the interval is, from 0 to 1; None where that is not said.
        metric: the metric's name, folded.
        written: the number as the module writes it.
        written_unit: the unit as the module writes it.
    """

    name: str
    label: str
    value: float
    unit: str
    direction: str
    scale: str
    dataset: str
    split: str
    low: float | None
    high: float | None
    level: float | None
    metric: str
    written: float
    written_unit: str

    @property
    def key(self) -> tuple[str, ...]:
        """Equal where two values may be held against each other."""
        data = (folded(self.dataset), folded(self.split))
        return (*data, self.metric, self.unit.casefold(), self.direction, self.scale)

    @property
    def goodness(self) -> float:
        """More where it is better, among those of one key; only where a direction is known."""
        return -self.value if self.direction == LOWER else self.value

    @property
    def bar(self) -> float | None:
        """How long a bar shows it, 0 to 1; None where a bar would mislead.

        A bar is read as "full is best": an error, a loss or a number without a scale has none.
        """
        known = self.scale and self.direction == HIGHER and 0 <= self.value <= 1
        return self.value if known else None

    @property
    def words(self) -> str:
        """The value with its unit, such as ``98.9 %`` or ``47.4 ms``."""
        return self._with_unit(self._number(self.value))

    @property
    def interval(self) -> str:
        """The ends of its interval, such as ``98.1 – 99.4 %``; empty where none is given."""
        if self.low is None or self.high is None:
            return ""
        return self._with_unit(f"{self._number(self.low)} – {self._number(self.high)}")

    @property
    def sure(self) -> str:
        """How sure the interval is, in percent; empty where that is not said."""
        return "" if self.level is None else f"{formats.number(self.level * 100, 1)} %"

    def _number(self, value: float) -> str:
        return formats.number(value * 100, 2) if self.scale == SHARE else formats.number(value)

    def _with_unit(self, text: str) -> str:
        unit = "%" if self.scale == SHARE else self.unit
        return f"{text} {unit}" if unit else text


class Row(NamedTuple):
    """A metric as it is kept: what the module says, and nothing that follows from it."""

    dataset: str
    split: str
    name: str
    value: float
    unit: str = ""
    higher: bool | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None


@once
def rows(data: Mapping[str, Any]) -> tuple[Row, ...]:
    """What a module says of how good it is, in its order; what has no value is left out."""
    found = map(_row, mappings(data.get("metrics")))
    return tuple(each for each in found if each is not None)


def _row(item: Mapping[str, Any]) -> Row | None:
    value = number(item.get("value"))
    if value is None:
        return None
    higher, interval = item.get("higher_is_better"), mapping(item.get("interval"))
    return Row(
        line(item.get("dataset"), 160),
        line(item.get("split"), 160),
        line(item.get("name"), 80),
        value,
        line(item.get("unit"), 40),
        higher if isinstance(higher, bool) else None,
        *(number(interval.get(key)) for key in ("low", "high", "level")),
    )


@once
def measures(data: Mapping[str, Any]) -> tuple[Measure, ...]:
    """The same, as people read it."""
    return tuple(map(measure, rows(data)))


def measure(row: Row) -> Measure:
    """One metric as people read it."""
    head, label, metric = _known(row.name, row.unit)
    scale, factor, unit = _scale(head, row.value, row.unit)
    direction = head.direction if head else UNKNOWN
    if row.higher is not None:
        direction = HIGHER if row.higher else LOWER
    return Measure(
        name=row.name,
        label=label or row.name,
        value=row.value * factor,
        unit=unit,
        direction=direction,
        scale=scale,
        dataset=row.dataset,
        split=row.split,
        low=None if row.low is None else row.low * factor,
        high=None if row.high is None else row.high * factor,
        level=row.level,
        metric=metric,
        written=row.value,
        written_unit=row.unit,
    )


@lru_cache(maxsize=1024)
def _known(name: str, unit: str) -> tuple[Known | None, str, str]:
    """What a metric is, how people say it, and the same folded."""
    head, label = _named(_bare(name, unit))
    return head, label, folded(label)


def groups(found: Iterable[Measure]) -> dict[tuple[str, str], list[Measure]]:
    """Data set and split -> what was measured there, in the module's order."""
    together: dict[tuple[str, str], list[Measure]] = {}
    for each in found:
        together.setdefault((each.dataset, each.split), []).append(each)
    return together


def ranks(mine: Sequence[Measure | None]) -> list[int]:
    """A place for each by which a list can be sorted, the highest first; 0 for what has no like.

    Those of one key stand together, best first and equal ones alike; the key that most have comes
    first. What nobody shares, or whose better direction is not known, is compared with nothing.
    """
    alike: dict[tuple[str, ...], list[int]] = {}
    for at, each in enumerate(mine):
        if each is not None and each.direction:
            alike.setdefault(each.key, []).append(at)
    shared = sorted((row for row in alike.items() if len(row[1]) > 1), key=_most)
    places = [0] * len(mine)
    place = 0
    for _, members in reversed(shared):
        last: float | None = None
        for at in sorted(members, key=lambda at: _goodness(mine[at])):
            if (good := _goodness(mine[at])) != last:
                place, last = place + 1, good
            places[at] = place
    return places


def _most(row: tuple[tuple[str, ...], list[int]]) -> tuple[int, tuple[str, ...]]:
    return -len(row[1]), row[0]


def _goodness(each: Measure | None) -> float:
    return 0.0 if each is None else each.goodness


def folded(text: str) -> str:
    """A text by which two that people take for the same are found to be so."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _bare(name: str, unit: str) -> str:
    """A metric's name without marks between its words, and without the unit that it repeats."""
    text = unicodedata.normalize("NFKC", name).replace("_", " ")
    if unit and (found := re.search(rf"(?i)(?<=\s){re.escape(unit)}(?!\w)", text)):
        text = text[: found.start()] + text[found.end() :]
    return " ".join(text.split())


def _named(text: str) -> tuple[Known | None, str]:
    """What a metric is, and how people say it.

    A known name counts where it stands first, behind words that only qualify it, and what follows
    only says of what: `max_absolute_error` is an error, `accuracy_loss` is no accuracy.
    """
    spans = [(each[0].casefold(), each.end()) for each in _WORD.finditer(text)]
    words = [word for word, _ in spans]
    start = 0
    while start <= len(words):
        for end in range(len(words), start, -1):
            known = KNOWN.get("".join(words[start:end]))
            if known and (end == len(words) or _only_says_of_what(words[end])):
                rest = text[spans[end - 1][1] :].strip(" -_()")
                said = " ".join((*words[:start], known.inner if start else known.label))
                return known, f"{_first_large(said)} {rest}".strip()
        if start == len(words) or not _only_qualifies(words[start]):
            break
        start += 1
    return None, _first_large(text)


def _first_large(text: str) -> str:
    word = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if word == word.lower() else text


def _only_qualifies(word: str) -> bool:
    return word in QUALIFIERS or re.fullmatch(r"(top)?\d+", word) is not None


def _only_says_of_what(word: str) -> bool:
    return word in TAILS or re.fullmatch(r"p?\d+", word) is not None


def _scale(head: Known | None, value: float, unit: str) -> tuple[str, float, str]:
    """The scale, what to take the value times, and the unit that is left."""
    if unit.casefold() in _PERCENT:
        return SHARE, 0.01, ""
    if unit or head is None or not head.scale:
        return FREE, 1.0, unit
    if 0 <= value <= 1:
        return head.scale, 1.0, ""
    # Above 1 only percent can be meant, where it is near enough to no rounding of 1.
    return (head.scale, 0.01, "") if 1.5 < value <= 100 else (FREE, 1.0, "")
