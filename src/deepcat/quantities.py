"""Amounts with a unit: sizes, times and shares, read from text and written for people. Pure.

There is one reader; who writes how is its parameter, a `Spelling`: that of people, here, and that
of TOSCA, in `deepcat.tosca.reading.scalars`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

_AMOUNT = re.compile(r"\s*([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([A-Za-z%]{0,5})\s*\Z")
_PREFIXES: Final = tuple(enumerate("KMGT", 1))


@dataclass(frozen=True, slots=True)
class Spelling:
    """How somebody writes amounts of one kind.

    Attributes:
        factors: unit -> how many of the base unit it is; the empty unit where a bare number has
            a meaning. Of a spelling that folds capitals, the units are in capitals.
        folds: whether capitals and small letters are the same.
    """

    factors: Mapping[str, Decimal]
    folds: bool = True

    def read(self, text: object) -> Decimal | None:
        """An amount in the base unit; None for what is no text of this spelling."""
        match = _AMOUNT.match(text) if isinstance(text, str) else None
        if match is None:
            return None
        factor = self.factors.get(match[2].upper() if self.folds else match[2])
        return None if factor is None else Decimal(match[1]) * factor


def prefixed(unit: str) -> dict[str, Decimal]:
    """Decimal and binary multiples of a unit, up to tera, in capitals: ``KB``, ``KIB``, ``MB`` …"""
    return {
        f"{letter}{infix}{unit}": Decimal(base) ** power
        for power, letter in _PREFIXES
        for infix, base in (("", 1000), ("I", 1024))
    }


# In bytes; a bare number is one of MiB, and `40G` is `40GB`.
SIZES: Final = Spelling(
    {"": Decimal(2**20), "B": Decimal(1)} | prefixed("") | prefixed("B"),
)
# In seconds.
TIMES: Final = Spelling(
    {
        unit: Decimal(factor)
        for factor, units in (
            (1, ("", "s")),
            (60, ("m", "min")),
            (3600, ("h",)),
            (86_400, ("d",)),
            (604_800, ("w",)),
        )
        for unit in units
    },
    folds=False,
)
_SHARES: Final = Spelling({"": Decimal(1), "%": Decimal("0.01")}, folds=False)


def mebibytes(value: Any, spelling: Spelling = SIZES) -> int:
    """``"40GiB"``, ``"64 GB"`` or a number of MiB as whole MiB; 0 for what says no size."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value)
    size = spelling.read(value)
    return 0 if size is None else round(size / 2**20)


def has_unit(text: str) -> bool:
    """Whether an amount says in what it is counted."""
    return text.strip()[-1:].isalpha()


def seconds(value: Any) -> float | None:
    """``"90s"``, ``"15min"``, ``"12h"``, ``"30d"`` or a number of seconds; None for none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    time = TIMES.read(value)
    return None if time is None else float(time)


def share(value: Any) -> float:
    """``0.995``, ``99.5`` or ``"99.5%"`` as 0 to 1; 0 for what says no share."""
    text = str(value)
    part = _SHARES.read(text)
    if part is None:
        return 0.0
    return min(float(part / 100 if part > 1 and not text.rstrip().endswith("%") else part), 1.0)


def human_memory(mebibytes_: int) -> str:
    """MiB as people say it: ``40 GiB``, ``512 MiB``."""
    if mebibytes_ >= 1024:
        return f"{mebibytes_ / 1024:.4g} GiB"
    return f"{mebibytes_} MiB"


def human_bytes(count: float) -> str:
    """Bytes as people say them: ``1.2 GB``, ``512 B``."""
    for size, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"


def human_time(seconds_: float) -> str:
    """Seconds as people say them: ``40 s``, ``15 min``, ``2.5 h``, ``30 d``."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds_ >= size:
            return f"{seconds_ / size:.3g} {unit}"
    return f"{seconds_:.3g} s"
