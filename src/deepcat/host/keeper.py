"""Who keeps the programs of deployments running on a host, and how one is asked to.

A keeper starts what it is given and starts it again when it ends; whoever asks knows no more of it
than stands here. The place of a deployment remembers which one it has.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deepcat.host.processes import Process

How = Mapping[str, Any]

_HERE = "deepcat.host.supervisor"
# The variable by which a keeper tells a program that ends by itself who it is: it may start the
# very same again, as a batch system does after a node failed.
TICKET = "DEEPCAT_TICKET"
# The exit status of one that `resumes` and has kept enough to go on from.
GOES_ON = 75
# Words of a command that a keeper whose programs choose where they listen puts something in for.
ADDRESS, REST, GRPC = "{address}", "{rest}", "{grpc}"


@dataclass(frozen=True)
class Listens:
    """Where a program listens.

    Attributes:
        address: of the host that it runs on, as its reader reaches it.
        rest: port of REST.
        grpc: port of gRPC.
    """

    address: str
    rest: int
    grpc: int


@dataclass(frozen=True)
class Program:
    """What a keeper knows of one program.

    Attributes:
        name: as added.
        state: ``STARTING``, ``RUNNING``, ``BACKOFF``, ``STOPPING``, ``EXITED``, ``FATAL``, …
        pid: of its process, or what else stands for it there; 0 when there is none.
        since: when it started, seconds since 1970.
        reason: why it could not be started, or what it waits for; may be empty.
        kind: of the failure that `reason` words; empty when the program's own log says more.
        listens: where, told by a program that chooses it; None when it does not, or not yet.
    """

    name: str
    state: str
    pid: int
    since: int
    reason: str = ""
    kind: str = ""
    listens: Listens | None = None

    @property
    def is_up(self) -> bool:
        """Whether it runs or is about to."""
        return self.state in ("STARTING", "RUNNING")


@dataclass(frozen=True)
class Elsewhere:
    """How a keeper's programs run when that is not on the machine that asks for them.

    Their commands name `ADDRESS`, `REST` and `GRPC` where they listen, for they choose that
    themselves; their boxes are made by what the machine gives that they come to.

    Attributes:
        patience_s: how long one may wait until it starts.
        lasts_s: after how long one that is not followed by another is asked to end; 0 for never.
    """

    patience_s: float = 0.0
    lasts_s: float = 0.0


@dataclass(frozen=True)
class Once:
    """Says of a program that it ends by itself, and is not started again then.

    Attributes:
        time_s: how long it may take, which it sees to itself; 0 when nobody says.
        queue: of a batch system in which it shall wait; empty for the usual one.
        resumes: whether it goes on where it was when it is begun again with the same ticket. Before
            a batch system's time for it is over it is asked to end, and ends with `GOES_ON`.
        listens: whether it listens where a keeper whose programs choose that lets it. It is asked
            to end before its time is over, too, and nothing follows.
    """

    time_s: float = 0.0
    queue: str = ""
    resumes: bool = False
    listens: bool = False


class Keeper(Protocol):
    """The keeper of the deployments below one folder, for whoever adds and removes programs."""

    @property
    def elsewhere(self) -> Elsewhere | None:
        """How programs run on machines that they choose; None when they run on this very one."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold it while programs are added or removed."""

    def programs(self) -> dict[str, Program]:
        """All programs by name; empty when there are none."""

    def names(self) -> list[str]:
        """All programs that it keeps, or would keep again as it begins."""

    def add(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        owner: Mapping[str, Any] | None = None,
        once: Once | None = None,
    ) -> None:
        """Start a program and keep it running; one of that name is replaced.

        Args:
            name: the deployment's, `~`, and more.
            argv: what to run; see `Elsewhere` for what it may name.
            log: where its output goes.
            owner: the owner tag of its deployment.
            once: where it ends by itself; its end stays known until it is removed.

        Raises:
            StepError: it cannot be kept.
        """

    def remove(self, *names: str) -> None:
        """Stop programs and forget them; with the last one goes what the keeper has of its own."""

    def loose(self) -> tuple[Process, ...]:
        """What runs for this catalog's deployments here and would not be brought up again."""

    def end_loose(self, deployment: str) -> None:
        """End what is loose of a deployment."""


def keeper_of(local: Path, how: How) -> Keeper:
    """The keeper of a catalog's deployments on this host.

    Args:
        local: the folder that holds them.
        how: `module` names who it is, which has a class `Keeper`, the rest are its settings; empty
            for supervisord.
    """
    module = importlib.import_module(str(how.get("module") or _HERE))
    made: Keeper = module.Keeper(local, how)
    return made
