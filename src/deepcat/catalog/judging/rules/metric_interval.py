"""A metric's value lies in its interval.

Why:
    An interval that leaves its value out is in another unit, or its ends are the wrong way round.
Mend:
    Give `low` and `high` in the value's unit, the smaller one as `low`.
Bad:
    {dataset: Iris, split: test, name: accuracy, value: 0.956, interval: {low: 89.4, high: 98.1}}
Good:
    {dataset: Iris, split: test, name: accuracy, value: 0.956, interval: {low: 0.894, high: 0.981}}
"""

from collections.abc import Iterator
from typing import Any

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "metric/interval", UnitKind.MODULE, needs="metrics")
def interval(view: View) -> Iterator[Flaw]:
    """Every interval that leaves its value out."""
    for pointer, metric in view.each("metrics"):
        ends = metric.get("interval")
        if not isinstance(ends, dict):
            continue
        row: list[Any] = [ends.get("low"), metric.get("value"), ends.get("high")]
        if all(_is_number(each) for each in row) and sorted(row) != row:
            message = f"the value {row[1]} is not between {row[0]} and {row[2]}"
            hint = "give the smaller end as `low`, both in the unit of the value"
            yield Flaw(view.place(*pointer, "interval"), message, hint)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
