"""The column of filters on the catalog's page, complete at build time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deepcat_site.text import Text
from deepcat_site.views import lists
from deepcat_site.views.facets import FACETS, FLAGS

# Values of a filter that are shown before somebody asks for more, and those that a page holds.
FEW, MOST = 8, 60
# What nearly everybody chooses by.
_OPEN = ("task", "data", "license", "size", "gpu")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter.

    Attributes:
        value: as addresses have it.
        words: as people read it.
        count: how many modules have it.
        address: of the list of these modules; empty where there is none.
    """

    value: str
    words: str
    count: int
    address: str = ""

    @property
    def feed(self) -> str:
        """The path of the feed of these modules; empty where there is none."""
        return lists.feed_of(self.address)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter.

    Attributes:
        key: as addresses have it.
        label: its name.
        choices: most first.
        more: how many are shown only when asked for.
        is_open: whether it is open on a wide screen.
    """

    key: str
    label: str
    choices: tuple[Choice, ...]
    more: int
    is_open: bool


def flags(counts: lists.Counts, text: Text) -> list[Filter]:
    """What a module is or is not."""
    found = []
    for key in FLAGS:
        label = str(text.browser.facet[key])
        choices = tuple(Choice(value, label, count) for value, count in counts[key])
        if choices:
            found.append(Filter(key, label, choices, 0, True))
    return found


def filters(counts: lists.Counts, text: Text) -> Iterator[Filter]:
    """All others that have a value."""
    for key in FACETS:
        if key in FLAGS or not counts[key]:
            continue
        names = lists.slugs(counts[key]) if key in lists.KEYS else {}
        choices = tuple(
            Choice(
                value,
                lists.words(key, value, text),
                count,
                f"modules/by/{key}/{names[value]}/" if value in names else "",
            )
            for value, count in counts[key][:MOST]
        )
        label = str(text.browser.facet[key])
        yield Filter(key, label, choices, max(0, len(choices) - FEW), key in _OPEN)
