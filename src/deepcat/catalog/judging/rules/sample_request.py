"""A sample's request fits the model's signature: names, types, shapes, rows or columns, base64.

Why:
    The server would refuse it, and the sample could never pass.
Mend:
    The finding names the value and what is due. Rows are `{"instances": [row, …]}`, columns are
    `{"inputs": {name: values}}`; bytes are `{"b64": "…"}`.
Bad:
    # x: float32, shape [-1, 4]
    request: {instances: [[5.1, 3.5, 1.4]]}
Good:
    request: {instances: [[5.1, 3.5, 1.4, 0.2]]}
"""

from collections.abc import Iterator
from itertools import islice

from deepcat.catalog.judging.rest_bodies import request_faults
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.samples import read_body, signed
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

_MOST = 10


@unit_rule(__doc__, "sample/request", UnitKind.MODULE, needs="samples")
def request(view: View) -> Iterator[Flaw]:
    """Every sample whose signature is known."""
    for pointer, sample, signature in signed(view):
        body = read_body(view, pointer, sample, "request")
        if body.data is not None:
            faults = request_faults(sample["method"], body.data, signature)
            for inner, fault in islice(faults, _MOST):
                hint = "see `model.signature` for what is due"
                yield Flaw(body.place(inner), f"the request will be refused: {fault}", hint)
