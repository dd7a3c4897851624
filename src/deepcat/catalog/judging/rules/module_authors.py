"""A module names its authors.

Why:
    A model without authors cannot be cited, and nobody answers for it.
Mend:
    Add `authors`, each with a name, and an ORCID where there is one.
Bad:
    title: Iris classifier
Good:
    title: Iris classifier
    authors:
      - name: Ada Lovelace
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/authors", UnitKind.MODULE, severity=Severity.HINT, needs="title")
def authors(view: View) -> Iterator[Flaw]:
    """Whether there are some."""
    if not view.data.get("authors"):
        yield Flaw(view.place("authors"), "no author is named", "add `authors` with their names")
