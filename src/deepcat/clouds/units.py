"""How people write sizes, times and shares, as numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

_MEBIBYTES = {
    "": 1.0,
    "B": 2.0**-20,
    "K": 1000 / 2**20, "KB": 1000 / 2**20, "KI": 2.0**-10, "KIB": 2.0**-10,
    "M": 1000**2 / 2**20, "MB": 1000**2 / 2**20, "MI": 1.0, "MIB": 1.0,
    "G": 1000**3 / 2**20, "GB": 1000**3 / 2**20, "GI": 2.0**10, "GIB": 2.0**10,
    "T": 1000**4 / 2**20, "TB": 1000**4 / 2**20, "TI": 2.0**20, "TIB": 2.0**20,
}  # fmt: skip
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AMOUNT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z%]*)\s*\Z")

Quotas: TypeAlias = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]

EVERYONE = "*"
# What an owner may have only so much of -> its unit in words.
RESOURCES = {
    "deployments": "deployments",
    "accelerators": "accelerators",
    "cpus": "cores",
    "memory": "MiB of memory",
    "price_hour": "price an hour",
}


def mebibytes(value: Any) -> int:
    """``"40GiB"``, ``"64 GB"`` or a number of MiB as whole MiB; 0 for what says no size."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value)
    match = _AMOUNT.match(value) if isinstance(value, str) else None
    factor = _MEBIBYTES.get(match[2].upper()) if match else None
    return round(float(match[1]) * factor) if match and factor is not None else 0


def seconds(value: Any) -> float | None:
    """``"90s"``, ``"15min"``, ``"12h"``, ``"30d"`` or a number of seconds; None for none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = _AMOUNT.match(value) if isinstance(value, str) else None
    factor = _SECONDS.get(match[2]) if match else None
    return float(match[1]) * factor if match and factor is not None else None


def share(value: Any) -> float:
    """``0.995``, ``99.5`` or ``"99.5%"`` as 0 to 1; 0 for what says no share."""
    if isinstance(value, Mapping):
        value = value.get("availability")
    match = _AMOUNT.match(str(value)) if value is not None else None
    if not match or match[2] not in ("", "%"):
        return 0.0
    number = float(match[1])
    return min(number / 100 if number > 1 or match[2] else number, 1.0)


def quotas(value: Any) -> Quotas:
    """Owner -> resource -> limit as a file says it; memory in MiB, `*` for everyone else."""
    if not isinstance(value, Mapping):
        return ()
    return tuple(
        (str(owner).removeprefix("@"), _limits(limits))
        for owner, limits in sorted(value.items())
        if isinstance(limits, Mapping)
    )


def _limits(limits: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple(
        (name, float(mebibytes(limits[name]) if name == "memory" else limits[name]))
        for name in RESOURCES
        if limits.get(name) is not None
    )


def human_memory(mebibytes_: int) -> str:
    """MiB as people say it: ``40 GiB``, ``512 MiB``."""
    if mebibytes_ >= 1024:
        return f"{mebibytes_ / 1024:.4g} GiB"
    return f"{mebibytes_} MiB"


def human_time(seconds_: float) -> str:
    """Seconds as people say them: ``40 s``, ``15 min``, ``2.5 h``, ``30 d``."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds_ >= size:
            return f"{seconds_ / size:.3g} {unit}"
    return f"{seconds_:.3g} s"
