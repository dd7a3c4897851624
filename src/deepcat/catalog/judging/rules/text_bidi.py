"""No text turns its direction by hidden marks.

Why:
    Characters such as U+202E make a reader see another order than a program does; reviewers have
    been deceived that way. Text of languages written from right to left needs none of them.
Mend:
    Remove the character at the place that the finding names.
Bad:
    title: "Safe \\u202eledom"
Good:
    title: Safe model
"""

import re
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.scan import scan_odd
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

# The characters themselves, and how YAML and JSON spell them.
_BIDI = re.compile(
    r"[\u202a-\u202e\u2066-\u2069]|\\u(?:202[a-eA-E]|206[6-9])|\\U0000(?:202[a-eA-E]|206[6-9])"
)


@unit_rule(
    __doc__,
    "text/bidi",
    UnitKind.CATALOG,
    UnitKind.CLOUD,
    UnitKind.COLLECTION,
    UnitKind.DATASET,
    UnitKind.DEPLOYMENT,
    UnitKind.MODULE,
)
def bidi(view: View) -> Iterator[Flaw]:
    """Every such character in every text."""
    for name, found, line, column in scan_odd(view, _BIDI):
        spelt = found[0] if len(found[0]) > 1 else f"U+{ord(found[0]):04X}"
        place = view.file_place(name, line, column)
        yield Flaw(place, f"the hidden character {spelt} turns the text's direction", "remove it")
