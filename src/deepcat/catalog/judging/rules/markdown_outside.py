"""Relative links in Markdown stay inside the module's folder.

Why:
    The folder is all that the website takes over; what lies outside of it is not there.
Mend:
    Link to the file by its address on the forge, or move it into the folder.
Bad:
    [the other](../iris/README.md)
Good:
    [the data](data/README.md)
"""

from collections.abc import Iterator

from deepcat.catalog.judging.prose import Page, judge_pages
from deepcat.catalog.judging.references import local_links, stays
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "markdown/outside", UnitKind.MODULE)
def outside(view: View) -> Iterator[Flaw]:
    """Every relative link of every page."""
    yield from judge_pages(view, _flaws)


def _flaws(page: Page) -> Iterator[Flaw]:
    for link, path in local_links(page):
        if not stays(path):
            message = f"the link {shown(link.target)} leaves the module's folder"
            hint = "link to its address on the forge, or move the file into the folder"
            yield Flaw(page.place(link.offset), message, hint)
