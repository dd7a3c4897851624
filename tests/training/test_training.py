"""The harness of `train.py`: metrics compared, archives that are the same, figures written."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.host.job.drawn import CONFUSION, RESIDUALS
from deepcat.loop.trained.plots import plots_of
from deepcat.training import Training, confusion, given, note, pack, residuals

METRICS = [{"name": "accuracy", "value": 0.9}, {"name": "loss", "value": 200}]
SAMPLE = {"one": ({"instances": [1]}, {"predictions": [2.5]})}


def train() -> tuple[dict[str, float], dict[str, float]]:
    return {"slope": 0.5}, {"accuracy": 0.901, "loss": 201.0}


def save(model: dict[str, float], folder: Path) -> None:
    folder.mkdir()
    (folder / "saved_model.pb").write_text(json.dumps(model))
    (folder / "fingerprint.pb").write_bytes(os.urandom(8))


Make = Callable[..., Training]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A training in a module's folder of its own."""
    (tmp_path / "module.yaml").write_text(
        yaml.safe_dump({"metrics": METRICS, "model": {"sha256": "f" * 64}})
    )
    (tmp_path / "tosca.yaml").write_text("model:\n  sha256: 00ff\n  name: m\n")

    def make(**others: Any) -> Training:
        given = {"absolute": 0.01, "relative": 0.01, **others}
        return Training(tmp_path, "Learn a line.\n\nMore.", train, save, **given)

    return make


def test_metrics_within_the_bounds_are_no_difference(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make().main(["--check"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"accuracy": 0.901, "loss": 201.0}
    assert said.err == ""


@pytest.mark.parametrize(
    ("bounds", "wrong"),
    [
        ({"relative": 0.0}, ["loss"]),
        ({"absolute": 0.0, "relative": 0.0}, ["accuracy", "loss"]),
        ({"absolute": 0.0, "relative": 0.005}, []),
        ({"absolute": 0.001, "relative": 0.0005}, ["loss"]),
    ],
)
def test_metrics_beyond_them_are_said(
    bounds: dict[str, float], wrong: list[str], make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(**bounds).main(["--check"]) == (1 if wrong else 0)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said] == wrong


def test_a_metric_that_is_not_measured_or_no_number_is_a_difference(make: Make) -> None:
    assert make().differences({"loss": float("nan")}) == [
        "accuracy: module.yaml says 0.9, training gave None",
        "loss: module.yaml says 200, training gave nan",
    ]


def test_without_check_nothing_is_compared_and_without_write_nothing_written(
    make: Make, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert make(absolute=0.0, relative=0.0).main([]) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_written_names_its_checksum(make: Make, tmp_path: Path) -> None:
    assert make(samples=lambda _: SAMPLE).main(["--write"]) == 0
    digest = hashlib.sha256((tmp_path / "model.tar.gz").read_bytes()).hexdigest()
    assert yaml.safe_load((tmp_path / "module.yaml").read_text())["model"]["sha256"] == digest
    assert (tmp_path / "tosca.yaml").read_text() == f"model:\n  sha256: {digest}\n  name: m\n"
    written = {path.name: path.read_text() for path in (tmp_path / "samples").iterdir()}
    assert written == {
        "one.request.json": '{"instances": [1]}\n',
        "one.response.json": '{"predictions": [2.5]}\n',
    }


def test_a_model_without_samples_gets_no_folder_of_them(make: Make, tmp_path: Path) -> None:
    assert make().main(["--write"]) == 0
    assert not (tmp_path / "samples").exists()


def test_the_same_model_gives_the_same_archive(make: Make) -> None:
    one, other = (make().archive({"slope": 0.5}) for _ in range(2))
    assert one == other
    assert make().archive({"slope": 0.6}) != one
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(one))) as tar:
        assert tar.getnames() == ["1/saved_model.pb"]


def test_packing_tells_nothing_of_when_and_where(tmp_path: Path) -> None:
    for number in (1, 2):
        for name in sorted(("b/c.txt", "a.txt"), reverse=number == 2):
            path = tmp_path / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            os.utime(path, (number, number))
            path.chmod(0o600 + number)
    (tmp_path / "2" / "fingerprint.pb").write_bytes(b"random")
    assert pack(tmp_path / "1") == pack(tmp_path / "2")


def test_the_help_is_the_script_s_first_line(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        make().main(["--help"])
    said = capsys.readouterr().out
    assert "Learn a line." in said
    assert "More." not in said


def test_a_run_is_given_inputs_and_told_figures(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, inputs = tmp_path / "metrics.jsonl", tmp_path / "inputs.json"
    note({"loss": 0.5}, 0, 2)
    assert given("epochs", 30) == 30
    inputs.write_text('{"epochs": 2}')
    monkeypatch.setenv("DEEPCAT_INPUTS", str(inputs))
    monkeypatch.setenv("DEEPCAT_METRICS", str(told))
    monkeypatch.setenv("DEEPCAT_OUTPUT", str(tmp_path))
    assert (given("epochs", 30), given("rate", 0.1)) == (2, 0.1)
    note({"loss": 0.5}, 0, 2)
    make().main([])
    assert [json.loads(line) for line in told.read_text().splitlines()] == [
        {"loss": 0.5, "step": 0, "progress": 0.5},
        {"accuracy": 0.901, "loss": 201.0},
    ]


def test_plots_are_left_as_a_proposal_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    confusion([1, 2], [1, 1])  # by hand: nothing is left
    monkeypatch.setenv("DEEPCAT_OUTPUT", str(tmp_path))
    confusion([7, 4, 7, 10], [7, 7, 7, 10])
    residuals([1.0, 2.0], [1.5, 1.0])
    found = plots_of({name: (tmp_path / name).read_bytes() for name in (CONFUSION, RESIDUALS)})
    assert not found.unread and found.confusion is not None
    assert found.confusion.labels == ("4", "7", "10")
    assert found.confusion.counts == ((0, 1, 0), (0, 2, 0), (0, 0, 1))
    assert found.residuals == (0.5, -1.0)
    with pytest.raises(ValueError, match="2 are wanted, and 1 said"):
        confusion([1, 2], [1])
