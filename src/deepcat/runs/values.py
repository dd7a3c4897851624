"""What a run is made of: its jobs, events and outcomes, and what keeps its journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.offers import Offer
from deepcat.plan.values import Action, Change, State, Wish


class Aside(StrEnum):
    """What becomes of a machine that nobody needs now."""

    STOPPED = "stopped"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Former:
    """What a deployment was brought up from: it alone says how to take away what that made.

    Attributes:
        wish: the deployment, its module and topology, as they were applied.
        tree: where the module's files lie as they were.
    """

    wish: Wish
    tree: Tree


@dataclass(frozen=True, slots=True)
class Job:
    """One change with all that carrying it out needs.

    Attributes:
        change: what shall happen.
        wish: what it is made from; None on delete.
        before: what is known of the deployment now; None when nothing is.
        former: what `before` was made from; None when nothing was, or it cannot be read.
        begun: what attempts were made from that were cut off since, the last one last.
        notes: what a person should know of it, such as why `former` cannot be read.
        training: what a run says of trainings besides their nodes: ``again``, ``halt``, ``afresh``,
            ``more_s``; see `deepcat.host.job.wanted`.
        aside: what becomes of its machine, of a job that does nothing else; None for any other.
        is_copy: whether it takes away an older copy of what runs elsewhere, whose record stays.
    """

    change: Change
    wish: Wish | None = None
    before: State | None = None
    former: Former | None = None
    begun: tuple[Former, ...] = ()
    notes: tuple[str, ...] = ()
    is_copy: bool = False
    aside: Aside | None = None
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.change.deployment

    def shape(self, offer: Offer | None) -> str:
        """The shape that it is given: the offer's, or for None the one that it has."""
        return offer.shape if offer else (self.before.shape if self.before else "")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run, as it happens.

    Attributes:
        kind: ``start`` or ``end`` of a step, or ``note``.
        deployment: its name; empty when the whole run is meant.
        step: in words.
        done: steps that ended so far, of all deployments.
        total: steps in all; 0 when not known.
        ok: whether the step went well; of an ``end`` only.
    """

    kind: str
    deployment: str
    step: str
    done: int = 0
    total: int = 0
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one change went.

    Attributes:
        job: what was asked.
        state: what is known of the deployment now; None when it is gone.
        ok: whether it is as asked.
        samples: the comparison: {"passed", "failed", "at"}.
        failures: one for each cloud tried.
        changed: whether anything was done to the deployment.
        begun: whether its intent was written; if not, another run works on it, or nothing can be
            written, and so nothing of it was touched or recorded.
        seconds: how long it took.
        run: the run's id.
        price_hour: of the offer used.
        is_known: whether how it ended is written down; if not, its intent stays, and the next run
            finishes or undoes what was begun.
        notes: what went otherwise than planned without failing the change, such as a script of the
            old version that did not run, so that what it should take away may be left; and which
            form of a model serves, where it has two.
        passed: why it was not done where it was tried before it went well.
        left: why something of it may be left where it was to be taken away, one for each place.
    """

    job: Job
    state: State | None
    ok: bool
    samples: Mapping[str, Any] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    changed: bool = True
    begun: bool = True
    seconds: float = 0.0
    run: str = ""
    price_hour: float = 0.0
    is_known: bool = True
    notes: tuple[str, ...] = ()
    passed: tuple[Failure, ...] = ()
    left: tuple[Failure, ...] = ()

    @property
    def may_be_left(self) -> bool:
        """Whether what was to be taken away is not known to be gone."""
        return self.is_kept or bool(self.left)

    @property
    def is_kept(self) -> bool:
        """Whether it was to go, and did not, or not whole."""
        return self.job.change.action is Action.DELETE and self.job.aside is None and not self.ok

    @property
    def refused(self) -> tuple[Failure, ...]:
        """What somebody must mend although it went well elsewhere: credentials refused."""
        return tuple(each for each in self.passed if each.kind is FailureKind.AUTH)


class Journal(Protocol):
    """Where intents, steps and outcomes are written down before anything else happens."""

    def begin(self, job: Job, run: str, offer: Offer | None) -> None:
        """Write the intent; nothing was changed before.

        Raises:
            DeepcatError: another run works on this deployment (``run/busy``).
        """

    def step(self, deployment: str, step: str) -> None:
        """A step begins."""

    def finish(self, outcome: Outcome) -> None:
        """Write the outcome; the intent is done with."""


@dataclass(frozen=True, slots=True)
class Ground:
    """On what a run stands.

    Attributes:
        root: the folder that holds `.deepcat/`.
        tree: what was planned.
        commit: planned; empty when the tree has other content.
        clouds: by name.
        journal: for intents and outcomes.
        say: called with what happens, as it happens, from any thread.
        timeout_s: how long a model may take until it answers.
    """

    root: Path
    tree: Tree
    commit: str
    clouds: Mapping[str, Cloud]
    journal: Journal
    say: Callable[[Event], None] = field(default=lambda _: None)
    timeout_s: float = 300.0
