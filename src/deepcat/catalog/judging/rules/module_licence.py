"""The licence is an SPDX expression.

Why:
    Readers filter by licence, and programs that check whether they may use a module know SPDX's
    names only.
Mend:
    Take the identifier from the SPDX list, such as `Apache-2.0`, `MIT` or `CC-BY-4.0`; join several
    by `AND` or `OR`; write `LicenseRef-…` for one of your own, and `NOASSERTION` if nobody knows.
Bad:
    license: Apache 2.0
Good:
    license: Apache-2.0
"""

from collections.abc import Iterator

from deepcat.catalog.judging.licences import fault
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/licence", UnitKind.MODULE, needs="license")
def licence(view: View) -> Iterator[Flaw]:
    """The expression and every name in it."""
    message, hint = fault(view.data["license"])
    if message:
        yield Flaw(view.place("license"), message, hint)
