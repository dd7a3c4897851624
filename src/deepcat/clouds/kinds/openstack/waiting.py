"""Waiting for a cloud that is slow, silent or in trouble for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from deepcat.clouds.kinds.openstack.asked import RefusedError
from deepcat.clouds.kinds.openstack.refused import judged
from deepcat.host.failure import StepError

_Told = TypeVar("_Told")
LOOK_S: Final = 1.0


def patient(ask: Callable[[], _Told], until: float) -> _Told:
    """An answer of a cloud that may be silent, or in trouble, for a while.

    Raises:
        StepError: it refuses, or is still silent when it is too late.
    """
    while True:
        try:
            return ask()
        except RefusedError as error:
            if not error.is_passing:
                raise
            tick(until, error.message, error.code, error.hint)


def tick(until: float, why: str, code: str, hint: str = "allow more time (`wait`)") -> None:
    """Wait a little.

    Raises:
        StepError: it is too late.
    """
    if time.monotonic() > until:
        raise StepError("cloud", code, f"{why}, and the time that it may take is over", hint)
    time.sleep(LOOK_S)


def unmade(what: str, fault: str) -> StepError:
    """Why something could not be made, by the cloud's own words."""
    words = fault or "it does not say why"
    kind, code, hint = judged(0, words)
    code = "run/build" if code == "run/openstack" else code
    message = f"its {what} could not be made: {' '.join(words.split())[:500]}"
    return StepError(kind.value, code, message, hint)
