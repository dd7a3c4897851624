"""A model says what it takes and gives.

Why:
    The page shows how to call it, the try-it form is made from it, and samples are checked against
    it.
Mend:
    Add `model.signature`; `saved_model_cli show --dir DIR --all` prints what belongs there.
Bad:
    model:
      path: model.tar.gz
Good:
    model:
      path: model.tar.gz
      signature:
        serving_default:
          method: predict
          inputs: {x: {dtype: float32, shape: [-1]}}
          outputs: {y: {dtype: float32, shape: [-1]}}
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "model/signature", UnitKind.MODULE, severity=Severity.HINT, needs="model")
def signature(view: View) -> Iterator[Flaw]:
    """Whether there is one."""
    if not view.data["model"].get("signature"):
        hint = "add `model.signature` with its inputs and outputs"
        yield Flaw(view.place("model"), "the model does not say what it takes and gives", hint)
