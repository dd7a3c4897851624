"""A number lies within its bounds.

Why:
    A host with minus one GPU, or an availability of 99.5 where a share of 1 is meant, would mislead
    every plan.
Mend:
    Give a number within the bounds that the finding names.
Bad:
    sla: 99.5
Good:
    sla: 0.995
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation
from deepcat.catalog.wording import shown

_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
}


@schema_rule(__doc__, "schema/range")
def out_of_range(violation: Violation) -> Iterator[Flaw]:
    """Name the bound."""
    bound = _BOUNDS[violation.keyword]
    message = f"`{violation.key}` must be {bound} {violation.limit}, not {shown(violation.value)}"
    hint = f"such as {violation.example}" if violation.example else ""
    yield Flaw(violation.document.place(violation.pointer), message, hint)
