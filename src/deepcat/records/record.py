"""A record: what is known of a deployment now, and how it came to be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.plan.values import State

RECORD_FORMAT = "deepcat-record/v1"


@dataclass(frozen=True, slots=True)
class Record:
    """One file on the records ref.

    Attributes:
        state: what is known now.
        intent: what was begun and not yet finished: {"action", "run", "step", "since", …}; empty
            when nothing is under way. Written before anything is changed.
        samples: the last comparison: {"passed", "failed", "at"}.
        price_hour: of the offer that is used, in the catalog's currency.
        created: ISO 8601 instant, UTC.
        updated: ISO 8601 instant, UTC.
        failures: causes of the last failed apply, one for each cloud tried; empty after a success.
    """

    state: State
    intent: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, Any] = field(default_factory=dict)
    price_hour: float = 0.0
    created: str = ""
    updated: str = ""
    failures: tuple[Mapping[str, Any], ...] = ()
