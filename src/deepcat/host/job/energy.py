"""EDGE of the host: the energy that a training takes, as this machine counts it.

Processors and their memory by RAPL's counters (``/sys/class/powercap``, which mostly root alone may
read), of which a training is given the share of the cores that it may run on; cards by what
``nvidia-smi`` says of their power, every few seconds. What is not to be read is not guessed here:
who keeps the record estimates it, and says so.

CodeCarbon reads the same two sources, yet from within the script's own process: it would have to be
in every lock, and its figures would be the script's word.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from deepcat.host import cards

POWERCAP = Path("/sys/class/powercap")
PROCESSORS, CARDS = "processors", "cards"
# A counter of RAPL begins anew within minutes of full load.
_COUNTS_S, _ASKS_S = 20.0, 10.0
_RANGE_uJ = 1 << 32


class Meter:
    """What is taken from now on.

    Args:
        uuids: of the training's cards.
        before: what an earlier meter of the same training told.
        powercap: where the counters of the processors lie.
    """

    def __init__(
        self, uuids: Collection[str], before: Mapping[str, Any], powercap: Path = POWERCAP
    ) -> None:
        self._uuids, self._powercap = tuple(uuids), powercap
        self._told: dict[str, float] = {
            f"{part}_{unit}": float(before.get(f"{part}_{unit}") or 0.0)
            for part in (PROCESSORS, CARDS)
            for unit in ("J", "s")
        }
        self._share = len(os.sched_getaffinity(0)) / (os.cpu_count() or 1)
        self._counted = self._asked = time.monotonic()
        self._counters = self._read()
        self._watts = self._power()

    def look(self, *, is_over: bool = False) -> dict[str, float]:
        """Joules of each part, and for how many seconds they were counted, until now.

        Args:
            is_over: whether all is read anew, however short ago it was.
        """
        at = time.monotonic()
        if self._counters and (is_over or at - self._counted >= _COUNTS_S):
            now = self._read()
            both = now.keys() & self._counters.keys()
            spent = sum(_between(self._counters[path], now[path]) for path in both)
            if both:
                self._add(PROCESSORS, self._share * spent / 1e6, at - self._counted)
            self._counters, self._counted = now, at
        if self._watts is not None and (is_over or at - self._asked >= _ASKS_S):
            watts = self._power()
            if watts is not None:
                self._add(CARDS, (self._watts + watts) / 2 * (at - self._asked), at - self._asked)
                self._watts = watts
            self._asked = at
        return {name: round(value, 3) for name, value in self._told.items() if value}

    def _add(self, part: str, joules: float, seconds: float) -> None:
        self._told[f"{part}_J"] += joules
        self._told[f"{part}_s"] += seconds

    def _read(self) -> dict[Path, tuple[int, int]]:
        """Each counter, with where it begins anew, in microjoules."""
        found = {}
        for path in _domains(self._powercap):
            with suppress(OSError, ValueError):
                most = _number(path / "max_energy_range_uj", _RANGE_uJ)
                found[path] = (int((path / "energy_uj").read_text("ascii")), most)
        return found

    def _power(self) -> float | None:
        """Watts of all cards together; None where one of them does not tell."""
        told = cards.watts() if self._uuids else {}
        known = [told[uuid] for uuid in self._uuids if uuid in told]
        return sum(known) if known and len(known) == len(self._uuids) else None


def _domains(powercap: Path) -> Iterator[Path]:
    """The processors, each with its memory where that is counted apart."""
    for path in sorted(powercap.glob("intel-rapl:*")):
        name = ""
        with suppress(OSError):
            name = (path / "name").read_text("ascii", "replace").strip()
        if name.startswith("package") or name == "dram":
            yield path


def _between(before: tuple[int, int], now: tuple[int, int]) -> int:
    spent = now[0] - before[0]
    return spent if spent >= 0 else spent + now[1]


def _number(path: Path, usual: int) -> int:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return usual
