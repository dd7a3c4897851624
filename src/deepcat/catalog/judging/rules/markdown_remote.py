"""Pictures in Markdown lie in the module's folder.

Why:
    The website asks no other server for anything, so that nobody can watch its readers. A picture
    from elsewhere is shown as a link.
Mend:
    Put the picture into the folder, and link to it by its path.
Bad:
    ![Curve](https://example.org/curve.png)
Good:
    ![Curve](curve.png)
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.prose import Page, judge_pages
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "markdown/remote", UnitKind.MODULE, severity=Severity.HINT)
def remote(view: View) -> Iterator[Flaw]:
    """Every picture of every page."""
    yield from judge_pages(view, _flaws)


def _flaws(page: Page) -> Iterator[Flaw]:
    for link in page.links:
        far = link.scheme in {"http", "https"} or link.target.startswith("//")
        if link.image and far:
            message = "a picture from elsewhere is shown as a link only"
            yield Flaw(page.place(link.offset), message, "put it into the module's folder")
