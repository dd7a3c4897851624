"""A data set says what others may do with it.

Why:
    Who trains with it, and who uses the model, has to know.
Mend:
    Give the SPDX identifier of its licence.
Bad:
    title: Handwritten digits
Good:
    title: Handwritten digits
    license: CC-BY-4.0
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "dataset/licence", UnitKind.DATASET, severity=Severity.HINT)
def licence(view: View) -> Iterator[Flaw]:
    """The key."""
    if "license" not in view.data:
        hint = "give its SPDX identifier, such as `license: CC-BY-4.0`"
        yield Flaw(view.place(), "the data set says nothing of its licence", hint)
