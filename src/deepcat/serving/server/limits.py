"""How much one caller may ask: requests at once, and requests a second."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from deepcat.serving.server.admission import FullError

_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """A caller's bounds; 0 for none.

    Attributes:
        in_flight: requests at once.
        rate: requests a second, over time; as many as come in one second may come at once.
    """

    in_flight: int = 0
    rate: float = 0.0


FREE = Limits()


@dataclass(slots=True)
class _Use:
    at: float
    left: float
    running: int = 0


@dataclass(slots=True)
class Ledger:
    """What each caller uses at this moment; asked on the event loop alone.

    Attributes:
        clock: seconds that only grow.
    """

    clock: Callable[[], float]
    _uses: dict[str, _Use] = field(default_factory=dict)

    @contextmanager
    def using(self, name: str, limits: Limits) -> Iterator[None]:
        """Count one request of a caller for as long as it runs.

        Raises:
            FullError: the caller is over a bound.
        """
        use = self._use(name, limits)
        if limits.in_flight and use.running >= limits.in_flight:
            raise FullError(f"{name} has {limits.in_flight} requests under way, as many as it may")
        if limits.rate:
            if use.left < 1:
                wait = math.ceil((1 - use.left) / limits.rate)
                raise FullError(f"{name} may ask {limits.rate:g} times a second", max(1, wait))
            use.left -= 1
        use.running += 1
        try:
            yield
        finally:
            use.running -= 1

    def _use(self, name: str, limits: Limits) -> _Use:
        now, most = self.clock(), max(1.0, limits.rate)
        use = self._uses.get(name)
        if use is None:
            if len(self._uses) >= _KNOWN:
                self._forget(now)
            use = self._uses[name] = _Use(now, most)
        use.left = min(most, use.left + (now - use.at) * limits.rate)
        use.at = now
        return use

    def _forget(self, now: float) -> None:
        idle = [n for n, use in self._uses.items() if not use.running and now - use.at > 60]
        for name in idle:
            del self._uses[name]
