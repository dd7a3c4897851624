"""An ORCID has the right check digit.

Why:
    The last digit is computed from the others; when it does not fit, a digit was mistyped and the
    link leads to nobody, or to someone else.
Mend:
    Copy the identifier from the author's ORCID page.
Bad:
    orcid: 0000-0002-1825-0098
Good:
    orcid: 0000-0002-1825-0097
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "module/orcid", UnitKind.MODULE, needs="authors")
def orcid(view: View) -> Iterator[Flaw]:
    """Every author's."""
    for pointer, author in view.each("authors"):
        text = author.get("orcid")
        if text and _check_digit(text[-19:-1]) != text[-1]:
            message = f"{shown(text)} is no ORCID: its check digit does not fit"
            hint = "copy it from the author's ORCID page"
            yield Flaw(view.place(*pointer, "orcid"), message, hint)


def _check_digit(digits: str) -> str:
    """ISO 7064's MOD 11-2."""
    total = 0
    for digit in digits.replace("-", ""):
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)
