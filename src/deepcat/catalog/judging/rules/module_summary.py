"""A summary is one or two sentences that say more than the title.

Why:
    It stands on the module's card and in search results, where about 160 characters are seen.
Mend:
    Say what goes in and what comes out; move the rest to the description.
Bad:
    title: Iris classifier
    summary: Iris classifier
Good:
    title: Iris classifier
    summary: Names the species of an iris from four lengths of its flower.
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

_LONGEST = 200


@unit_rule(__doc__, "module/summary", UnitKind.MODULE, severity=Severity.HINT, needs="summary")
def summary(view: View) -> Iterator[Flaw]:
    """Its length, and whether it only repeats the title."""
    text = view.data["summary"].strip()
    if len(text) > _LONGEST:
        message = f"the summary has {len(text)} characters; cards show about 160"
        yield Flaw(view.place("summary"), message, "move the rest to the description")
    elif text.casefold().rstrip(".") == view.data.get("title", "").strip().casefold():
        yield Flaw(
            view.place("summary"), "the summary repeats the title", "say what the module does"
        )
