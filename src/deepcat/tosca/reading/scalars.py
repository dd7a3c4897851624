"""TOSCA's scalar units, versions and times: text into something that compares. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

_SIZE: Final = {
    unit.upper(): factor
    for power, letter in enumerate("kMGT", 1)
    for unit, factor in ((f"{letter}B", 1000**power), (f"{letter}iB", 1024**power))
} | {"B": 1}
_TIME: Final = {
    "D": Decimal(86400),
    "H": Decimal(3600),
    "M": Decimal(60),
    "S": Decimal(1),
    "MS": Decimal(10) ** -3,
    "US": Decimal(10) ** -6,
    "NS": Decimal(10) ** -9,
}
_FREQUENCY: Final = {"HZ": 1, "KHZ": 10**3, "MHZ": 10**6, "GHZ": 10**9}
_BITRATE: Final = {
    f"{letter}{unit}".upper(): factor * scale
    for letter, factor in (
        ("", 1),
        ("K", 10**3),
        ("Ki", 2**10),
        ("M", 10**6),
        ("Mi", 2**20),
        ("G", 10**9),
        ("Gi", 2**30),
        ("T", 10**12),
        ("Ti", 2**40),
    )
    for unit, scale in (("bps", 1),)
}
UNITS: Final = {
    "scalar-unit.size": _SIZE,
    "scalar-unit.time": _TIME,
    "scalar-unit.frequency": _FREQUENCY,
    "scalar-unit.bitrate": _BITRATE,
}
_SCALAR = re.compile(r"\s*([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([A-Za-z]{1,4})\s*\Z")
_VERSION = re.compile(
    r"([0-9]{1,9})(?:\.([0-9]{1,9})(?:\.([0-9]{1,9})(?:\.([A-Za-z]\w{0,30})(?:-([0-9]{1,9}))?)?)?)?\Z"
)


def quantity(text: object, type_name: str) -> Decimal | None:
    """A scalar in its base unit (bytes, seconds, hertz, bits a second); None when it is not one."""
    match = _SCALAR.match(text) if isinstance(text, str) else None
    factor = UNITS[type_name].get(match[2].upper()) if match else None
    return None if match is None or factor is None else Decimal(match[1]) * factor


def mebibytes(text: object) -> int:
    """A size as whole MiB, rounded to the nearest; 0 when it is not one."""
    size = quantity(text, "scalar-unit.size")
    return 0 if size is None else round(size / 1024**2)


def version(text: object) -> tuple[int, int, int, str, int] | None:
    """A TOSCA version as something that compares; None when it is not one."""
    match = _VERSION.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    major, minor, fix, qualifier, build = match.groups()
    return (int(major), int(minor or 0), int(fix or 0), qualifier or "", int(build or 0))


def timestamp(text: object) -> datetime | None:
    """An ISO 8601 instant, in UTC where it names no zone; None when it is not one."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
