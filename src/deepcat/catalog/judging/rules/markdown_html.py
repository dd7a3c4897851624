"""Markdown holds no HTML that could run or disguise something.

Why:
    Scripts, frames, forms and handlers in a README would run with the rights of the website. They
    are dropped from the page, so what they were for is lost anyway.
Mend:
    Write it in Markdown, or leave it out. Plain tags such as `<sub>` and `<details>` may stay.
Bad:
    <script src="https://example.org/x.js"></script>
Good:
    See the [live figures](https://example.org/figures).
"""

from collections.abc import Iterator

from deepcat.catalog.judging.prose import Page, judge_pages
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.judging.unsafe_html import UNSAFE_TAGS
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "markdown/html", UnitKind.MODULE)
def unsafe_html(view: View) -> Iterator[Flaw]:
    """Every such tag and handler in every page."""
    yield from judge_pages(view, _flaws)


def _flaws(page: Page) -> Iterator[Flaw]:
    for tag in page.tags:
        handlers = [key for key, _ in tag.attributes if key.startswith("on")]
        what = f"`<{tag.name}>`" if tag.name in UNSAFE_TAGS else ""
        if handlers:
            what = f"the handler `{handlers[0]}`"
        if what:
            yield Flaw(page.place(tag.offset), f"{what} is dropped from the page", "remove it")
