"""No name or title holds letters that pass for those of another script.

Why:
    A Cyrillic `а` looks like a Latin `a`: readers take one name for another, and no search finds
    what they type. Text wholly of another script, also beside Latin words, is no finding, nor are
    Chinese, Japanese and Korean words with Latin letters, or Greek ones that are symbols.
Mend:
    Type the word anew with one keyboard; the finding names the letters.
Bad:
    title: "D\\u0435\\u0435pcat's classifier"
Good:
    title: Deepcat's classifier
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.look_alikes import disguises
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.scan import texts
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

_KINDS = (
    UnitKind.CATALOG,
    UnitKind.CLOUD,
    UnitKind.COLLECTION,
    UnitKind.DATASET,
    UnitKind.DEPLOYMENT,
    UnitKind.MODULE,
)
_FIELDS = (
    *("title", "summary", "tags", "authors", "maintainers", "owner", "groups", "contact"),
    *("samples", "metrics"),
)
_NOT_NAMES = frozenset({"request", "response", "orcid", "email"})


@unit_rule(__doc__, "text/look-alike", *_KINDS, severity=Severity.HINT)
def look_alike(view: View) -> Iterator[Flaw]:
    """What is odd in every name, title, keyword and sentence about the unit."""
    if view.is_plain:
        return
    for field in _FIELDS:
        for pointer, text in texts(view.data.get(field), _NOT_NAMES, (field,)):
            for said in disguises(text):
                yield Flaw(view.place(*pointer), said, "type it anew with one keyboard")
