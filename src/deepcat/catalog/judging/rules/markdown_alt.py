"""A picture in Markdown has a text that says what it shows.

Why:
    Readers who cannot see the picture hear the text instead, and it stands in when the picture is
    missing.
Mend:
    Say in the square brackets what the picture shows.
Bad:
    ![](curve.png)
Good:
    ![Accuracy rises to 0.97 in ten epochs](curve.png)
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.prose import Page, judge_pages
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "markdown/alt", UnitKind.MODULE, severity=Severity.HINT)
def alt(view: View) -> Iterator[Flaw]:
    """Every picture of every page."""
    yield from judge_pages(view, _flaws)


def _flaws(page: Page) -> Iterator[Flaw]:
    for link in page.links:
        if link.image and not (link.text or "").strip():
            hint = "say what it shows: `![What it shows](…)`"
            yield Flaw(page.place(link.offset), "this picture has no text", hint)
