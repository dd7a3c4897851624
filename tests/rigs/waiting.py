"""Waiting until something is so."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(check: Callable[[], T], patience_s: float = 120.0, pause_s: float = 0.02) -> T:
    """What a check gives, as soon as that counts as true.

    Raises:
        AssertionError: it never did.
    """
    end = time.monotonic() + patience_s
    while not (value := check()):
        assert time.monotonic() < end, f"it was not so within {patience_s:.0f} s"
        time.sleep(pause_s)
    return value
