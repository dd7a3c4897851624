"""Where one of several keys is due, exactly one is given.

Why:
    With two, nobody can say which one counts; with none, there is nothing to use.
Mend:
    Keep one of the keys that the finding names.
Bad:
    model:
      format: tensorflow-savedmodel
      path: model.tar.gz
      source: https://example.org/model.tar.gz
Good:
    model:
      format: tensorflow-savedmodel
      path: model.tar.gz
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation
from deepcat.catalog.wording import listed


@schema_rule(__doc__, "schema/choice")
def choice(violation: Violation) -> Iterator[Flaw]:
    """Name the keys and how many of them are there."""
    keys = [key for option in violation.limit for key in option.get("required", ())]
    if not keys or not isinstance(violation.value, dict):
        message = f"{violation.shown} is not exactly one of the forms that it may have"
        yield Flaw(violation.document.place(violation.pointer), message, violation.hint)
        return
    given = [key for key in keys if key in violation.value]
    place = violation.document.place(
        (*violation.pointer, given[-1]) if given else violation.pointer
    )
    if given:
        yield Flaw(place, f"both {listed(given)} are given", "keep one of them")
    else:
        yield Flaw(place, f"one of {listed(keys)} is missing", "add one of them")
