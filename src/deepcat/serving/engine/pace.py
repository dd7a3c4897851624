"""Which threads run a graph's operations: the one that calls, or TensorFlow's own; pure."""

from __future__ import annotations

import math

# Runs by which each way is known, and after how many the other way is tried again.
_TRIALS = 4
_AGAIN = 256
# Runs after which only one of so many is looked at closely.
_KNOWN = 32
_LOOK = 16
# How much quicker TensorFlow's threads must be: they cost the machine more than the caller's.
_GAIN = 0.8
_QUICK_S = 0.001
# A run whose deadline is so many times farther than it takes needs no watch.
_FAR = 20
_USUAL = 4


class Pace:
    """How long runs of one graph take, in the thread that calls and in TensorFlow's threads.

    Handing operations to other threads pays where a graph has branches, or else costs more than
    it gives. So both ways are tried, and the quicker one is kept. Threads may race in here: a
    number that is lost changes nothing but when a way is tried again.
    """

    __slots__ = ("_busy", "_bytes", "_caller", "_pool", "_runs", "watched")

    def __init__(self) -> None:
        self._runs = 0
        self._caller = math.inf
        self._pool = math.inf
        # Of runs in the caller's thread the processor's seconds: on a busy machine the clock says
        # more of others than of the run.
        self._busy = math.inf
        self._bytes = 0.0
        # Whether the next run's processor time is to be taken: the kernel gives it dearly, and a
        # run that is quick by the clock is quick.
        self.watched = True

    @property
    def quick(self) -> bool:
        """Whether a run in the caller's thread takes less than handing it to another would."""
        return self._busy < _QUICK_S

    def usual(self, size: int) -> bool:
        """Whether inputs of so many bytes take about as long as those before."""
        return size <= _USUAL * self._bytes

    def in_caller(self, size: int, timeout_ms: int = 0) -> bool:
        """Whether the next run is to be in the thread that calls, where nothing can stop it.

        Args:
            size: bytes of its inputs.
            timeout_ms: until when it must be stopped; 0 for no bound.
        """
        if timeout_ms:
            seconds = min(self._caller, self._pool)
            if not self.usual(size) or seconds * 1000 * _FAR > timeout_ms:
                return False
        if self._runs <= _TRIALS:
            return False
        if self._runs <= 2 * _TRIALS:
            return True
        is_best = self._busy < _QUICK_S or self._pool > _GAIN * self._caller
        return is_best if self._runs % _AGAIN else not is_best

    def add(self, in_caller: bool, size: int, seconds: float, busy: float | None) -> None:
        """Learn from a run.

        Args:
            in_caller: where it was.
            size: bytes of its inputs.
            seconds: that it took.
            busy: processor seconds of the calling thread; None where nobody looked.
        """
        self._runs += 1
        self.watched = seconds >= _QUICK_S or self._runs < _KNOWN or not self._runs % _LOOK
        if self._runs == 1:
            return  # it prepared the graph as well
        self._bytes = max(size, self._bytes + 0.05 * (size - self._bytes))
        if in_caller:
            self._caller = _moved(self._caller, seconds, 0.1)
            if busy is not None:
                # A slow run counts for more than a quick one.
                self._busy = _moved(self._busy, busy, 0.2 if busy < self._busy else 0.4)
        else:
            self._pool = _moved(self._pool, seconds, 0.1)


def _moved(average: float, sample: float, weight: float) -> float:
    """An average that follows its samples."""
    return sample if average == math.inf else average + weight * (sample - average)
