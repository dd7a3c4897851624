"""A text that has a form keeps it: a version, a date, an address, a checksum, a size.

Why:
    Programs compare versions, count days and fetch addresses; they cannot guess what was meant.
Mend:
    Write it as the hint's example shows. Dates are year-month-day, sizes have a unit.
Bad:
    version: v1
Good:
    version: 1.0.0
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation
from deepcat.catalog.wording import shown


@schema_rule(__doc__, "schema/form")
def wrong_form(violation: Violation) -> Iterator[Flaw]:
    """Say what the field means and show an example."""
    message = f"`{violation.key}` cannot be {shown(violation.value)}"
    yield Flaw(violation.document.place(violation.pointer), message, violation.hint)
