"""What several hold at once, and the last one lets go of: one thing for each key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Things that are made when somebody first asks for them.

    Args:
        end: lets go of one that nobody holds any more.
    """

    def __init__(self, end: Callable[[T], None]) -> None:
        self._end = end
        self._lock = threading.Lock()
        self._held: dict[Hashable, tuple[T, int]] = {}

    def take(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing of this key, to be given back once; others may hold it, too.

        Args:
            key: what tells one from another.
            make: one, where there is none; what it raises, whoever asked is told.
        """
        with self._lock:
            known = self._held.get(key)
            thing, holders = known or (make(), 0)
            self._held[key] = thing, holders + 1
            return thing

    def give_back(self, key: Hashable) -> None:
        """Hold it no more."""
        with self._lock:
            thing, holders = self._held.pop(key)
            if holders > 1:
                self._held[key] = thing, holders - 1
                return
        self._end(thing)
