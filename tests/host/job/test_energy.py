"""What a training takes of energy: counted where the machine tells, else not told."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from deepcat.host import cards
from deepcat.host.job.energy import Meter

CARD, OTHER = "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77", "GPU-8dcd427f-483b-b48f-d7e5-75fb19a52b76"
RANGE = 262_143_328_850


@pytest.fixture(autouse=True)
def whole_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that may run on every core, and a clock of seconds."""
    clock = SimpleNamespace(monotonic=count().__next__)
    monkeypatch.setattr("deepcat.host.job.energy.time", clock)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {*range(4)})
    monkeypatch.setattr("os.cpu_count", lambda: 4)


def domain(folder: Path, name: str, called: str, joules: float) -> None:
    """A counter as Linux shows it."""
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    (path / "name").write_text(f"{called}\n")
    (path / "energy_uj").write_text(f"{int(joules * 1e6)}\n")
    (path / "max_energy_range_uj").write_text(f"{RANGE}\n")


def smi(monkeypatch: pytest.MonkeyPatch, *rows: str) -> None:
    """The driver's program tells the power of cards."""
    monkeypatch.setattr(cards, "_smi", lambda *_: "\n".join(rows))


def test_processors_and_their_memory_are_counted_also_past_the_counters_end(
    tmp_path: Path,
) -> None:
    domain(tmp_path, "intel-rapl:0", "package-0", 262_143.0)
    domain(tmp_path, "intel-rapl:0:0", "core", 5.0)
    domain(tmp_path, "intel-rapl:0:1", "dram", 10.0)
    domain(tmp_path, "intel-rapl:1", "psys", 7.0)
    meter = Meter([], {}, tmp_path)
    domain(tmp_path, "intel-rapl:0", "package-0", 99.67115)
    domain(tmp_path, "intel-rapl:0:0", "core", 90.0)
    domain(tmp_path, "intel-rapl:0:1", "dram", 15.0)
    domain(tmp_path, "intel-rapl:1", "psys", 900.0)
    told = meter.look(is_over=True)
    assert told["processors_J"] == pytest.approx(105.0, abs=0.01)
    assert set(told) == {"processors_J", "processors_s"}


def test_a_training_on_some_cores_is_given_its_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    domain(tmp_path, "intel-rapl:0", "package-0", 0.0)
    meter = Meter([], {"processors_J": 2.0, "processors_s": 1.0}, tmp_path)
    domain(tmp_path, "intel-rapl:0", "package-0", 40.0)
    told = meter.look(is_over=True)
    assert told["processors_J"] == pytest.approx(12.0)
    assert told["processors_s"] >= 2.0


def test_what_is_not_to_be_read_is_not_told(tmp_path: Path) -> None:
    domain(tmp_path, "intel-rapl:0", "package-0", 1.0)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("secret\n")
    assert Meter([], {}, tmp_path).look(is_over=True) == {}
    assert Meter([], {}, tmp_path / "none").look(is_over=True) == {}


def test_cards_are_counted_by_their_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smi(monkeypatch, f"{CARD}, 200.00", f"{OTHER}, 70.00")
    meter = Meter([CARD], {}, tmp_path / "none")
    smi(monkeypatch, f"{CARD}, 400.00", f"{OTHER}, 70.00")
    told = meter.look(is_over=True)
    assert told["cards_J"] / told["cards_s"] == pytest.approx(300)
    assert told["cards_s"] >= 1


@pytest.mark.parametrize("row", [f"{CARD}, [N/A]", f"{CARD}, -3", f"{CARD}, 1e9", "nonsense", ""])
def test_a_card_that_does_not_tell_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    smi(monkeypatch, row)
    assert cards.watts() == {}
    assert Meter([CARD], {}, tmp_path / "none").look(is_over=True) == {}
