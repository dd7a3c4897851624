"""Modules side by side: what may stand in one line, what is best, what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from deepcat.clouds.market import Scored
from deepcat.clouds.offers import Offer
from deepcat_site.views.compared import Price, best, measured, prices
from deepcat_site.views.measures import Measure, measures
from deepcat_site.views.where import Where


def read(*rows: tuple[str, str, float]) -> tuple[Measure, ...]:
    metrics = [
        {"dataset": data, "split": "test", "name": name, "value": value}
        for name, data, value in rows
    ]
    return measures({"metrics": metrics})


def test_what_several_were_measured_by_stands_first_and_nothing_else_in_one_line() -> None:
    one = read(("log_loss", "Birds", 0.2), ("accuracy", "Fish", 0.9))
    two = read(("acc", "fish", 93.0), ("accuracy", "Birds", 0.8))
    found = [
        (first.label, first.dataset, [each and each.words for each in row])
        for first, row in measured((one, two))
    ]
    assert found == [
        ("Accuracy", "Fish", ["90 %", "93 %"]),
        ("Log loss", "Birds", ["0.2", None]),
        ("Accuracy", "Birds", [None, "80 %"]),
    ]


@pytest.mark.parametrize(
    ("name", "values", "top"),
    (
        ("accuracy", (0.9, 0.8), 0.9),
        ("log_loss", (0.9, 0.8), 0.8),
        ("accuracy", (0.9, 0.9), None),
        ("accuracy", (0.9,), None),
        ("quux", (0.9, 0.8), None),
    ),
)
def test_the_best(name: str, values: Sequence[float], top: float | None) -> None:
    row: list[Any] = [*read(*((name, f"{at}", value) for at, value in enumerate(values))), None]
    assert best(row) == top


def test_the_price_of_a_cloud_is_that_of_its_cheapest_shape_and_this_machine_is_free() -> None:
    def scored(cloud: str, shape: str, hour: float) -> Scored:
        offer = Offer(cloud=cloud, shape=shape, kind="any", price=hour)
        return Scored(offer, score=hour, hosts=1)

    ranked = (scored("north", "s", 0.1), scored("north", "l", 0.5), scored("south", "x", 0.2))
    where = Where("serve", ranked, 0, ())
    assert prices(where, "here") == (
        Price("here", "", 0.0),
        Price("north", "s", 0.1),
        Price("south", "x", 0.2),
    )
    assert prices(Where("serve", (), 0, ())) == ()
