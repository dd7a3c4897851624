"""Every key that the schema asks for is there.

Why:
    Cards, search, plans and exports rely on these keys; without one of them the file cannot be
    shown or run.
Mend:
    Add the key. The hint gives an example, and the schema reference describes each key.
Bad:
    apiVersion: deepcat/v1
    profile: serve
Good:
    apiVersion: deepcat/v1
    module: half-plus-two
    profile: serve
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation


@schema_rule(__doc__, "schema/missing-key")
def missing_key(violation: Violation) -> Iterator[Flaw]:
    """Name the key and how it looks."""
    place = violation.document.place(violation.pointer[:-1])
    what = str(violation.field.get("description", "")).rstrip(".")
    hint = f"add `{violation.key}: {violation.example}` ({what[:1].lower()}{what[1:]})"
    yield Flaw(place, f"the key `{violation.key}` is missing", hint)
