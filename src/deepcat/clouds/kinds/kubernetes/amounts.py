"""Quantities as Kubernetes writes them. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_FORM = re.compile(
    r"([+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?)(?:[eE]([+-]?[0-9]{1,2})|([a-zA-Z]{0,2}))\Z"
)
_SMALL = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)}
_LARGE = {each: Decimal(1000) ** power for power, each in enumerate("kMGTPE", 1)}
_BINARY = {f"{each}i": Decimal(1024) ** power for power, each in enumerate("KMGTPE", 1)}
_FACTORS = {**_SMALL, **_LARGE, **_BINARY}


def amount(value: Any) -> float:
    """``500m``, ``2``, ``1Gi`` or ``1e3`` as a number; 0 for what is no quantity."""
    found = _FORM.match(str(value))
    if found is None:
        return 0.0
    if found[2]:
        return float(Decimal(found[1]).scaleb(int(found[2])))
    factor = _FACTORS.get(found[3] or "")
    return 0.0 if factor is None else float(Decimal(found[1]) * factor)


def mebibytes(value: Any) -> int:
    """A quantity of bytes as whole MiB, rounded down."""
    return int(amount(value) // (1 << 20))
