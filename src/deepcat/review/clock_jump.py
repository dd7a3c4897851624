"""Whether the clock can be believed: what a lifetime's end hangs on must not be a jump. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from deepcat.foreign import read_json

# So much a clock may be set right by between two looks without being suspect.
ALLOWED_S = 300.0
ALLOWED_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Both clocks, read at once.

    Attributes:
        wall: seconds since 1970, which people and daemons may set.
        steady: seconds since some moment, which only ever go forward.
        boot: of the machine; the steady clocks of two boots cannot be compared.
    """

    wall: float
    steady: float
    boot: str


def jump(before: ClockReading | None, now: ClockReading) -> float:
    """By how many seconds the wall clock was set since the last look; 0 when that is unknown."""
    if before is None or before.boot != now.boot or now.steady < before.steady:
        return 0.0
    steady = now.steady - before.steady
    moved = (now.wall - before.wall) - steady
    return moved if abs(moved) > ALLOWED_S + ALLOWED_SHARE * steady else 0.0


def to_json(reading: ClockReading) -> str:
    """The reading as a file."""
    return json.dumps(asdict(reading)) + "\n"


def from_json(text: str) -> ClockReading | None:
    """The reading that was kept; None when there is none that can be read."""
    try:
        data = read_json(text)
        return ClockReading(float(data["wall"]), float(data["steady"]), str(data["boot"]))
    except (ValueError, KeyError, TypeError):
        return None
