"""When a notebook is to stop: nobody uses it, or its time has come. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# So long before a stop somebody is warned, at the most.
WARNING_S = 300.0


@dataclass(frozen=True)
class Bounds:
    """When it is to stop.

    Attributes:
        idle_s: after how long without use; 0 for never.
        until: at what time, seconds since 1970; 0 for none.
        leaves: at what time it must leave its machine, as a batch system says; 0 for never.
    """

    idle_s: float = 0
    until: float = 0
    leaves: float = 0

    def stops_at(self, last: float) -> float:
        """When it stops if nobody uses it from now on; 0 for never.

        Args:
            last: when it was used last, seconds since 1970.
        """
        all_ = [last + self.idle_s if self.idle_s else 0.0, float(self.until), float(self.leaves)]
        return min((at for at in all_ if at), default=0.0)

    def reason(self, last: float) -> str:
        """What ends it first: ``idle``, ``until``, ``job``; empty where nothing does.

        Args:
            last: as of `stops_at`.
        """
        at = self.stops_at(last)
        if not at:
            return ""
        return "job" if at == self.leaves else "until" if at == self.until else "idle"

    def why(self, now: float) -> str:
        """Why it stops now; empty where no time has come but that nobody uses it."""
        if self.leaves and now >= self.leaves:
            return "the time of its job is over"
        return "its time is over" if self.until and now >= self.until else ""

    def warns_at(self, last: float) -> float:
        """When somebody is warned of it; 0 for never."""
        at = self.stops_at(last)
        return at - min(WARNING_S, self.idle_s / 4 if self.idle_s else WARNING_S) if at else 0.0


def last_use(
    known: float,
    now: float,
    kernels: Sequence[Mapping[str, Any]],
    terminals: Sequence[Mapping[str, Any]],
    *,
    computes: bool = False,
) -> float:
    """When it was used last: by a kernel or on a card that computes, by a cell, in a terminal.

    Args:
        known: what was known before, files that changed among it.
        now: the time.
        kernels: as `/api/kernels` tells them.
        terminals: as `/api/terminals` does.
        computes: whether it is in use otherwise, as by what computes on a graphics card.
    """
    if computes or any(each.get("execution_state") == "busy" for each in kernels):
        return now
    told = [_time(each.get("last_activity")) for each in (*kernels, *terminals)]
    return min(now, max([known, *told]))


def _time(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
