"""A metric is a number, and stands once for each data set and split.

Why:
    Not-a-number cannot be sorted or drawn, and of two values for one thing one is wrong.
Mend:
    Measure again, or remove one of the two.
Bad:
    - {dataset: Iris, split: test, name: accuracy, value: .nan}
Good:
    - {dataset: Iris, split: test, name: accuracy, value: 0.956}
"""

import math
from collections.abc import Iterator

from deepcat.catalog.rule import Flaw, unit_rule
from deepcat.catalog.units import Kind
from deepcat.catalog.view import View
from deepcat.catalog.words import shown


@unit_rule(__doc__, "metric/value", Kind.MODULE, needs="metrics")
def value(view: View) -> Iterator[Flaw]:
    """Every metric."""
    seen = set()
    for pointer, metric in view.each("metrics"):
        number = metric.get("value", 0)
        if not math.isfinite(number):
            message = f"{shown(str(number))} is no value"
            yield Flaw(view.place(*pointer, "value"), message, "measure again, or leave it out")
        key = tuple(metric.get(part) for part in ("dataset", "split", "name"))
        if key in seen and None not in key:
            message = f"{shown(metric['name'])} stands twice for this data set and split"
            yield Flaw(view.place(*pointer), message, "remove one of the two")
        seen.add(key)
