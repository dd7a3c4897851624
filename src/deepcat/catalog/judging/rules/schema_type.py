"""Every value is of the type that its key asks for.

Why:
    Text where a number is due, or a list where a mapping is due, cannot be understood.
Mend:
    Write the value as the hint's example shows. Quote numbers that are meant as text, such as
    versions with one dot.
Bad:
    tags: digits
Good:
    tags: [digits]
"""

import math
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation
from deepcat.catalog.wording import shown

_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "empty",
}


@schema_rule(__doc__, "schema/type")
def wrong_type(violation: Violation) -> Iterator[Flaw]:
    """Say what stands there and what should."""
    due = violation.limit if isinstance(violation.limit, list) else [violation.limit]
    names = " or ".join(_NAMES.get(str(name), str(name)) for name in due)
    message = f"{violation.shown} must be {names}, not {_kind(violation.value)}"
    hint = f"such as {violation.example}" if violation.example else "begin with `apiVersion: …`"
    if "string" in due and isinstance(violation.value, int | float | bool):
        hint = f'quote it: "{shown(violation.value)[1:-1]}"'
    if "array" in due and isinstance(violation.value, str):
        hint = f"write a list: [{shown(violation.value)[1:-1]}]"
    yield Flaw(violation.document.place(violation.pointer), message, hint)


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, float) and not math.isfinite(value):
        return shown(value)
    kind = "text" if isinstance(value, str) else "a number"
    return f"{'a truth value' if isinstance(value, bool) else kind} {shown(value)}"
