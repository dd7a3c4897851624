"""Where a model has two forms, LiteRT serves it where it answers the samples as they expect."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deepcat.cli.main import cli
from deepcat.openapi.card import expected
from deepcat.serving.engine.several import Engines
from deepcat.serving.models.loading import PLAIN
from deepcat.serving.server.agreeing import agreeing
from deepcat.serving.server.cards import read_cards
from deepcat.serving.server.once import answers
from deepcat.serving.server.proofs import Proofs, name_of

ONE = {"instances": [[1.0, 2.0]]}
pytestmark = pytest.mark.tensorflow


@pytest.fixture
def both(models: Path, tmp_path: Path) -> Path:
    """x + 1 by `model.tflite`, and another model as a SavedModel beside it."""
    shutil.copytree(models / "half_plus_two_tf1" / "123", tmp_path / "m" / "1")
    shutil.copy(models / "lite" / "1" / "model.tflite", tmp_path / "m" / "1")
    return tmp_path / "m"


def about(folder: Path, *expected: float, tolerance: float = 1e-4, method: str = "predict") -> str:
    sample = {
        "name": "one", "method": method, "tolerance": tolerance,
        "request": ONE, "response": {"predictions": [list(expected)]},
    }  # fmt: skip
    path = folder / "about.json"
    path.write_text(json.dumps({"m": {"samples": [sample] if expected else []}}))
    return str(path)


AGREES = "m version 1: LiteRT serves model.tflite, whose answers to the samples agree"
DIFFERS = "TensorFlow serves the SavedModel, for by model.tflite the sample `one` is"


@pytest.mark.parametrize(
    ("expected", "more", "said"),
    [
        ((2.0, 3.0), {}, AGREES),
        ((2.0, 3.5), {}, f"{DIFFERS} answered otherwise: $.predictions[0][1]: expected 3.5"),
        ((2.0, 3.5), {"tolerance": 0.2}, AGREES),
        ((2.0, 3.0), {"method": "classify"}, f"{DIFFERS} refused: "),
        ((), {}, "TensorFlow serves the SavedModel, for no sample says what model.tflite should"),
    ],
)
def test_which_form_serves_is_said_before_it_is_served(
    both: Path, expected: tuple[float, ...], more: dict[str, Any], said: str
) -> None:
    asked = ["serve", "--check", str(both), "--about", about(both.parent, *expected, **more)]
    done = CliRunner().invoke(cli, asked)
    assert done.exit_code == 0, done.output
    assert said in " ".join(done.output.split())
    told = json.loads(CliRunner().invoke(cli, [*asked, "--json"]).output)
    assert [each["code"] for each in told["findings"]] == ["serving/lite"] * (said != AGREES)
    assert told["errors"] == 0


def test_an_operation_that_litert_lacks_leaves_it_to_tensorflow(both: Path, models: Path) -> None:
    shutil.copy(models / "lite_flex" / "1" / "model.tflite", both / "1")
    asked = ["serve", "--check", str(both), "--about", about(both.parent, 2.0, 3.0)]
    done = CliRunner().invoke(cli, asked)
    assert done.exit_code == 0
    assert "LiteRT has no operation FlexMatrixInverse" in " ".join(done.output.split())


def test_a_review_asks_both_forms(both: Path) -> None:
    asked = {"name": "m", "folder": str(both / "1"), "requests": [["predict", ONE]]}
    saved, one, lite, other = answers(asked)
    assert (saved, lite) == ({"loaded": ""}, {"loaded": ""})
    assert json.loads(other["body"]) == {"predictions": [[2.0, 3.0]]}
    assert one != other


@pytest.mark.parametrize("agrees", [True, False])
def test_the_server_serves_by_it_and_says_so(
    both: Path, start_server: Callable[..., Any], agrees: bool
) -> None:
    path = about(both.parent, 2.0, 3.0 if agrees else 9.0)
    server = start_server("--model", f"m={both}", "--about", path)
    line = server.process.stdout.readline().strip()
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    if agrees:
        assert line == AGREES
        assert server.predict("m", ONE).json == {"predictions": [[2.0, 3.0]]}
    else:
        assert "expected 9.0, got 3.0" in line
        assert server.predict("m", {"instances": [1.0]}).json == {"predictions": [2.5]}
    assert ("libtensorflow" in maps) is not agrees
    server.stop()
    again = start_server("--model", f"m={both}", "--about", path)
    assert again.process.stdout.readline().strip() == line
    again.stop()
    (proof,) = json.loads(Path(f"{path}.proofs").read_text()).values()
    assert (proof == "") is agrees


class Nobody:
    """Of the engines, one that must not be asked for."""

    def lite(self) -> Any:
        pytest.fail("LiteRT was loaded")


def test_what_was_found_is_kept_by_content(both: Path) -> None:
    engines = Engines(lambda: pytest.fail("TensorFlow was loaded"))
    samples = expected(read_cards(Path(about(both.parent, 2.0, 9.0)))["m"])
    file = both.parent / "about.json"
    first = agreeing(engines, "m", 1, both / "1", samples, PLAIN, Proofs(file))
    assert first.servable is None
    assert len(first.proof) == 64
    known = agreeing(Nobody(), "m", 1, both / "1", samples, PLAIN, Proofs(file))  # type: ignore[arg-type]
    assert (known.told, known.proof) == (first.told, "")
    others = expected(read_cards(Path(about(both.parent, 2.0, 3.0)))["m"])
    anew = agreeing(engines, "m", 1, both / "1", others, PLAIN, Proofs(file))
    assert anew.servable is not None
    assert anew.proof not in ("", first.proof)
    anew.servable.retire()
    with (both / "1" / "model.tflite").open("ab") as changed:
        changed.write(b" ")
    assert name_of(both / "1", others) != anew.proof


def test_a_file_of_proofs_that_is_none_proves_nothing(tmp_path: Path) -> None:
    for text in ("", "[]", "{", '{"a": 1}'):
        (tmp_path / "about.json.proofs").write_text(text)
        assert Proofs(tmp_path / "about.json").why_not("a") is None
