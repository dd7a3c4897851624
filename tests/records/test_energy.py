"""The energy of a training: what was measured, what was estimated, and by what."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.records.energy import Rates, energy_of, rates_of, words

HOUR = 3600.0
HARDWARE = {"cores": 8, "cards": ["NVIDIA A100-SXM4-40GB"]}


def told(
    counted: dict[str, Any] | None = None, hardware: dict[str, Any] | None = None, **rates: Any
) -> dict[str, Any]:
    return energy_of(hardware or HARDWARE, HOUR, counted or {}, rates_of({"energy": rates}))


def test_what_nobody_counted_is_estimated_and_says_so() -> None:
    found = told()
    assert found == {
        "kWh": 0.44, "from": ["estimate"], "estimated_W": 440.0, "carbon_kg": 0.2112,
        "carbon_g_per_kWh": 480.0, "grid": "world",
    }  # fmt: skip


def test_what_was_counted_is_measured_and_the_rest_estimated() -> None:
    found = told({"cards_J": 360_000.0, "cards_s": HOUR}, carbon_g_per_kWh=100)
    assert found["from"] == ["nvidia-smi", "estimate"]
    assert (found["kWh"], found["measured_kWh"], found["estimated_W"]) == (0.14, 0.1, 40.0)
    assert (found["carbon_kg"], found["grid"]) == (0.014, "stated")
    both = {"cards_J": 360_000, "cards_s": HOUR, "processors_J": 180_000, "processors_s": HOUR}
    found = told(both)
    assert (found["kWh"], found["from"]) == (0.15, ["rapl", "nvidia-smi"])
    assert "estimated_W" not in found


def test_a_part_that_was_counted_for_half_the_time_is_estimated_for_the_other() -> None:
    half = {"cards_J": 360_000.0, "cards_s": HOUR / 2}
    assert told(half)["kWh"] == pytest.approx(0.1 + 0.2 + 0.04)


def test_of_a_part_of_a_card_its_share_is_taken() -> None:
    part = {"cores": 1, "cards": ["NVIDIA A100-SXM4-40GB MIG 1g.5gb"]}
    assert told(hardware=part)["estimated_W"] == pytest.approx(400 / 8 + 5)


@pytest.mark.parametrize(
    "hardware",
    [{"cores": 8}, {"cores": 8, "cards": ["Strange 9"]}, {"cards": []}, {"cores": "many"}, {}],
)
def test_what_is_not_known_is_not_told(hardware: dict[str, Any]) -> None:
    assert energy_of(hardware, HOUR, {}, Rates()) == {}


def test_a_host_that_lies_is_held_to_numbers() -> None:
    lies = {"cards_J": "x", "cards_s": float("nan"), "processors_J": -5, "processors_s": 1e30}
    assert told(lies) == told()


def test_a_cloud_says_otherwise_than_its_catalog() -> None:
    catalog = {"energy": {"carbon_g_per_kWh": 300, "core_W": 2, "cards_W": {"A100": 250}}}
    cloud = {"energy": {"carbon_g_per_kWh": 0}}
    found = energy_of(HARDWARE, HOUR, {}, rates_of(cloud, catalog))
    assert (found["estimated_W"], found["carbon_kg"], found["grid"]) == (266.0, 0.0, "stated")
    assert rates_of({}, {"title": "T"}) == Rates()
    wrong = {"carbon_g_per_kWh": "x", "core_W": None, "cards_W": {"A100": [], 3: "y"}}
    assert rates_of({"energy": wrong}, {"energy": 3}, {"energy": {"cards_W": 3}}) == Rates()


def test_it_is_said_how_each_is_known() -> None:
    half = told({"cards_J": 360_000.0, "cards_s": HOUR}, carbon_g_per_kWh=100)
    assert words(half) == (
        "0.14 kWh, measured by nvidia-smi, the rest estimated at 40 W",
        "14 g CO₂, estimated at 100 g/kWh, as the catalog states",
    )
    assert words(told()) == (
        "0.44 kWh, estimated at 440 W",
        "211 g CO₂, estimated at 480 g/kWh, the world's mean",
    )
    assert words({"kWh": 3.06e-6})[0] == "0.00306 Wh, estimate"
    assert words({}) == words({"kWh": "<b>"}) == ("", "")
    assert "<" not in "".join(words({"kWh": 1, "from": ["<b>"], "grid": "<b>"}))
