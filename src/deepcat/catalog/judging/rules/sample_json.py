"""A sample's file is a JSON object.

Why:
    It is sent to the server as it stands, and the server takes nothing else.
Mend:
    Correct the syntax at the place that the finding names.
Bad:
    {instances: [1.0]}
Good:
    {"instances": [1.0]}
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.samples import read_body
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "sample/json", UnitKind.MODULE, needs="samples")
def json(view: View) -> Iterator[Flaw]:
    """Requests and responses of every sample."""
    for pointer, sample in view.each("samples"):
        for part in ("request", "response"):
            body = read_body(view, pointer, sample, part)
            if body.fault:
                message = f"the {part} is no JSON object: {body.fault}"
                yield Flaw(body.place(), message, 'such as {"instances": [1.0]}')
