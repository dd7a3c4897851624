"""`deepcat trainings` and what `status` says of a training."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deepcat.cli import training_runs
from deepcat.cli.main import cli
from deepcat.cli.training_words import expected
from deepcat.errors import DeepcatError
from deepcat.records.store import Store
from deepcat.records.trainings import Training

MODULE = """\
training: {command: python train.py, metric: loss}
metrics: [{name: loss, value: 1, higher_is_better: false}]
"""


def training(number: int, **given: Any) -> Training:
    name = f"{number:012x}".replace("0", "a", 4)
    plain = {"module": "digits", "version": "1.0.0", "metric": "loss", "state": "ended"}
    return Training(name, "learn", **(plain | {"began": f"2026-11-2{number}T08:00:00Z"} | given))


@pytest.fixture
def root(git_tree_at: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog with three trainings of a module."""
    found = git_tree_at(
        {"deepcat.yaml": "apiVersion: deepcat/v1\n", "modules/digits/module.yaml": MODULE}
    )
    monkeypatch.chdir(found)
    store = Store(found)
    some = (
        training(1, metrics={"loss": 0.3, "accuracy": 0.9}, inputs={"lr": 0.1, "epochs": 3}),
        training(2, metrics={"loss": 0.1}, inputs={"lr": 0.2, "epochs": 3}, seconds=61.0),
        training(3, state="failed", failure={"code": "job/exit", "detail": "\x1b[31mno"}),
    )
    for each in some:
        store.put_training(each, "learn: trained", {"loss": [[1, 1.0, 0.5]]})
    return found


def said(*words: str, is_misuse: bool = False) -> str:
    done = CliRunner().invoke(cli, ["trainings", *words])
    if is_misuse:
        assert isinstance(done.exception, DeepcatError)
        return f"{done.exception.message}; {done.exception.hint}"
    assert done.exit_code == 0, done.output
    return done.output


def test_they_are_listed_with_the_best_marked(root: Path) -> None:
    lines = said().splitlines()
    assert [line.split()[0] for line in lines if line.startswith("*")] == ["*"]
    (best,) = (line for line in lines if line.startswith("*"))
    assert best.split()[1] == training(2).training
    assert "      with lr=0.2, epochs=3" in lines
    assert "nothing" not in said("digits").lower()
    assert "there is no module" in said("nope", is_misuse=True)


def test_a_metric_sorts_in_its_own_direction(root: Path) -> None:
    ids = [line.split()[0] for line in said("--sort", "loss").replace("*", " ").splitlines()]
    shown = [each for each in ids if each in {training(n).training for n in (1, 2, 3)}]
    assert shown == [training(n).training for n in (2, 1, 3)]
    assert "did you mean `loss`?" in said("--sort", "los", is_misuse=True)


def test_two_are_compared_inputs_first(root: Path) -> None:
    lines = said("--compare", training(1).training, training(2).training).splitlines()
    assert lines[1].split() == ["*", "input", "lr", "0.1", "0.2"]
    assert "  input epochs" in lines[2]
    numbers = [line for line in lines if "input" in line or "metric " in line]
    assert {len(line) for line in numbers} == {len(lines[0])}, "they end where the column does"
    (lacking,) = (line for line in numbers if "accuracy" in line)
    assert lacking.endswith(f"{'0.9':>12}  {'-':>12}")
    assert "more than one" in said("--compare", "aaaa", "aaaa", is_misuse=True)
    assert "there is no training" in said("--compare", "ffff", "aaaa", is_misuse=True)


def test_programs_get_all_of_it(root: Path) -> None:
    found = json.loads(said("--json"))
    assert found["format"] == "deepcat-trainings/v1"
    assert found["best"] == {"digits": training(2).training}
    assert len(found["trainings"]) == 3
    pair = json.loads(said("--json", "--compare", training(1).training, training(2).training))
    assert [each["curves"] for each in pair["trainings"]] == [{"loss": [[1, 1.0, 0.5]]}] * 2


def test_who_follows_reads_what_is_new(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running = {"state": "running", "metrics": {"loss": 0.3}, "progress": 0.5}
    looks = [
        training(1, seconds=5.0, **running),
        training(1, seconds=7.0, **running),
        training(1, seconds=9.0, **running | {"progress": 0.75}),
        training(1, seconds=11.0, metrics={"loss": 0.1}),
    ]
    told = iter([(each,) for each in looks])
    monkeypatch.setattr(training_runs, "now", lambda *_: next(told))
    monkeypatch.setattr(training_runs, "_PAUSE_S", 0.0)
    assert training_runs.tell(root, Store(root), "learn", (), follow=True, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    heads = [line.split(maxsplit=2)[2] for line in lines if line.startswith("    training")]
    assert heads == ["running  50%  5 s", "running  75%  9 s", "ended  11 s"]
    assert lines[-1] == "`deepcat propose learn` brings back what it made."


def test_what_only_grows_with_the_seconds_is_no_news() -> None:
    goes = training(4, state="running", seconds=5.0, energy={"kWh": 1e-5, "from": ["estimate"]})
    later = replace(goes, seconds=10.0, cost=0.2, energy={"kWh": 2e-5, "from": ["estimate"]},
                    expected_end="2026-11-30T12:00:00+00:00")  # fmt: skip
    assert training_runs.news(goes) == training_runs.news(later)
    assert training_runs.news(goes) != training_runs.news(replace(later, progress=0.1))


NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after_s", "says"),
    [
        (1500.0, "expected to end in about 25 min, at {at:%H:%M}"),
        (20.0, "expected to end in about 1 min, at {at:%H:%M}"),
        (259_200.0, "expected to end in about 3 d, at {at:%Y-%m-%d %H:%M}"),
        (-60.0, "was expected to end at {at:%H:%M}"),
    ],
)
def test_an_end_is_told_in_the_readers_time(
    after_s: float, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    try:
        end = NOW + timedelta(seconds=after_s)
        here = end.astimezone(timezone(timedelta(hours=2)))
        assert expected(end.isoformat(), NOW) == says.format(at=here)
        far = "9999-12-31T23:59:59+00:00"
        assert expected(far, NOW) == f"expected to end at {far}"
    finally:
        monkeypatch.undo()
        time.tzset()
