"""What a sweep tries: the words for it, and its points, which follow from its seed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from deepcat.catalog.judging.sweeping import Axis, Sweep, axis, check, size
from deepcat.errors import DeepcatError
from deepcat.plan.sweeping import Trial, best, following

INPUTS: dict[str, Any] = {
    "lr": {"type": "number", "default": 0.01},
    "epochs": {"type": "integer", "minimum": 1, "maximum": 50},
    "kind": {"type": "string", "enum": ["plain", "odd"]},
    "shuffle": {"type": "boolean"},
    "name": {"type": "string"},
}


def swept(*words: str, **more: Any) -> Sweep:
    return Sweep(tuple(axis(each, INPUTS) for each in words), **more)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("lr=0.1,0.01", Axis("lr", (0.1, 0.01))),
        ("lr=1e-4..1e-1:log/4", Axis("lr", (), 1e-4, 0.1, log=True, count=4)),
        ("lr=-1.5..2", Axis("lr", (), -1.5, 2.0)),
        ("epochs=1,2,2", Axis("epochs", (1, 2), whole=True)),
        ("epochs", Axis("epochs", (), 1.0, 50.0, whole=True)),
        ("kind", Axis("kind", ("plain", "odd"))),
        ("name=a..b,c", Axis("name", ("a..b", "c"))),
        ("shuffle", Axis("shuffle", (False, True))),
        ("shuffle=true", Axis("shuffle", (True,))),
    ],
)
def test_words_say_what_an_input_may_be(words: str, meant: Axis) -> None:
    assert axis(words, INPUTS) == meant


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("rate=1,2", "no input 'rate'"),
        ("lr", "does not say how far"),
        ("lr=1..0.5", "ends before it begins"),
        ("lr=0..1:log", "no logarithm at 0"),
        ("lr=fast", "'fast' is not a number"),
        ("lr=nan,1", "'nan' is not a number"),
        ("epochs=1.5,2", "'1.5' is not an integer"),
        ("lr=,", "has no values"),
        ("shuffle=maybe", "true or false"),
        ("kind=1..2", "has no range"),
        ("kind=plain,rare", "it is none of `plain`, `odd`"),
        ("epochs=0,1", "it is less than the least, `1`"),
        ("epochs=1..51", "it is more than the most, `50`"),
    ],
)
def test_words_that_mean_nothing_are_refused(words: str, said: str) -> None:
    with pytest.raises(DeepcatError, match=said) as caught:
        axis(words, INPUTS)
    assert caught.value.code == "training/sweep"


def test_a_grid_has_each_point_once_in_one_order() -> None:
    sweep = swept("lr=1e-3..1e-1:log/3", "kind", method="grid")
    points = following(sweep, [], [], 99)
    assert [each["lr"] for each in points] == [0.001, 0.001, 0.01, 0.01, 0.1, 0.1]
    assert len(points) == size(sweep) == 6
    tried = [Trial(each, 1.0) for each in points[:3]]
    assert following(sweep, tried, points[3:4], 99) == points[4:]
    assert following(sweep, [Trial(each, None) for each in points], [], 1) == []


def test_chance_goes_on_where_it_was_cut_off() -> None:
    sweep = swept("lr=1e-4..1e-1:log", "epochs", trials=12, seed=7)
    whole = following(sweep, [], [], 12)
    assert len({(each["lr"], each["epochs"]) for each in whole}) == 12
    assert all(1e-4 <= each["lr"] <= 0.1 and 1 <= each["epochs"] <= 50 for each in whole)
    cut = following(sweep, [Trial(each, 0.5) for each in whole[:4]], whole[4:6], 99)
    assert cut == whole[6:]
    assert following(swept("lr=1e-4..1e-1:log", trials=3, seed=8), [], [], 3) != whole[:3]


def test_chance_ends_where_there_is_nothing_new() -> None:
    assert len(following(swept("shuffle", "kind", trials=10), [], [], 10)) == 4


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        (Sweep(()), "nothing is to be swept"),
        (swept("kind", "kind"), "swept twice"),
        (swept("lr=1..2", method="grid"), "a grid needs values of `lr`"),
        (swept("lr=1..2/999", "epochs=1,2,3", method="grid"), "2997 trainings"),
        (swept("lr=1..2", trials=1001), "1001 trainings"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(sweep: Sweep, said: str) -> None:
    with pytest.raises(DeepcatError, match=said):
        check(sweep)


def test_the_best_has_a_finite_metric() -> None:
    trials = [Trial({"n": 1}, None), Trial({"n": 2}, math.nan), Trial({"n": 3}, 0.5)]
    more = [*trials, Trial({"n": 4}, 0.9), Trial({"n": 5}, 0.9)]
    assert best(swept("kind"), more) == more[3]
    assert best(swept("kind", higher=False), more) == more[2]
    assert best(swept("kind"), trials[:2]) is None
