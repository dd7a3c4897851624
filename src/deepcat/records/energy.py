"""The energy that a training took, and the carbon dioxide of that. Pure.

What a host counted is taken as it is; what it did not is estimated as power times time: of each
card by its maker's figure, of each core that the training could run on by a usual one. Memory,
disks and cooling are left out. Carbon dioxide is always an estimate: energy times what the grid
gives off, as the cloud's file or the catalog's states it, else as the world's does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.clouds.accelerators import (
    canonical,
    memory_of,
    memory_of_profile,
    profile_of,
    table,
    watts_of,
)

# Grams for each kWh, the mean of the world's grids in 2023 (Ember, Global Electricity Review 2024).
WORLD_G = 480.0
# Of a core (a thread, where a core has two) of a server's processor at work.
CORE_W = 5.0
# So much of the time has to be counted for a part to be called measured.
_NEARLY_ALL = 0.95
_BY = {"processors": "rapl", "cards": "nvidia-smi"}
ESTIMATE = "estimate"


@dataclass(frozen=True, slots=True)
class Rates:
    """By what energy is estimated.

    Attributes:
        carbon: grams of carbon dioxide for each kWh; None for the world's.
        core_W: of a core.
        cards_W: canonical name of an accelerator, or its family -> power, before the table's.
    """

    carbon: float | None = None
    core_W: float = CORE_W
    cards_W: Mapping[str, float] = field(default_factory=dict)


def rates_of(*settings: Mapping[str, Any]) -> Rates:
    """As files say under `energy`, the first one before the next.

    Args:
        settings: such as those of a cloud, then those of its catalog.
    """
    said = [each["energy"] for each in settings if isinstance(each.get("energy"), Mapping)]
    carbon = [
        number for each in said if (number := _stated(each.get("carbon_g_per_kWh"))) is not None
    ]
    core = [number for each in said if (number := _stated(each.get("core_W"))) is not None]
    cards: dict[str, float] = {}
    for each in reversed(said):
        named = each.get("cards_W")
        for name, value in named.items() if isinstance(named, Mapping) else ():
            if (watts := _stated(value)) is not None:
                cards[_key(str(name))] = watts
    return Rates(carbon[0] if carbon else None, core[0] if core else CORE_W, cards)


def energy_of(
    hardware: Mapping[str, Any], seconds: float, counted: Mapping[str, Any], rates: Rates
) -> dict[str, Any]:
    """The energy of a training; nothing where its parts are not known.

    Args:
        hardware: that its host tells: ``cores``, and ``cards`` by their names.
        seconds: that it ran.
        counted: by its host; see `deepcat.clouds.kind.Collecting.gather`.
        rates: by which the rest is estimated.

    Returns:
        ``kWh``; ``measured_kWh``, of them; ``from``, by what: ``rapl``, ``nvidia-smi``,
        ``estimate``; ``estimated_W``, the power that was taken for what was not measured;
        ``carbon_kg``; ``carbon_g_per_kWh``; ``grid``, whose that is: ``stated`` or ``world``.
    """
    assumed = {"processors": _cores(hardware, rates), "cards": _cards(hardware, rates)}
    measured, estimated, power, by = 0.0, 0.0, 0.0, list[str]()
    for part, watts in assumed.items():
        joules, known = (_positive(counted.get(f"{part}_{unit}")) for unit in ("J", "s"))
        known = min(known, seconds)
        is_measured = bool(known) and known >= _NEARLY_ALL * seconds
        if not is_measured and watts is None:
            return {}
        measured += joules if known else 0.0
        if known:
            by.append(_BY[part])
        if not is_measured and watts:
            power += watts
            estimated += watts * (seconds - known)
    total = (measured + estimated) / 3.6e6
    if not total or not math.isfinite(total):
        return {}
    carbon = WORLD_G if rates.carbon is None else rates.carbon
    found = {
        "kWh": _short(total),
        "measured_kWh": _short(measured / 3.6e6),
        "from": [*by, *([ESTIMATE] if estimated else [])],
        "estimated_W": _short(power),
        "carbon_kg": _short(total * carbon / 1000),
        "carbon_g_per_kWh": carbon,
        "grid": "world" if rates.carbon is None else "stated",
    }
    return {key: value for key, value in found.items() if value or key == "carbon_kg"}


def words(energy: Mapping[str, Any]) -> tuple[str, str]:
    """Energy and carbon dioxide as a line each, each with how it is known; empty where it is not.

    Args:
        energy: as `energy_of` gives it.
    """
    total = _positive(energy.get("kWh"))
    if not total:
        return "", ""
    said = energy.get("from")
    by = [str(each) for each in said if each in _BY.values()] if isinstance(said, list) else []
    watts = _positive(energy.get("estimated_W"))
    rest = f"{'the rest ' if by else ''}estimated at {watts:.4g} W"
    measured = f"measured by {' and '.join(by)}" if by else ""
    how = ", ".join(filter(None, (measured, rest if watts else "")))
    grid = "as the catalog states" if energy.get("grid") == "stated" else "the world's mean"
    carbon, each = (_positive(energy.get(key)) for key in ("carbon_kg", "carbon_g_per_kWh"))
    return (
        f"{work(total)}, {how or ESTIMATE}",
        f"{mass(carbon)} CO₂, estimated at {each:g} g/kWh, {grid}",
    )


def work(kilowatt_hours: float) -> str:
    """As people write it: ``0.44 kWh``, ``3.1 Wh``, ``0.015 Wh``."""
    small = kilowatt_hours < 0.01
    return f"{1000 * kilowatt_hours:.3g} Wh" if small else f"{kilowatt_hours:.3g} kWh"


def mass(kilograms: float) -> str:
    """As people write it: ``3.2 g``, ``1.4 kg``."""
    return f"{kilograms:.3g} kg" if kilograms >= 1 else f"{1000 * kilograms:.3g} g"


def _cores(hardware: Mapping[str, Any], rates: Rates) -> float | None:
    cores = _positive(hardware.get("cores"))
    return cores * rates.core_W if cores else None


def _cards(hardware: Mapping[str, Any], rates: Rates) -> float | None:
    """Of all of them; None where one is not known, or whether there are any."""
    named = hardware.get("cards")
    if not isinstance(named, list | tuple):
        return None
    found = [_card(str(each), rates) for each in named]
    known = [each for each in found if each is not None]
    return sum(known) if len(known) == len(found) else None


def _card(spelling: str, rates: Rates) -> float | None:
    name = canonical(spelling)
    family = table()[name].family if name else ""
    said = (rates.cards_W.get(_key(each)) for each in (spelling, name or "", family) if each)
    watts = next((each for each in said if each is not None), watts_of(name))
    part = memory_of_profile(profile_of(spelling))
    whole = memory_of(name)
    return watts * min(1.0, part / whole) if watts and part and whole else watts or None


def _key(name: str) -> str:
    return (canonical(name) or name).casefold()


def _positive(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < 1e18 else 0.0


def _stated(value: Any) -> float | None:
    return 0.0 if type(value) in (int, float) and not value else _positive(value) or None


def _short(value: float) -> float:
    return float(f"{value:.4g}")
