"""A module that brings a model says how good it is.

Why:
    Readers choose by it, and cannot tell otherwise.
Mend:
    Add `metrics`, measured on data that the model was not trained on.
Bad:
    model: {path: model.tar.gz}
Good:
    metrics:
      - {dataset: Iris, split: test, name: accuracy, value: 0.956}
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "metric/missing", UnitKind.MODULE, severity=Severity.HINT, needs="model")
def missing(view: View) -> Iterator[Flaw]:
    """Whether there are some."""
    if not view.data.get("metrics"):
        hint = "add a value with its data set, split and name"
        yield Flaw(view.place("metrics"), "no metric says how good the model is", hint)
