"""A card as it is shown: in lists, feeds and frames of other websites the same few facts. Pure."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from deepcat_site.html import formats
from deepcat_site.text import Text
from deepcat_site.views.card import Card
from deepcat_site.views.measures import Measure


class Fact(NamedTuple):
    """One thing that people choose by.

    Attributes:
        kind: of which there is one icon and one colour.
        label: what it is, for those who do not see the icon.
        words: what it says.
        more: what else there is to it; may be empty.
    """

    kind: str
    label: str
    words: str
    more: str = ""


class Shown(NamedTuple):
    """A card with all that its template needs.

    Attributes:
        card: the module's.
        facts: from `facts`.
        drawn: its first sample, drawn; empty where it has a picture or nothing can be drawn.
    """

    card: Card
    facts: tuple[Fact, ...]
    drawn: Markup


def facts(card: Card, text: Text) -> tuple[Fact, ...]:
    """All that is known: what was measured, licence, size, needs, when proved, what runs."""
    t = text.browser.card
    found = [
        *_measured(card.measure, text),
        Fact("license", t.license, card.license or t.no_license),
        *_size(card, text),
        _needs(card, text),
    ]
    if card.proved:
        found.append(Fact("proved", t.proved, card.proved, t.proved_more))
    if card.runs:
        found.append(Fact("runs", t.runs, t.run_now.counted(card.runs)))
    if card.deprecated:
        found.append(Fact("old", t.old, text.browser.badge.deprecated))
    return tuple(found)


def sentence(card: Card, text: Text) -> str:
    """The same as one line of text."""
    return " · ".join(_said(fact) for fact in facts(card, text))


def _said(fact: Fact) -> str:
    if fact.kind == "metric":
        return f"{fact.words} ({fact.more})"
    return f"{fact.label} {fact.words}" if fact.kind == "proved" else fact.words


def _measured(measure: Measure | None, text: Text) -> list[Fact]:
    if measure is None:
        return []
    better = f", {text.browser.metric[measure.direction]}" if measure.direction else ""
    split = f", {measure.split}" if measure.split else ""
    return [
        Fact(
            "metric",
            text.browser.card.metric,
            f"{measure.label} {measure.words}",
            f"{measure.dataset}{split}{better}",
        )
    ]


def _size(card: Card, text: Text) -> list[Fact]:
    if card.size == 0:
        return []
    words = formats.file_size(card.size) if card.size > 0 else text.browser.card.no_size
    return [Fact("size", text.browser.card.size, words)]


def _needs(card: Card, text: Text) -> Fact:
    t = text.browser.card
    if card.gpu_MiB:
        size = formats.size(card.gpu_MiB) if card.gpu_MiB > 0 else ""
        chip = t.gpu_of.format(n=size) if size else t.gpu
    else:
        chip = t.cpu if card.says_needs else t.no_needs
    memory = [formats.size(card.memory_MiB)] if card.memory_MiB else []
    return Fact("gpu" if card.gpu_MiB else "cpu", t.needs, ", ".join([chip, *memory]))
