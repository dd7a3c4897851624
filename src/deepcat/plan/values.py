"""What a plan is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Dataset, Deployment, Module
from deepcat.clouds.offers import Offer, Rejection
from deepcat.clouds.request import Request
from deepcat.plan.proof import Proof, is_job, proof
from deepcat.plan.status import Status
from deepcat.plan.trial import TrialOf
from deepcat.tosca.reading.galaxy import Pinned
from deepcat.tosca.topology import Topology
from deepcat.tosca.workload import Workload

__all__ = [
    "PLAN_FORMAT", "Action", "Cause", "Change", "PartState", "Placed", "Plan", "Proof", "QuotaUse",
    "Rejection", "State", "Status", "Wish",
]  # fmt: skip

PLAN_FORMAT = "deepcat-plan/v1"
HOURS_A_MONTH = 730


class Action(StrEnum):
    """What a change does to a deployment."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PartState:
    """Where one part of a deployment lies, of those whose machines are of different shapes.

    Attributes:
        part: the topology's node that stands for its machine; empty for a deployment in one part.
        shape: the offer's shape, of the deployment's cloud.
        hosts: how many are taken.
        price_hour: of all of them, when they were taken.
    """

    part: str
    shape: str
    hosts: int = 1
    price_hour: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one part of a deployment will lie; all parts lie on one cloud.

    Attributes:
        part: as in `PartState`.
        offer: the shape of its hosts.
        hosts: how many are taken.
    """

    part: str
    offer: Offer
    hosts: int

    @property
    def price_hour(self) -> float:
        """Of all its hosts together."""
        return self.offer.price * self.hosts


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one deployment now; the part of a record that planning reads.

    Attributes:
        name: the deployment's.
        module: the module's name.
        version: the module's exact version.
        module_digest: `Module.digest` that was applied.
        profile: ``serve``, ``train`` or ``develop``.
        inputs: the topology's inputs that were applied.
        cloud: where it runs.
        shape: the offer's shape; of a deployment in parts, that of the dearest.
        status: what is known.
        wish_digest: sha256 of the deployment's file as applied.
        commit: the commit whose plan was applied.
        endpoints: name -> URL, such as ``rest`` and ``grpc``; of what everybody may know.
        private: names of endpoints that not everybody may know. Where they are is known to their
            host alone; a record, a plan, a log and the website are public.
        resources: what exists in the cloud by its own identifiers; the owner tag is the name.
        expires: ISO 8601 instant, or empty.
        owner: forge handle.
        run: the last run's id.
        nodes: node name -> what was applied to it, as `plan.digests.applied_nodes` gives it; what
            planning compares to say which property of which node differs.
        model_sha256: of the model's archive that was applied; empty when there is none.
        hosts: how many hosts are taken, of all parts together.
        placements: its parts, where they lie on hosts of different shapes; else empty.
        module_commit: the commit that the module was taken from, where that is an older one than
            `commit`; else empty.
        is_job: whether it ends by itself, as `deepcat.plan.proof` tells by its workloads.
        ended: of a job that ended, ISO 8601 instant; else empty.
        exit_status: of a job that ended; 0 is well. None while it runs, and when it was lost.
        catalog: the id of the catalog whose it is; empty on the machine that deepcat is called on.
        access: who may call it, as `plan.access.applied` gives it; empty for whoever reaches it.
        asked: of a wish without a file, what a file would say; else empty.
    """

    name: str
    module: str
    version: str
    module_digest: str
    profile: str
    inputs: Mapping[str, Any]
    cloud: str
    shape: str
    status: Status
    wish_digest: str
    commit: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    expires: str = ""
    owner: str = ""
    run: str = ""
    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    model_sha256: str = ""
    hosts: int = 1
    is_job: bool = False
    ended: str = ""
    exit_status: int | None = None
    private: tuple[str, ...] = ()
    placements: tuple[PartState, ...] = ()
    module_commit: str = ""
    catalog: str = ""
    access: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[PartState, ...]:
        """Its parts; one where all hosts are of one shape."""
        return self.placements or (PartState("", self.shape, self.hosts),)

    @property
    def has_ended(self) -> bool:
        """Whether it is a job that ran to its end, well or not."""
        return self.exit_status is not None and self.status in (Status.ENDED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a change is needed: the property that differs, what it was, what it shall be."""

    property: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Wish:
    """One deployment with what it refers to.

    Attributes:
        deployment: the wish itself.
        module: the module, in the version that was chosen.
        topology: the module's, with the deployment's inputs given.
        workloads: of the topology.
        request: what is asked of a host; worked out from the rest when None.
        commit: of the history that carried this version; empty where it is the tree's own.
        tree: where the module lies, where that is not the tree that is planned.
        note: what a person should know of the version; empty where all is as usual.
        roles: of Ansible Galaxy, that are fetched for its scripts.
        data: that its trainings read.
        trial: its place in a sweep, where it is of one.
    """

    deployment: Deployment
    module: Module
    topology: Topology
    workloads: tuple[Workload, ...]
    request: Request | None = None
    commit: str = ""
    tree: Tree | None = field(default=None, compare=False, repr=False)
    note: str = ""
    roles: tuple[Pinned, ...] = ()
    data: tuple[Dataset, ...] = ()
    trial: TrialOf | None = None

    def lies_in(self, planned: Tree) -> Tree:
        """The tree that holds the module, beside what else is planned."""
        return self.tree or planned

    @property
    def is_job(self) -> bool:
        """Whether it ends by itself."""
        return is_job(self.workloads)

    @property
    def proof(self) -> Proof:
        """What shows that it came up."""
        training = self.module.data.get("training")
        said = training.get("duration_s") if isinstance(training, Mapping) else None
        known = isinstance(said, (int, float)) and not isinstance(said, bool)
        return proof(self.workloads, said if known else None)


@dataclass(frozen=True, slots=True)
class Change:
    """One deployment's change.

    Attributes:
        action: what happens.
        deployment: its name.
        module: the module's name.
        version: the exact version chosen; empty on delete.
        profile: of the wish, or of the state on delete.
        causes: why; empty on create and none.
        offer: where it will run; None on delete and none. Of a deployment in parts, the dearest's.
        fallbacks: next offers, in order.
        rejected: all others, with reasons.
        price_hour: expected, in the catalog's currency.
        steps: what will be done, in order, each one line for a person.
        nodes: node name -> action, for the topology's nodes.
        hosts: how many hosts are taken, of all parts together.
        placements: its parts, where they will lie on hosts of different shapes; else empty.
        alternatives: a fallback, as ``cloud/shape`` -> where the parts would lie if it is taken;
            one whose shape would do for all of them is left out.
        renamed_from: the name under which it runs now, when its file was renamed; else empty. It is
            taken down under the old one and brought up under the new one where it is.
        keeps_record: on delete, whether the record stays with the status `Status.GONE`, so that a
            deployment whose lifetime is over is not brought up again while its file is there.
        score: of the offer: the expected cost of each useful hour.
        runs_on: the cloud and shape where it runs now, as ``cloud/shape``; else empty.
        price_hour_before: what it costs now.
        module_commit: the commit of the history that carried the version; empty where it is the
            one that is planned.
        note: what a person should know of the version, what bounds a training, and what moving its
            data costs; else empty.
        lets_in: who may call it, where the wish says so; else empty.
        objects: what would differ of what lies on its cloud, a line each, where that was asked.
    """

    action: Action
    deployment: str
    module: str
    version: str
    profile: str
    causes: tuple[Cause, ...] = ()
    offer: Offer | None = None
    fallbacks: tuple[Offer, ...] = ()
    rejected: Sequence[Rejection] = ()
    price_hour: float = 0.0
    steps: tuple[str, ...] = ()
    nodes: Mapping[str, Action] = field(default_factory=dict)
    hosts: int = 1
    renamed_from: str = ""
    keeps_record: bool = False
    score: float = 0.0
    runs_on: str = ""
    price_hour_before: float = 0.0
    placements: tuple[Placed, ...] = ()
    alternatives: Mapping[str, tuple[Placed, ...]] = field(default_factory=dict)
    module_commit: str = ""
    note: str = ""
    lets_in: str = ""
    objects: tuple[str, ...] = ()

    def placed_on(self, offer: Offer) -> tuple[Placed, ...]:
        """The parts, should they go to an offer or fallback; empty where all go to its shape."""
        if offer == self.offer:
            return self.placements
        return self.alternatives.get(f"{offer.cloud}/{offer.shape}", ())

    @property
    def price_month(self) -> float:
        """As `price_hour`, for a month of `HOURS_A_MONTH`."""
        return self.price_hour * HOURS_A_MONTH


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What the plan does to what one owner has of one resource.

    Attributes:
        cloud: its name; empty for all clouds together.
        owner: forge handle.
        resource: such as ``accelerators``; see `deepcat.clouds.quotas.RESOURCES`.
        before: used by deployments known to run now.
        after: used once the plan is carried out.
        limit: the most that is granted; None when no file names one.
    """

    cloud: str
    owner: str
    resource: str
    before: float
    after: float
    limit: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, bound to what they were made from.

    Attributes:
        commit: the commit planned, or empty when the tree has uncommitted changes.
        digest: sha256 of everything that was read: catalog parts, states, offers.
        changes: sorted by deployment's name.
        refusals: findings, as text, for wishes that cannot be met; they are in no change.
        quotas: what the plan changes, or comes near to, of what each owner may have; sorted.
        warnings: deployment -> what policies have against its change, which happens all the same.
        price_hour_kept: what refused deployments cost an hour that run and go on running.
    """

    commit: str
    digest: str
    changes: tuple[Change, ...]
    refusals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quotas: tuple[QuotaUse, ...] = ()
    price_hour_kept: float = 0.0
    warnings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def price_hour_before(self) -> float:
        """What all deployments cost an hour now."""
        return self.price_hour_kept + sum(change.price_hour_before for change in self.changes)

    @property
    def price_hour(self) -> float:
        """What all deployments cost an hour once the plan is carried out."""
        return self.price_hour_kept + sum(change.price_hour for change in self.changes)

    @property
    def is_empty(self) -> bool:
        """Whether applying it would change nothing."""
        return all(change.action is Action.NONE for change in self.changes)
