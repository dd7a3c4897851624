"""How far a model that was made again agrees with the one before."""

from __future__ import annotations

import pytest

from deepcat.loop.trained.compared import Alike, verdict
from deepcat.loop.trained.values import Answered, Figure

FILES = {"saved_model.pb": "a"}
OTHER = {"saved_model.pb": "b"}


def figure(after: float | None, tolerance: float = 0.01) -> Figure:
    return Figure(0, "accuracy", 0.9, after, True, tolerance)


SAID, UNSAID = Answered("one", {}), Answered("one", {}, ("$: expected 1, got 2",))


@pytest.mark.parametrize(
    ("files", "figures", "answers", "alike"),
    [
        (FILES, [figure(0.9)], [SAID], Alike.IDENTICAL),
        (OTHER, [figure(0.9)], [SAID], Alike.SAMPLES),
        (OTHER, [figure(0.91)], [SAID], Alike.SAMPLES),
        (OTHER, [figure(0.9)], [UNSAID], Alike.METRICS),
        (OTHER, [figure(0.9)], [], Alike.METRICS),
        (OTHER, [figure(0.92)], [SAID], Alike.DIFFERS),
        (OTHER, [figure(0.901, 0.0)], [SAID], Alike.DIFFERS),
        (OTHER, [figure(None)], [SAID], Alike.DIFFERS),
        (OTHER, [figure(0.9), figure(0.5)], [SAID], Alike.DIFFERS),
        (OTHER, [], [SAID], Alike.SAMPLES),
        (OTHER, [], [], Alike.DIFFERS),
        ({}, [], [], Alike.DIFFERS),
    ],
)
def test_the_strictest_that_holds_is_said(
    files: dict[str, str], figures: list[Figure], answers: list[Answered], alike: Alike
) -> None:
    assert verdict(FILES if files else {}, files, figures, answers) is alike
