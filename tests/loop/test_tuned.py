"""What Optuna asks for next follows from the seed and from what was tried."""

from __future__ import annotations

import pytest

from deepcat.catalog.judging.sweeping import Axis, Sweep
from deepcat.loop.tuned import following
from deepcat.plan.sweeping import Trial

pytest.importorskip("optuna")
AXES = (Axis("lr", (), 1e-4, 1.0, log=True), Axis("epochs", (), 1, 20, whole=True))
SWEEP = Sweep(AXES, "tpe", trials=30, seed=3)


def goodness(point: dict[str, float]) -> float:
    return -((point["epochs"] - 12) ** 2) - abs(point["lr"] - 0.01)


def test_it_finds_what_is_better_and_tries_no_point_twice() -> None:
    tried: list[Trial] = []
    while points := following(SWEEP, tried, [], 3):
        assert len(points) <= 3
        tried += [Trial(each, goodness(each)) for each in points]
    assert len(tried) == 30
    assert len({str(each.point) for each in tried}) == 30
    late = [abs(each.point["epochs"] - 12) for each in tried[-10:]]
    early = [abs(each.point["epochs"] - 12) for each in tried[:10]]
    assert sum(late) < sum(early)


def test_who_goes_on_asks_for_the_same() -> None:
    tried = [Trial(each, goodness(each)) for each in following(SWEEP, [], [], 5)]
    failed = [*tried[:4], Trial(tried[4].point, None)]
    running = [{"lr": 0.5, "epochs": 3}]
    once = following(SWEEP, failed, running, 2)
    assert once == following(SWEEP, failed, running, 2)
    assert running[0] not in once
    assert following(SWEEP, tried * 6, [], 2) == []
