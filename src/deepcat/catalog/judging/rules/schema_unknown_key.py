"""Every key is one that the schema knows, or begins with `x-`.

Why:
    A misspelt key would otherwise be passed over in silence, and what you wrote would have no
    effect.
Mend:
    Correct the spelling, or put `x-` before a key of your own: deepcat keeps it and does not read
    it.
Bad:
    licence: Apache-2.0
Good:
    license: Apache-2.0
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation
from deepcat.catalog.wording import listed, nearest, shown


@schema_rule(__doc__, "schema/unknown-key")
def unknown_key(violation: Violation) -> Iterator[Flaw]:
    """Name the key and the known one that is nearest."""
    known = violation.field.get("properties", {})
    key = str(violation.pointer[-1])
    likely = nearest(key, known)
    hint = f"did you mean `{likely}`?" if likely else f"known here: {listed(known)}."
    place = violation.document.place(violation.pointer)
    yield Flaw(place, f"the key {shown(key)} is not known here", f"{hint} Own keys begin with `x-`")
