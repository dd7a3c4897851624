"""Links are encrypted.

Why:
    What is fetched by plain `http` can be changed by anyone on the way, and browsers refuse to mix
    it with a safe page.
Mend:
    Write `https`; nearly every server answers it.
Bad:
    links:
      source_code: http://example.org/code
Good:
    links:
      source_code: https://example.org/code
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/link", UnitKind.MODULE, severity=Severity.HINT, needs="links")
def link(view: View) -> Iterator[Flaw]:
    """Every link of the document."""
    for key, value in view.data["links"].items():
        if isinstance(value, str) and value.startswith("http://"):
            yield Flaw(view.place("links", key), f"`{key}` is not encrypted", "write `https://…`")
