"""A version of a model: its state, and what is known of it from before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from deepcat.serving.contract.policy import Past
from deepcat.serving.contract.status import Code
from deepcat.serving.models.folders import Look
from deepcat.serving.models.servable import Servable


class State(IntEnum):
    """A version's life, by TensorFlow Serving's numbers."""

    UNKNOWN = 0
    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """One version of a model as seen from outside."""

    version: int
    state: State
    code: Code = Code.OK
    message: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """When a version is looked at or tried again.

    Attributes:
        settle_s: seconds for which files must not change before they are believed to be whole.
        retries: how often a version that does not load is tried again, its files unchanged.
        retry_s: seconds before each such try.
    """

    settle_s: float = 1.0
    retries: int = 0
    retry_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One version inside the table; replaced whole when it changes.

    Attributes:
        status: as seen from outside.
        servable: what answers requests.
        tried: the files that were loaded last, or did not load.
        failed: whether they did not load.
        tries: how often they did not.
        retry_at: when to try once more; 0 for never.
    """

    status: VersionStatus
    servable: Servable | None = None
    tried: Look | None = None
    failed: bool = False
    tries: int = 0
    retry_at: float = 0.0

    def past(self, now: float) -> Past:
        """What is known of it from before, at a time of `time.monotonic`."""
        if self.tried is None:
            return Past()
        return Past(
            self.tried.content,
            self.tried.stamp,
            failed=self.failed,
            ended=self.servable is None and not self.failed,
            retry=0 < self.retry_at <= now,
        )
