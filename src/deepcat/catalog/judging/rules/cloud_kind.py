"""The kind of a cloud is one that an installed package knows.

Why:
    A kind is a package that knows how to reach such clouds, what they have and what they can run.
    Without it nothing can be planned there; the website shows the cloud all the same.
Mend:
    Correct the word, or install the package that brings the kind. One that is installed and cannot
    be used says why.
Bad:
    kind: locl
Good:
    kind: local
"""

from collections.abc import Iterator

from deepcat.catalog import cloud_kinds
from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.cloud_schema import why_unusable
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import listed, nearest, shown


@unit_rule(__doc__, "cloud/kind", UnitKind.CLOUD, severity=Severity.HINT, needs="kind")
def kind(view: View) -> Iterator[Flaw]:
    """Nothing can be run on a cloud of a kind that is not to be had."""
    name = view.data["kind"]
    found = cloud_kinds.installed(name)
    place = view.place("kind")
    if found is None:
        known = cloud_kinds.names()
        likely = nearest(name, known)
        hint = f"did you mean `{likely}`?" if likely else f"known here: {listed(known)}"
        message = f"nothing here knows the kind of cloud {shown(name)}, so nothing can run there"
        if name in view.data:
            message += f", and what its section {shown(name)} says is not judged"
        yield Flaw(place, message, hint)
    elif why := why_unusable(found):
        yield Flaw(place, why, "install another version of the package, or tell its authors")
