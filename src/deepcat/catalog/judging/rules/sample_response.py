"""A sample's response is what the model's signature can give.

Why:
    An expected answer of another shape could never be met, and the deployment would always fail.
Mend:
    Ask the model and write down its answer: `deepcat predict NAME --data FILE
    --save-sample NAME`.
Bad:
    request: {instances: [1.0, 2.0]}
    response: {predictions: [2.5]}
Good:
    request: {instances: [1.0, 2.0]}
    response: {predictions: [2.5, 3.0]}
"""

from collections.abc import Iterator
from itertools import islice

from deepcat.catalog.judging.rest_bodies import response_faults
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.samples import read_body, signed
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

_MOST = 10


@unit_rule(__doc__, "sample/response", UnitKind.MODULE, needs="samples")
def response(view: View) -> Iterator[Flaw]:
    """Every sample whose signature is known."""
    for pointer, sample, signature in signed(view):
        asked = read_body(view, pointer, sample, "request").data or {}
        body = read_body(view, pointer, sample, "response")
        if body.data is not None:
            faults = response_faults(sample["method"], asked, body.data, signature)
            for inner, fault in islice(faults, _MOST):
                hint = "ask the model, and write down its answer"
                yield Flaw(body.place(inner), f"the model cannot answer this: {fault}", hint)
