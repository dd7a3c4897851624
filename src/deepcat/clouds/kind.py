"""What one kind of cloud is: a few questions and their answers, as values.

A kind knows no plan, no record and no topology, and holds no state. It says what it takes, sees
what a cloud has, and how a deployment is brought up, reached and found again there; roles do the
rest. Packages bring kinds by the entry point group `deepcat.clouds`; `clouds.registry` finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure
from deepcat.clouds.offers import Offer, Probe
from deepcat.secrets.resolve import resolve
from deepcat.tosca.workload import Workload

Vars: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Means:
    """All of this machine that a kind may use.

    Attributes:
        root: the catalog's folder.
        secret: looks up a reference such as ``env:NAME``; what it gives is masked from then on.
        deadline_s: how long an answer may take.
    """

    root: Path
    secret: Callable[[str], str] = resolve
    deadline_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Reach:
    """How a deployment is reached on a cloud.

    Attributes:
        connection: Ansible's own variables for its hosts, such as ``ansible_host``.
        place: the folder there that holds all of it.
        address: that its services listen on.
    """

    connection: Vars
    place: str
    address: str


@dataclass(frozen=True, slots=True)
class Realised:
    """Which roles bring workloads up, down and in between.

    Attributes:
        roles: role that the type of a node names -> role that does it on this kind; what is not
            named is done by the role of that name.
        folder: where the kind's own roles lie; None when it brings none.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A deployment that is really there.

    Attributes:
        name: the deployment's, by its owner tag or by where it lies.
        owner: the owner tag, as plain data; empty when it cannot be read.
        up: names of its programs, pods or jobs that run.
    """

    name: str
    owner: Vars = field(default_factory=dict)
    up: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """All that bears the catalog's owner tag where a kind could look.

    Attributes:
        found: one for each deployment.
        machine: the one machine that was looked at, as records keep it among a deployment's
            resources; empty when whole clouds were.
        clouds: names of those that answered: what is not found there is gone.
        detail: for a person: what could not be looked at, and why; may be empty.
    """

    found: Sequence[Found] = ()
    machine: str = ""
    clouds: frozenset[str] = frozenset()
    detail: str = ""


class Kind(Protocol):
    """One kind of cloud. What it answers is believed; what it raises is told as its mistake."""

    @property
    def name(self) -> str:
        """The word for `kind` in a cloud's file."""

    @property
    def is_here(self) -> bool:
        """Whether its clouds are the very machine on which deepcat is called."""

    @property
    def schema(self) -> Vars:
        """The JSON Schema of the section in a cloud's file that is named after the kind."""

    @property
    def takes(self) -> frozenset[str]:
        """The kinds of workload that it can run, as `Workload.kind` names them."""

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """What a cloud has now; one that is down is not healthy, and `detail` says why."""

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """How workloads that it takes come to be on an offer, None for where they are. Pure."""

    def reach(self, cloud: Cloud, means: Means, deployment: str) -> Reach:
        """Where a deployment lies on a cloud, and how Ansible gets there. Pure."""

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """What is really there, by owner tag: one listing of each account, not of each deployment.

        Args:
            clouds: all of this kind in the catalog; none when their files are gone.
            means: what may be used.
        """

    def endpoint(self, cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        """Name -> how a client reaches what listens there on an address of the cloud. Pure."""

    def logs(
        self, cloud: Cloud, resources: Vars, means: Means, last: int, follow: bool
    ) -> Iterator[str]:
        """The lines of a deployment's log, the oldest first; none when there is none to be had.

        Args:
            cloud: where it runs.
            resources: what its record keeps of it.
            means: what may be used.
            last: at most so many of what each of its programs has said.
            follow: whether to go on with new lines until somebody ends it.
        """

    def failure(self, result: Vars, unreachable: bool) -> Failure | None:
        """What a failed task's result means, by this kind's own words; None if it says nothing.

        Args:
            result: as Ansible gives it.
            unreachable: whether the host could not be reached at all.
        """
