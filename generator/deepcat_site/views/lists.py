"""Plain lists of modules by what they are: for crawlers, and without JavaScript. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deepcat_site.html.formats import file_size, list_address, slug
from deepcat_site.text import Text
from deepcat_site.views import who
from deepcat_site.views.card import Card
from deepcat_site.views.facets import CLASSES, FACETED, FACETS

KEYS = ("task", "data", "license", "size", "gpu", "library", "category")
PER_PAGE = 200
# Of authors and the like so many stand on the page of all lists, those of most modules first.
MOST_WHO = 100

# The fields of a card that say in which lists it stands, beside its name.
LISTED = frozenset({*FACETED, "authors", "organisations", "metrics"})
# Kind of list whose first page ranks its modules.
RANKED = "dataset"
_ALL = "modules/by/name/"
_DATA_SETS = f"modules/by/{RANKED}/"
_TASKS = "modules/by/task/"

Counts = Mapping[str, Sequence[tuple[str, int]]]
Makers = Mapping[str, Mapping[str, tuple[str, Sequence[Card]]]]


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
        ranked: all modules of a data set, whom its first page ranks.
        feed: path of the feed of the same modules; empty where there is none.
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
    ranked: Sequence[Card] = ()
    feed: str = ""

    def names(self) -> tuple[str, ...]:
        """All that it shows beside its cards."""
        return (self.label, self.value, f"{self.total} {self.page}/{self.pages}", self.before)

    def values(self) -> dict[str, object]:
        """For the template."""
        names = ("label", "value", "total", "page", "pages", "before", "after", "feed")
        boards = who.boards(self.ranked, self.path.removesuffix("index.html"))
        return {name: getattr(self, name) for name in names} | {"boards": boards}


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


def feed_of(address: str) -> str:
    """The path of the feed of the modules in a list at an address; empty where there is none."""
    task = address.removeprefix(_TASKS) if address.startswith(_TASKS) else ""
    return f"feeds/task/{task.partition('/')[0]}.xml" if task else ""


def words(key: str, value: str, text: Text) -> str:
    """A facet's value as people read it."""
    if key not in CLASSES:
        return value
    known = text.size if key == "size" else text.browser[key]
    if not value.isdigit():
        return str(known[value])
    top = file_size(int(value) * 1_000_000) if key == "size" else value
    return str(known.upto).replace("{n}", top)


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


def people(known: Makers, text: Text) -> list[tuple[str, str, list[tuple[str, int, str]]]]:
    """The same rows of authors, organisations and data sets, those of most modules first."""
    found = []
    for kind, groups in known.items():
        values = [(value, len(rows), path) for path, (value, rows) in groups.items()]
        values.sort(key=lambda row: (-row[1], row[0].casefold()))
        found.append((kind, str(text.facet[kind]), values[:MOST_WHO]))
    return found


def makers(cards: Sequence[Card], kinds: Iterable[str] = tuple(who.WHO)) -> Makers:
    """Authors, organisations and data sets: kind -> the list's address -> value and cards."""
    found: dict[str, dict[str, tuple[str, list[Card]]]] = {kind: {} for kind in kinds}
    for kind, groups in found.items():
        get = who.WHO[kind]
        paths: dict[str, str] = {}
        for card in cards:
            for value in get(card):
                path = paths.get(value) or paths.setdefault(value, list_address(kind, value))
                rows = groups.setdefault(path, (value, []))[1]
                if not rows or rows[-1] is not card:
                    rows.append(card)
    return found


def pages(cards: Sequence[Card], counts: Counts, known: Makers, text: Text) -> Iterator[ListPage]:
    """Every page of every list.

    Args:
        cards: sorted by name.
        counts: from `facets.facet_counts`.
        known: from `makers`.
        text: the interface's words.
    """
    yield from _paged(_ALL, str(text.lists.all), "", cards)
    for key in KEYS:
        rows: dict[str, list[Card]] = {}
        get = FACETS[key]
        for card in cards:
            for value in get(card):
                rows.setdefault(value, []).append(card)
        for value, name in slugs(counts[key]).items():
            label = str(text.facet[key])
            shown = words(key, value, text)
            yield from _paged(_of_facet(key, name), label, shown, rows[value])
    yield from pages_of(known, text)


def pages_of(known: Makers, text: Text) -> Iterator[ListPage]:
    """The pages of authors' lists and the like."""
    for kind, groups in known.items():
        for path, (value, mine) in groups.items():
            yield from _paged(path, str(text.facet[kind]), value, mine)


def ranked(card: Card) -> set[str]:
    """Addresses of the lists that say more of a module than its row: those of its data sets."""
    return {list_address(RANKED, value) for value in who.WHO[RANKED](card)}


def plain(card: Card, counts: Counts) -> list[str]:
    """Addresses of the other lists in which a module stands."""
    found = [_ALL]
    for key in KEYS:
        names = slugs(counts[key])
        found += [_of_facet(key, names[value]) for value in FACETS[key](card)]
    for kind in who.WHO:
        if kind != RANKED:
            found += [list_address(kind, value) for value in who.WHO[kind](card)]
    return list(dict.fromkeys(found))


def _of_facet(key: str, name: str) -> str:
    return f"modules/by/{key}/{name}/"


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
            cards if number == 1 and folder.startswith(_DATA_SETS) else (),
            feed_of(folder),
        )
