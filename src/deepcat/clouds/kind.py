"""What one kind of cloud is: a few questions and their answers, as values.

A kind knows no plan, no record and no topology, and holds no state. It says what it takes, sees
what a cloud has, and how a deployment is brought up, reached and found again there; roles do the
rest. Packages bring kinds by the entry point group `deepcat.clouds`; `clouds.registry` finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure
from deepcat.clouds.offers import Offer, Probe
from deepcat.remote.link import Link
from deepcat.secrets.resolve import resolve
from deepcat.tosca.workload import Workload

Vars: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Means:
    """All of this machine that a kind may use.

    Attributes:
        root: the catalog's folder.
        catalog: the catalog's id, which owner tags bear; see `deepcat.catalog.identity`.
        secret: looks up a reference such as ``env:NAME``; what it gives is masked from then on.
        deadline_s: how long an answer may take.
        holder: which process asks, where that is told to who comes later; see `records.lease`.
    """

    root: Path
    catalog: str = ""
    secret: Callable[[str], str] = resolve
    deadline_s: float = 20.0
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What must lie on a host before anything can run there.

    Attributes:
        base: the folder there that holds it; a leading ``~/`` is the home of who logs in.
        serves: whether servers will run there, which takes TensorFlow and more.
        gpu: whether they will compute on graphics cards.
        cache: a folder that the host sees and that may hold it already; empty for none.
        index: address of a package index that the host reaches; empty for none.
        image: of a container that brings it, by digest; empty for none.
        ways: by which it may come, in the order that they are tried: ``registry``, ``cache``,
            ``index``, ``push``; empty for all in that order.
        python: a program of the host that is asked before others; empty for none.
    """

    base: str
    serves: bool = True
    gpu: bool = False
    cache: str = ""
    index: str = ""
    image: str = ""
    ways: tuple[str, ...] = ()
    python: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a deployment is reached on a cloud.

    Attributes:
        connection: Ansible's own variables for its hosts, such as ``ansible_host``.
        place: the folder there that holds all of it; a leading ``~/`` is the home of who logs in.
        address: that its services listen on.
        keeper: who keeps programs running there: ``module`` names it, the rest are its settings;
            empty for supervisord. See `deepcat.host.keeper`.
        travels: packages of ours that the keeper needs there, besides `deepcat.host`.
        ground: what must lie there first; None where deepcat itself is installed.
        link: how a command is run there by `ssh`; None for this machine.
        proxy: what shall stand before its servers and bring TLS, as the section of a cloud's file
            has it; empty for nothing. See `deepcat.host.proxy`.
    """

    connection: Vars
    place: str
    address: str
    keeper: Vars = field(default_factory=dict)
    travels: tuple[str, ...] = ()
    ground: Ground | None = None
    link: Link | None = None
    proxy: Vars = field(default_factory=dict)


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
        loose: those that run, too, but would not be brought up again: what looked after them is
            gone.
        altered: files of it that somebody changed since they were fetched, relative to its place.
        cloud: where it was found; empty where it can be in one place alone.
        shape: in which shape it was found, of a cloud whose hosts are looked at one by one.
        listens: program -> ``address``, ``rest`` and ``grpc``, of those that choose themselves
            where they listen, and so may listen elsewhere than its owner tag says.
        stopped: of its places to develop those that were stopped, by program, and why; empty where
            that is not known.
        waits: for what its address waits, in words; empty for nothing.
    """

    name: str
    owner: Vars = field(default_factory=dict)
    up: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    altered: tuple[str, ...] = ()
    cloud: str = ""
    shape: str = ""
    listens: Mapping[str, Vars] = field(default_factory=dict)
    stopped: Mapping[str, str] = field(default_factory=dict)
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """All that bears the catalog's owner tag where a kind could look.

    Attributes:
        found: one for each deployment.
        machine: the one machine that was looked at, as records keep it among a deployment's
            resources; empty when whole clouds were.
        folder: the one folder of that machine that was looked in; empty when all of it was.
        clouds: names of those that answered: what is not found there is gone.
        shapes: cloud and shape of those that answered, of clouds that answered in part.
        lag_s: for how long what was made there may not be listed yet.
        detail: for a person: what could not be looked at, and why; may be empty.
    """

    found: Sequence[Found] = ()
    machine: str = ""
    folder: str = ""
    clouds: frozenset[str] = frozenset()
    shapes: frozenset[tuple[str, str]] = frozenset()
    lag_s: float = 0.0
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
        """The JSON Schema of the section in a cloud's file that is named after the kind.

        A property that only names an object which keeps a secret says ``x-names-a-secret: true``.
        """

    @property
    def takes(self) -> frozenset[str]:
        """The kinds of workload that it can run, as `Workload.kinds` names them.

        Besides, the sections of a wish that it carries out: ``access``, ``access.oidc``,
        ``access.tls``; and ways in which it mounts data: ``data.mount``, ``data.path``,
        ``data.nfs``, ``data.claim``.
        """

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """What a cloud has now; one that is down is not healthy, and `detail` says why."""

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """How workloads that it takes come to be on an offer, None for where they are. Pure."""

    def reach(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
        """Where a deployment lies on a cloud, and how Ansible gets there.

        Args:
            cloud: where.
            means: what may be used.
            deployment: its name.
            shape: that it was given there, by its name; empty when that is not known.
        """

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """What is really there, by owner tag: one listing of each account, not of each deployment.

        Args:
            clouds: all of this kind in the catalog; none when their files are gone.
            means: what may be used.
        """

    def endpoint(self, cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        """Name -> how a client reaches what listens there on an address of the cloud. Pure.

        What only the machine itself reaches stays as it is: `tunnel` leads there.
        """

    def tunnel(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        endpoints: Mapping[str, str],
        means: Means,
    ) -> AbstractContextManager[Mapping[str, str]]:
        """Name -> an address that this machine reaches, for as long as it is held.

        Args:
            cloud: where it runs.
            deployment: its name.
            shape: that it was given there.
            endpoints: as its record, or its owner tag, has them.
            means: what may be used.

        Raises:
            DeepcatError: no way leads there (``run/tunnel``).
        """

    def shell(self, cloud: Cloud, deployment: str, shape: str, means: Means) -> Sequence[str]:
        """The command that opens a shell where a deployment lies.

        Raises:
            DeepcatError: there is none to be had (``run/shell``).
        """

    def logs(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        resources: Vars,
        means: Means,
        last: int,
        follow: bool,
    ) -> Iterator[str]:
        """The lines of a deployment's log, the oldest first; none when there is none to be had.

        Args:
            cloud: where it runs.
            deployment: its name.
            shape: that it was given there.
            resources: what its record keeps of it. Somebody else may have written that: nothing is
                opened or asked by it that the kind could not have made.
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


@runtime_checkable
class Taking(Protocol):
    """What a kind answers besides, whose deployments lie in no folder of a host."""

    def take(self, cloud: Cloud, means: Means, values: Vars) -> Vars:
        """Take a step of a run; see `deepcat.host.steps.take`, of which it has the results.

        It is called in the process that carries the plan out, so that no credentials are given to
        Ansible. No script of a module runs there, and its probes say so; they also say what it
        carries out of what topologies ask of roles.

        Args:
            cloud: where.
            means: what may be used.
            values: as a host's steps have them.
        """


@runtime_checkable
class Previewing(Protocol):
    """What a kind answers besides, whose clouds can try a change and forget it."""

    def preview(self, cloud: Cloud, means: Means, steps: Sequence[Vars]) -> tuple[str, ...]:
        """What a run would alter there, a line each, or why that is not known. Changes nothing.

        Args:
            cloud: where.
            means: what may be used.
            steps: that its roles would take, in order, each with the values that `Taking.take` has
                then; what is only known in a run, such as a secret, is not in them.
        """


@runtime_checkable
class Granting(Protocol):
    """What a kind answers besides, whose clouds let somebody do what a text of its says."""

    def rights(self, cloud: Cloud, who: Sequence[tuple[str, str]], may: str, form: str) -> str:
        """The least that lets somebody work there, for who runs the cloud to apply. Pure.

        Args:
            cloud: where.
            who: ``user``, ``group`` or ``account``, each with its name.
            may: ``apply`` to bring up and take down, ``read`` to ask and look.
            form: ``rbac`` or ``abac``.

        Raises:
            DeepcatError: the cloud's file does not say where that is.
        """


@runtime_checkable
class Making(Protocol):
    """What a kind answers besides, each of whose deployments has a machine of its own.

    It is called in the process that carries the plan out. What it raises as a `StepError` has a
    kind, and so decides where the deployment is tried next.
    """

    def make(self, cloud: Cloud, means: Means, deployment: str, shape: str, owner: Vars) -> bool:
        """See to it that the machine is there and can be reached; whether it was made now.

        What was made by a call that fails is taken away by it; what was there before stays.

        Args:
            cloud: where.
            means: what may be used.
            deployment: its name.
            shape: that it is given there.
            owner: the owner tag, which all that is made bears from its first moment on.

        Raises:
            StepError: there is none to be had.
        """

    def unmake(
        self, cloud: Cloud, means: Means, deployment: str, shape: str, *, keeps: bool = False
    ) -> bool:
        """Take the machine away, and all that was made for it; whether there was anything.

        Args:
            cloud: where.
            means: what may be used.
            deployment: its name.
            shape: that it was given there.
            keeps: whether what outlives machines stays, for one that comes after this one.

        Raises:
            StepError: something is still there.
        """


@runtime_checkable
class Partly(Protocol):
    """What a kind answers besides, some of whose clouds do less than others."""

    def lacks(self, cloud: Cloud) -> frozenset[str]:
        """What of `Kind.takes` a certain cloud does not take, by its file alone. Pure."""


@runtime_checkable
class Collecting(Protocol):
    """What a kind answers besides, that takes trainings: how they go, and what they made."""

    def gather(
        self, cloud: Cloud, deployment: str, shape: str, resources: Vars, means: Means
    ) -> Sequence[Vars]:
        """Each training of a deployment, by node, in one call; none where nothing lies there.

        Each is plain data: ``node``; ``training``, its id; ``state``, one of ``waiting``,
        ``running``, ``ended``, ``failed``, ``lost``; ``attempt``; ``first``, ``began``, ``ended``
        and ``expected_end``, ISO 8601 or empty; ``exit_status``; ``stopped``, the limit that ended
        it; ``waits``, for what; ``progress``, ``message``; ``metrics``, name -> ``last`` and at
        most 200 ``points`` (step, seconds that it had run, value); ``checkpoint``; ``peak_MB``;
        ``seconds``; ``energy``, the joules (``processors_J``, ``cards_J``) that its host counted,
        and for how many seconds (``processors_s``, ``cards_s``); ``failure``, its ``code``,
        ``detail`` and ``hint``; ``hardware``; ``output``, the files of one that ended well
        (``path``, ``bytes``, ``sha256``), and ``left``, what of it is not taken, and why. All
        words in it are a stranger's.

        Args:
            cloud: where it runs.
            deployment: its name.
            shape: that it was given there.
            resources: what its record keeps of it; see `Kind.logs`.
            means: what may be used.

        Raises:
            DeepcatError: the cloud cannot be asked.
        """

    def bring(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        resources: Vars,
        means: Means,
        node: str,
        into: Path,
    ) -> None:
        """Copy what a training made into an empty folder, each file held against its checksum.

        Args:
            cloud: where it ran.
            deployment: its name.
            shape: that it was given there.
            resources: what its record keeps of it.
            means: what may be used.
            node: the training's.
            into: the folder here; nothing outside of it is written.

        Raises:
            DeepcatError: it has not ended well, its output is not what was listed
                (``job/no-output``, ``job/bad-output``), or the cloud cannot be asked.
        """
