"""Relative links in Markdown lead to files that are there.

Why:
    The page would show a broken picture or a dead link.
Mend:
    Correct the path, or add the file. Capitals count.
Bad:
    ![curve](Images/curve.png)
Good:
    ![The training curve](images/curve.png)
"""

from collections.abc import Iterator

from deepcat.catalog.judging.prose import Page, judge_pages
from deepcat.catalog.judging.references import local_links, stays
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@unit_rule(__doc__, "markdown/missing", UnitKind.MODULE)
def missing(view: View) -> Iterator[Flaw]:
    """Every relative link of every page."""
    yield from judge_pages(view, _flaws)


def _flaws(page: Page) -> Iterator[Flaw]:
    files = page.view.files
    for link, path in local_links(page):
        there = path in files or path == "." or any(name.startswith(f"{path}/") for name in files)
        if path and stays(path) and not there:
            likely = nearest(path, files)
            hint = f"did you mean `{likely}`?" if likely else "add the file or remove the link"
            message = f"there is no {shown(path)} in the module's folder"
            yield Flaw(page.place(link.offset), message, hint)
