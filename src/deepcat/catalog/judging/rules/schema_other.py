"""A value keeps whatever else the schema asks of it.

Why:
    A schema may ask for what no other rule has words for; what breaks it is a mistake all the same.
Mend:
    Hold the value against the part of the schema that the finding shows.
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation
from deepcat.catalog.wording import shown


@schema_rule(__doc__, "schema/other")
def other(violation: Violation) -> Iterator[Flaw]:
    """Show the keyword, and what it asks for."""
    asked = "" if violation.limit is None else f" {shown(violation.limit)}"
    message = f"{violation.shown} breaks `{violation.keyword}`{asked} of its schema"
    yield Flaw(violation.document.place(violation.pointer), message, violation.hint)
