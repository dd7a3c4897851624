"""Values of the loop: on what it works, how it looks at the world, what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.forge.values import Inbox
from deepcat.review.shown import Shown

if TYPE_CHECKING:
    from deepcat.loop.world import Gathered
    from deepcat.records.record import Record
    from deepcat.records.store import Store
    from deepcat.runs.values import Outcome

TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Stage:
    """On what the loop works.

    Attributes:
        root: the catalog's folder.
        commit: what is to hold.
        branch: the branch that is the truth.
        store: the records.
        inbox: where people hear of what failed.
        say: hears what the loop does, a line each.
        tell: hears how each change went.
        timeout_s: how long a model may take until it answers.
        by: who wanted it, for the records.
        log: address of the workflow's run that this is, for the records; may be empty.
        approved: handles of those who approved what was merged, as far as the forge tells.
    """

    root: Path
    commit: str
    branch: str
    store: Store
    inbox: Inbox
    say: Callable[[str], None]
    tell: Callable[[Sequence[Outcome]], None]
    timeout_s: float = TIMEOUT_S
    by: str = ""
    log: str = ""
    approved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the loop plans with, each time it plans anew; see `settle`."""

    touched: Callable[[Gathered], Collection[str]]
    shown: Mapping[str, Shown] | None
    most: int | None
    observe: Callable[[Gathered], Mapping[str, Record]] | None
    clock_jump_s: float


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it.

    Attributes:
        outcomes: of what was carried out.
        refused: deployment -> why it cannot be placed, or would leave its bounds.
        waiting: deployment -> for what it waits.
        untold: why people could not be told of all of it.
    """

    outcomes: tuple[Outcome, ...] = ()
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    untold: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether main and reality agree, as far as this went, and people know of it."""
        told = not self.refused and not self.untold
        return told and all(outcome.ok for outcome in self.outcomes)
