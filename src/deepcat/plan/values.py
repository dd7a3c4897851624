"""What a plan is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from deepcat.clouds.offers import Offer

PLAN_FORMAT = "deepcat-plan/v1"


class Action(StrEnum):
    """What a change does to a deployment."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    NONE = "none"


class Status(StrEnum):
    """What is known of a deployment."""

    PENDING = "pending"
    RUNNING = "running"
    FAILED = "failed"
    STOPPING = "stopping"
    GONE = "gone"


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
        shape: the offer's shape.
        status: what is known.
        wish_digest: sha256 of the deployment's file as applied.
        commit: the commit whose plan was applied.
        endpoints: name -> URL, such as ``rest`` and ``grpc``.
        resources: what exists in the cloud by its own identifiers; the owner tag is the name.
        expires: ISO 8601 instant, or empty.
        owner: forge handle.
        run: the last run's id.
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


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a change is needed: the property that differs, what it was, what it shall be."""

    property: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Rejection:
    """An offer, or a whole cloud (shape empty), that was not chosen, with every reason in words."""

    cloud: str
    shape: str
    reasons: tuple[str, ...]


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
        offer: where it will run; None on delete and none.
        fallbacks: next offers, in order.
        rejected: all others, with reasons.
        price_hour: expected, in the catalog's currency.
        steps: what will be done, in order, each one line for a person.
        nodes: node name -> action, for the topology's nodes.
    """

    action: Action
    deployment: str
    module: str
    version: str
    profile: str
    causes: tuple[Cause, ...] = ()
    offer: Offer | None = None
    fallbacks: tuple[Offer, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    price_hour: float = 0.0
    steps: tuple[str, ...] = ()
    nodes: Mapping[str, Action] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, bound to what they were made from.

    Attributes:
        commit: the commit planned, or empty when the tree has uncommitted changes.
        digest: sha256 of everything that was read: catalog parts, states, offers.
        changes: sorted by deployment's name.
        refusals: findings, as text, for wishes that cannot be met; they are in no change.
    """

    commit: str
    digest: str
    changes: tuple[Change, ...]
    refusals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether applying it would change nothing."""
        return all(change.action is Action.NONE for change in self.changes)
