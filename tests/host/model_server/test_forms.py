"""Which form of a model serves is read from its server's log, which a model may write to, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcat.host.model_server.about import about_arguments, keep_proofs
from deepcat.host.model_server.prove import forms_told, proofs_told
from deepcat.host.place import Place, read_json, write_json

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


DIFFERS = (
    "m version 1: TensorFlow serves the SavedModel, for by model.tflite the sample "
    "`no: LiteRT serves all` is answered otherwise"
)
PROOF = f"proof of m version 1: {'a' * 64}"


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (f"{LITE}\n{PROOF}\n", {"a" * 64: ""}),
        (f"{SAVED}\n{PROOF}\n", {"a" * 64: SAVED.partition(", for ")[2]}),
        (LITE, {}),
        (PROOF, {}),
        (f"{LITE}\n{PROOF}b\n", {}),
        (f"{DIFFERS}\n{PROOF}\n", {"a" * 64: DIFFERS.partition(", for ")[2]}),
        (f"m version 1: TensorFlow serves all\n{PROOF}\n", {}),
    ],
)
def test_a_proof_goes_with_what_is_told_of_its_model(log: str, told: dict[str, str]) -> None:
    assert proofs_told(log, ["m"]) == told


def test_what_is_told_is_given_to_the_next_start(tmp_path: Path) -> None:
    place = Place(tmp_path)
    write_json(tmp_path / "about.json", {"title": "T"})
    one, other = tmp_path / "one", tmp_path / "other"
    keep_proofs(place, one, {"a": ""})
    keep_proofs(place, one, {"b": "why"})
    about_arguments(place, other, ["m"])
    for folder in (one, other):
        assert read_json(folder / ".about.proofs") == {"a": "", "b": "why"}
