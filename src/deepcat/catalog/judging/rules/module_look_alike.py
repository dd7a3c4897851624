"""No module's name or title looks like another's that is spelt otherwise.

Why:
    Who reads `iris-c1assifier`, or a title with a Cyrillic letter in it, believes to see the module
    that they know. Names that only look the same are a way to slip in another's place.
Mend:
    Choose a name, or a title, that nobody mistakes for the other.
Bad:
    name: iris-c1assifier
Good:
    name: iris-screening
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.look_alikes import looks
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@catalog_rule(__doc__, "module/look-alike")
def look_alike(catalog: CatalogView) -> Iterator[Flaw]:
    """Every second module of one look; of two titles, the one with letters of another script."""
    listed = list(catalog.of(UnitKind.MODULE))
    names: dict[str, str] = {}
    titles: dict[str, str] = {}
    foreign = [row for row in listed if not row[1]["title"].isascii()]
    for unit, facts in listed:
        other = names.setdefault(looks(unit.name), unit.name)
        if other != unit.name:
            message = f"`{unit.name}` looks like the module `{other}`"
            yield Flaw(catalog.place(unit, "name"), message, "choose another name")
        if foreign and facts["title"].isascii():
            titles.setdefault(looks(facts["title"]), unit.name)
    for unit, facts in foreign:
        title = facts["title"]
        look = looks(title)
        other = titles.get(look) or names.get(look.replace(" ", "-")) or ""
        if look and other not in {"", unit.name}:
            message = f"the title {shown(title)} looks like that of `{other}`"
            yield Flaw(catalog.place(unit, "title"), message, "choose another title")
