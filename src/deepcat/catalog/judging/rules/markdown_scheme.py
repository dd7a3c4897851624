"""Links in Markdown lead to pages, files or mailboxes, and run nothing.

Why:
    A `javascript:` link runs in the reader's browser, a `data:` link can be a whole page of someone
    else's, a `file:` link points into the reader's own machine.
Mend:
    Link to a page.
Bad:
    [click](javascript:alert(1))
Good:
    [click](https://example.org/)
"""

from collections.abc import Iterator

from deepcat.catalog.judging.prose import Page, judge_pages
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

_ALLOWED = {"", "http", "https", "mailto", "doi"}


@unit_rule(__doc__, "markdown/scheme", UnitKind.MODULE)
def scheme(view: View) -> Iterator[Flaw]:
    """Every link of every page."""
    yield from judge_pages(view, _flaws)


def _flaws(page: Page) -> Iterator[Flaw]:
    for link in page.links:
        if link.scheme not in _ALLOWED:
            message = f"the link {shown(link.target)} is dropped from the page"
            yield Flaw(page.place(link.offset), message, "link to a page with `https://…`")
