"""Of a model in two forms, it is known which one serves.

Why:
    LiteRT starts sooner and takes less memory than TensorFlow, but may answer otherwise; so it
    serves `model.tflite` only where that answers the samples as they expect.
Mend:
    Nothing, where the form that the finding names is the one that you mean. Give the module samples
    with what is expected, and `deepcat serve --check DIR --about FILE` tries both; or pack but one.
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.models import contents
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.served import chosen
from deepcat.catalog.reading.units import UnitKind

_ANSWERS = ("response", "response_file")


@unit_rule(__doc__, "model/form", UnitKind.MODULE, severity=Severity.HINT, needs="model")
def form(view: View) -> Iterator[Flaw]:
    """Which form will serve, and why."""
    found = contents(view)
    samples = view.data.get("samples") or ()
    has_samples = any(answer in sample for sample in samples for answer in _ANSWERS)
    if found is not None and (said := chosen(found, has_samples=has_samples)):
        hint = "the samples' review tries both" if has_samples else "add samples with a response"
        yield Flaw(view.place("model", "path"), said, hint)
