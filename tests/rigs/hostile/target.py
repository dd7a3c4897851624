"""A server under attack, one request of the attack, and what came back."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What says that the server is at fault, where the client was.
DISHONEST = ("500", "502", "INTERNAL", "UNKNOWN", "DATA_LOSS")


@dataclass(frozen=True)
class Target:
    """A server under attack, which serves `half` and perhaps more."""

    rest_port: int
    grpc_address: str
    pid: int

    @property
    def resident(self) -> int:
        """Its memory, in bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * 4096

    @property
    def files(self) -> int:
        """Its open files."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


@dataclass
class Report:
    """What came back: how often which, by kind of request."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    worst: list[str] = field(default_factory=list)

    def add(self, kind: str, answer: str, sent: bytes) -> None:
        self.counts[kind, answer] += 1
        if answer in DISHONEST:
            self.worst.append(f"{kind} {answer}: {sent[:300]!r}")

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Shot:
    """One request to be made and sent."""

    target: Target
    channel: Any
    chance: random.Random
    report: Report
    kind: str
