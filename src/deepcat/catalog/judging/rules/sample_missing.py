"""A module that serves a model brings samples.

Why:
    Samples prove every deployment, show readers how to call the model, and fill the try-it form.
Mend:
    Add `samples`, each with a request and the answer that the model gives. A long body is a file of
    the module's folder, which `request_file` or `response_file` names. `deepcat predict NAME
    --data FILE --save-sample NAME` makes a sample of what a deployment answers.
Bad:
    model: {path: model.tar.gz}
Good:
    samples:
      - name: three numbers
        method: predict
        request: {instances: [1.0, 2.0, 5.0]}
        response: {predictions: [2.5, 3.0, 4.5]}
      - name: a photograph
        method: predict
        request_file: samples/photograph.request.json
        response_file: samples/photograph.response.json
        tolerance: 0.001
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "sample/missing", UnitKind.MODULE, severity=Severity.HINT, needs="model")
def missing(view: View) -> Iterator[Flaw]:
    """Whether there are some."""
    if not view.data.get("samples"):
        hint = "add a request with the answer that the model gives"
        yield Flaw(view.place("samples"), "no sample proves the model", hint)
