"""What every part of the website is given: what is shown, and how to write it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

from deepcat.records.history import instant
from deepcat_site import text
from deepcat_site.html.assets import Assets
from deepcat_site.html.frame import Frame
from deepcat_site.manifest import Entries, Entry
from deepcat_site.pages.keys import Keys
from deepcat_site.rows import Rows
from deepcat_site.theme.rendering import Written
from deepcat_site.values import Source
from deepcat_site.views import facets
from deepcat_site.views.card import Card
from deepcat_site.views.forge import Forge
from deepcat_site.views.place import origin, place
from deepcat_site.views.shown import Shown, facts
from deepcat_site.write import Output

Row = TypeVar("Row")
Thing = TypeVar("Thing")


class Site:
    """One build, as a part sees it.

    Attributes:
        source: everything that is shown.
        frame: makes whole pages.
        output: the folder that is written.
        entries: all modules.
        written: the hand-written pages.
        assets: what pages load.
        rows: what each module is found by.
        last: all modules as the last build knew them.
        places: all deployments, by name.
        keys: what parts look at.
        forge: makes links to the repository.
        text: the interface's words.
        addresses: of the pages that this part made, for the sitemap.
        parts: path -> key, of files that this part makes one by one; and what it keeps by `kept`.
        before: `parts` of the last build.
    """

    def __init__(
        self, source: Source, frame: Frame, output: Output, entries: Entries,
        written: Written, assets: Assets, rows: Rows, last: Mapping[str, Entry],
    ) -> None:  # fmt: skip
        self.source = source
        self.frame = frame
        self.output = output
        self.entries = entries
        self.written = written
        self.assets = assets
        self.rows = rows
        self.last = last
        self.places = [place(record) for _, record in sorted(source.records.items())]
        self.keys = Keys(source, entries, self.places)
        self.forge = Forge.of(source.settings)
        self.text = text.load()
        self.addresses: list[str] = []
        self.parts: dict[str, str] = {}
        self.before: Mapping[str, str] = {}

    @cached_property
    def cards(self) -> list[Card]:
        """Of all modules, sorted by name."""
        return list(self.entries.cards.values())

    @cached_property
    def counts(self) -> dict[str, list[tuple[str, int]]]:
        """How many modules each facet's values have."""
        return facets.facet_counts(self.cards)

    @cached_property
    def changed(self) -> frozenset[str] | None:
        """In which fields any card differs from the last build's.

        None where a module came or went, or all was made anew.
        """
        if self.last.keys() != self.entries.keys() or len(self.rows.made) == len(self.last):
            return None
        found: set[str] = set()
        for name in self.rows.made:
            was, now = self.last[name].parsed(), self.entries[name].parsed()
            pairs = zip(Card._fields, was, now, strict=True)
            found.update(field for field, old, new in pairs if old != new)
        return frozenset(found)

    def is_same(self, fields: Iterable[str]) -> bool:
        """Whether every module's card says in these fields what it said in the last build."""
        return self.changed is not None and self.changed.isdisjoint(fields)

    def kept(self, name: str, fields: Iterable[str], work: Callable[[], Thing]) -> Thing:
        """What follows from some fields of all cards: found by the last build, or worked out.

        It is kept in `parts`, so it is made of what JSON keeps; the step looks at all cards.
        """
        is_known = name in self.before and self.is_same(fields)
        found: Thing = json.loads(self.before[name]) if is_known else work()
        self.parts[name] = json.dumps(found)
        return found

    def shown(self, cards: Iterable[Card]) -> list[Shown]:
        """Cards with all that their template needs."""
        return [
            Shown(card, facts(card, self.text), self.entries[card.name].shown()) for card in cards
        ]

    def page(self, path: str, template: str, title: str, **values: object) -> None:
        """Write one page, and have it in the sitemap."""
        self.list_page(path)
        content = self.frame.page(path, template, title=title, **values)  # type: ignore[arg-type]
        self.output.put(path, content)

    def list_page(self, path: str) -> None:
        """Have a page in the sitemap."""
        self.addresses.append(path.removesuffix("index.html"))

    def origins(self) -> list[str]:
        """Where deployments answer, as pages may call them."""
        return sorted({origin(p.rest) for p in self.places if p.rest})

    @property
    def seen(self) -> str:
        """The same as pages say it; empty where nothing is known of deployments."""
        return self.until().isoformat() if self.source.records else ""

    def until(self) -> datetime:
        """The instant that pages of deployments speak of."""
        texts = [self.source.now] if self.source.now else [p.updated for p in self.places]
        found = [at for each in texts if (at := instant(each))]
        return max(found, default=datetime(1970, 1, 1, tzinfo=UTC))


def paged(rows: Sequence[Row], most: int) -> Iterator[tuple[int, int, Sequence[Row]]]:
    """Each page's number, how many pages there are, and its rows; one page where there are none."""
    pages = max(1, -(-len(rows) // most))
    for number in range(1, pages + 1):
        yield number, pages, rows[(number - 1) * most : number * most]
