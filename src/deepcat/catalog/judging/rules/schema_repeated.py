"""A list of words holds each word once.

Why:
    A word that stands twice is counted twice, and is most often a slip for another word.
Mend:
    Remove the second one, or correct it.
Bad:
    tags: [plants, plants]
Good:
    tags: [plants, leaves]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, schema_rule
from deepcat.catalog.judging.schema import Violation
from deepcat.catalog.wording import shown


@schema_rule(__doc__, "schema/repeated")
def repeated(violation: Violation) -> Iterator[Flaw]:
    """Point to each word that stood before."""
    seen = set()
    for index, value in enumerate(violation.value):
        word = shown(value)
        if word in seen:
            place = violation.document.place((*violation.pointer, index))
            yield Flaw(place, f"{word} stands twice in `{violation.key}`", "remove one of them")
        seen.add(word)
