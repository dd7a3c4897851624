"""A value from a fixed list is one of that list, in its very spelling.

Why:
    Readers filter by these words; "Pytorch" beside "PyTorch" would split one thing into two.
Mend:
    Take the word of the list that the hint names, with the same capitals.
Bad:
    libraries: [Pytorch]
Good:
    libraries: [PyTorch]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation
from deepcat.catalog.wording import listed, nearest, shown


@schema_rule(__doc__, "schema/value")
def wrong_value(violation: Violation) -> Iterator[Flaw]:
    """Name the nearest allowed word, or all."""
    allowed = violation.limit if isinstance(violation.limit, list) else [violation.limit]
    likely = nearest(str(violation.value), allowed)
    hint = f"did you mean `{likely}`?" if likely else f"allowed: {listed(allowed)}"
    message = f"`{violation.key}` cannot be {shown(violation.value)}"
    yield Flaw(violation.document.place(violation.pointer), message, hint)
