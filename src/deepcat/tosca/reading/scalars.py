"""TOSCA's scalar units, versions and times: text into something that compares. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from deepcat import quantities
from deepcat.quantities import Spelling, prefixed

_SIZE: Final = Spelling(
    {"B": Decimal(1)} | prefixed("B"),
)
_TIME: Final = Spelling(
    {
        "D": Decimal(86400),
        "H": Decimal(3600),
        "M": Decimal(60),
        "S": Decimal(1),
        "MS": Decimal(10) ** -3,
        "US": Decimal(10) ** -6,
        "NS": Decimal(10) ** -9,
    }
)
_FREQUENCY: Final = Spelling(
    {"HZ": Decimal(1), "KHZ": Decimal(10**3), "MHZ": Decimal(10**6), "GHZ": Decimal(10**9)}
)
_BITRATE: Final = Spelling({"BPS": Decimal(1)} | prefixed("BPS"))
UNITS: Final = {
    "scalar-unit.size": _SIZE,
    "scalar-unit.time": _TIME,
    "scalar-unit.frequency": _FREQUENCY,
    "scalar-unit.bitrate": _BITRATE,
}
_VERSION = re.compile(
    r"([0-9]{1,9})(?:\.([0-9]{1,9})(?:\.([0-9]{1,9})(?:\.([A-Za-z]\w{0,30})(?:-([0-9]{1,9}))?)?)?)?\Z"
)


def quantity(text: object, type_name: str) -> Decimal | None:
    """A scalar in its base unit (bytes, seconds, hertz, bits a second); None when it is not one."""
    return UNITS[type_name].read(text)


def mebibytes(text: object) -> int:
    """A size as whole MiB, rounded to the nearest; 0 when it is not one."""
    return quantities.mebibytes(text, _SIZE) if isinstance(text, str) else 0


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
