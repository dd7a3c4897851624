"""Which form of a model serves is read from its server's log, which a model may write to, too."""

from __future__ import annotations

import pytest

from deepcat.host.model_server.prove import forms_told

LITE = "m version 1: LiteRT serves model.tflite, whose answers to the samples agree"
SAVED = "m version 2: TensorFlow serves the SavedModel, for no sample says what it should answer"


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("", []),
        (f"INFO x\nserving m on http://127.0.0.1:1\n{LITE}\n", [LITE]),
        (f"{LITE}\n{SAVED}\n", [SAVED]),
        (LITE.replace("m v", "other v"), []),
        (f"x {LITE}\nm version 1: Evil serves all\n", []),
        (f"{LITE}\x1b[31m\u202e{'y' * 1000}", [LITE + "[31m" + "y" * (300 - len(LITE) - 6)]),
    ],
)
def test_the_last_line_of_each_model(log: str, told: list[str]) -> None:
    assert forms_told(log, ["m"]) == told
