"""A sample's files are in the module's folder.

Why:
    Every deployment is proved by the samples; what is not there proves nothing.
Mend:
    Correct the path, or add the file.
Bad:
    request_file: sample/one.json
Good:
    request_file: samples/one.request.json
"""

from collections.abc import Iterator

from deepcat.catalog.judging.references import file_flaws
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "sample/file", UnitKind.MODULE, needs="samples")
def file(view: View) -> Iterator[Flaw]:
    """Requests and responses of every sample."""
    for pointer, sample in view.each("samples"):
        for key in ("request_file", "response_file"):
            if key in sample:
                yield from file_flaws(view, sample[key], *pointer, key)
