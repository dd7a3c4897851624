"""A text or list is neither empty nor longer than its bound.

Why:
    An empty title cannot be shown, and a page-long one breaks every card and list.
Mend:
    Fill it in, leave the key out where it may be left out, or shorten it and move the rest to the
    description or the README.
Bad:
    summary: ""
Good:
    summary: Halves a number and adds two.
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation


def _entries(size: int) -> str:
    return f"{size} entry" if size == 1 else f"{size} entries"


@schema_rule(__doc__, "schema/length")
def wrong_length(violation: Violation) -> Iterator[Flaw]:
    """Say how long it is and may be."""
    place = violation.document.place(violation.pointer)
    if violation.keyword == "minLength":
        hint = f"such as {violation.example}" if violation.example else "fill it in"
        yield Flaw(place, f"`{violation.key}` is empty", hint)
        return
    if violation.keyword in ("minItems", "minProperties"):
        size, least = len(violation.value), violation.limit
        message = f"`{violation.key}` has {_entries(size)}; at least {least} are needed"
        yield Flaw(place, message, f"such as {violation.example}")
        return
    unit = "characters" if violation.keyword == "maxLength" else "entries"
    size = len(violation.value)
    message = f"`{violation.key}` has {size:,} {unit}; at most {violation.limit:,} are allowed"
    yield Flaw(place, message, "shorten it")
