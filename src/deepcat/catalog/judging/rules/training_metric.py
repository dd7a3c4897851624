"""The metric by which a module's trainings are compared is one of its metrics.

Why:
    Of a metric that the module does not name, nobody knows which way is better.
Mend:
    Name one of `metrics`, or add it there.
Bad:
    training: {command: python train.py, metric: acuracy}
    metrics: [{name: accuracy, value: 0.98}]
Good:
    training: {command: python train.py, metric: accuracy}
    metrics: [{name: accuracy, value: 0.98}]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import listed, nearest, shown


@unit_rule(__doc__, "training/metric", UnitKind.MODULE, needs="training")
def metric(view: View) -> Iterator[Flaw]:
    """A metric that is none of the module's."""
    name = view.data["training"].get("metric")
    known = [each.get("name") for _, each in view.each("metrics")]
    if name is None or name in known:
        return
    names = [str(each) for each in dict.fromkeys(known) if each]
    likely = nearest(name, names)
    hint = f"did you mean `{likely}`?" if likely else f"there is: {listed(names)}"
    place = view.place("training", "metric")
    yield Flaw(place, f"{shown(name)} is none of the module's metrics", hint if names else "add it")
