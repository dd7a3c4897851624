"""A metric stands once for each data set and split.

Why:
    Of two values for one thing, a reader cannot tell which one holds.
Mend:
    Remove one of the two, or say what sets it apart in `dataset`, `split` or `name`.
Bad:
    - {dataset: Iris, split: test, name: accuracy, value: 0.95}
    - {dataset: Iris, split: test, name: accuracy, value: 0.96}
Good:
    - {dataset: Iris, split: validation, name: accuracy, value: 0.95}
    - {dataset: Iris, split: test, name: accuracy, value: 0.96}
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "metric/repeated", UnitKind.MODULE, needs="metrics")
def repeated(view: View) -> Iterator[Flaw]:
    """Every second metric of one data set, split and name."""
    seen = set()
    for pointer, metric in view.each("metrics"):
        key = tuple(metric.get(part) for part in ("dataset", "split", "name"))
        if key in seen and None not in key:
            message = f"{shown(metric['name'])} stands twice for this data set and split"
            yield Flaw(view.place(*pointer), message, "remove one of the two")
        seen.add(key)
