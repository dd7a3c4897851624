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

from deepcat.catalog.prose import Page, judge_pages
from deepcat.catalog.references import local_links, stays
from deepcat.catalog.rule import Flaw, unit_rule
from deepcat.catalog.units import Kind
from deepcat.catalog.view import View
from deepcat.catalog.words import nearest, shown


@unit_rule(__doc__, "markdown/missing", Kind.MODULE)
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
