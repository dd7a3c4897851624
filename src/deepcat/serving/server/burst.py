"""When memory is given back after a burst, and when too much is taken; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deepcat.serving.server.admission import HELD

LOOK_S = 1.0
_BUSY_S = 10.0
# So often after each change, whatever is known: what an answer took goes once all of it is sent.
_TRIES = 4


@dataclass(slots=True)
class Rhythm:
    """When to give memory back: at once, and again, for what is freed later does not show."""

    _least: int = 0
    _left: int = 0
    _last: float = 0.0
    _pause: float = LOOK_S
    _tries: int = 0

    def is_more(self, size: int) -> bool:
        """Whether the process has clearly more than it had at least."""
        return bool(self._least) and size > 1.03 * self._least

    def is_due(self, now: float, size: int, is_idle: bool) -> bool:
        """Whether it is time."""
        if is_idle and self._least:
            self._least = min(self._least, size)  # what went by itself, too
        if not is_idle or abs(size - self._left) > 0.03 * self._left:
            self._pause, self._tries = LOOK_S, 0
        pause = self._pause if is_idle else _BUSY_S
        is_wanted = self._tries < _TRIES and (is_idle or not self._least)
        return (self.is_more(size) or is_wanted) and now - self._last >= pause

    def done(self, now: float, size: int, is_idle: bool) -> None:
        """Note what is left after it; only of an idle process it says what that needs."""
        if is_idle:
            self._least = min(self._least or size, size)
            self._tries += 1
        self._left, self._last = size, now
        self._pause = min(_BUSY_S, 2 * self._pause)


@dataclass(slots=True)
class Growth:
    """Whether what comes slowly takes too much memory, beyond what comes alone.

    Attributes:
        measure: the bytes that the process has.
        most: so many may it grow by while more than one comes.
    """

    measure: Callable[[], int]
    most: int = 2 * HELD
    _before: int = 0

    def is_over(self, slow: int) -> bool:
        """Asked from time to time with how many come slowly."""
        if not slow:
            self._before = 0
            return False
        now = self.measure()
        if slow == 1 or not self._before or now < self._before:
            self._before = now
        return now - self._before > self.most
