"""Raw HTML in Markdown brings no looks and no names of its own.

Why:
    Styles and classes could cover the page or borrow the looks of its badges, and named elements
    could stand in for parts of its scripts. They are dropped from the page.
Mend:
    Leave the attribute out. A place to link to gets an `id`; a heading has one already.
Bad:
    <a name="results"></a><p style="color: red">Careful</p>
Good:
    <a id="results"></a>**Careful**
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.prose import Page, judge_pages
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

_DROPPED = frozenset({"style", "class", "name"})


@unit_rule(__doc__, "markdown/attribute", UnitKind.MODULE, severity=Severity.HINT)
def attribute(view: View) -> Iterator[Flaw]:
    """The first such attribute of every tag."""
    yield from judge_pages(view, _flaws)


def _flaws(page: Page) -> Iterator[Flaw]:
    for tag in page.tags:
        name = next((name for name, _ in tag.attributes if name in _DROPPED), "")
        if name:
            where = page.place(tag.offset)
            yield Flaw(where, f"`{name}` is dropped from `<{tag.name}>`", "leave it out")
