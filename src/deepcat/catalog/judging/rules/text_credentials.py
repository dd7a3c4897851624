"""No address holds a password, a token or a signature.

Why:
    The file is public, and so is what is made of it: whoever reads the address can act as the one
    whose password, token or signature it holds. What Git once knew, everyone can read for ever.
Mend:
    Withdraw the password or token where it was issued; let a signed address expire. Then write the
    address without it: `https://example.org/data`. `ssh://git@example.org/` and
    `git@example.org:data` name a user and hold no secret. What stands for one, such as `$TOKEN` or
    `YOUR_TOKEN`, is none.
Bad:
    links:
      source_code: https://ann:hunter2@example.org/code
Good:
    links:
      source_code: https://example.org/code
"""

from collections.abc import Iterator

from deepcat.catalog.judging.prose import Page, judge_pages
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.scan import MOST, texts
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.markdown import position
from deepcat.catalog.reading.units import UnitKind
from deepcat.secrets.addresses import leaks, may_leak

_HINT = "withdraw it where it was issued, and write the address without it"


@unit_rule(
    __doc__,
    "text/credentials",
    UnitKind.CATALOG,
    UnitKind.CLOUD,
    UnitKind.COLLECTION,
    UnitKind.DATASET,
    UnitKind.DEPLOYMENT,
    UnitKind.MODULE,
    UnitKind.STRAY,
)
def credentials(view: View) -> Iterator[Flaw]:
    """Every such address in every text; then what only a reader of YAML or HTML puts together."""
    if not may_leak(view.all_text):
        return
    found = list(_written(view))
    yield from found
    lines = {(flaw.place.path, flaw.place.line) for flaw in found}
    for flaw in (*_joined(view), *judge_pages(view, _linked)):
        if (flaw.place.path, flaw.place.line) not in lines:
            yield flaw


def _written(view: View) -> Iterator[Flaw]:
    for name in view.text_names():
        content = view.content(name)
        if content is None or not may_leak(content):
            continue
        text = content.decode(errors="replace")
        for number, leak in enumerate(leaks(text)):
            if number == MOST:
                break
            place = view.file_place(name, *position(text, leak.start))
            yield Flaw(place, f"this address holds {leak.what}", _HINT)


def _joined(view: View) -> Iterator[Flaw]:
    for pointer, text in texts(view.data):
        for leak in leaks(text):
            yield Flaw(view.place(*pointer), f"this address holds {leak.what}", _HINT)


def _linked(page: Page) -> Iterator[Flaw]:
    for link in page.links:
        for leak in leaks(link.target):
            yield Flaw(page.place(link.offset), f"this address holds {leak.what}", _HINT)
