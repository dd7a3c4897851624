"""What happened to a deployment, and who wants to hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    """What happened."""

    APPLIED = "applied"
    HEALED = "healed"
    REMOVED = "removed"
    EXPIRED = "expired"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened to one deployment.

    Attributes:
        event: what.
        deployment: its name.
        module: its module's name.
        version: of the module.
        owner: forge handle.
        cloud: where it is; may be empty.
        message: why, in words; may be empty.
        commit: what was to hold.
        run: the run's id; may be empty.
        catalog: the catalog's title.
    """

    event: Event
    deployment: str
    module: str = ""
    version: str = ""
    owner: str = ""
    cloud: str = ""
    message: str = ""
    commit: str = ""
    run: str = ""
    catalog: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        names = ("deployment", "module", "version", "owner", "cloud", "message", "commit", "run")
        return {name: getattr(self, name) for name in (*names, "catalog")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of `notify` in `deepcat.yaml`.

    Attributes:
        to: a reference to an address, or an https address itself.
        when: the events.
        deployments: patterns of names, such as ``front-*``; empty for all.
        owners: handles; empty for all.
        secret: a reference to the key that signs what goes to a webhook; may be empty.
    """

    to: str
    when: frozenset[Event]
    deployments: tuple[str, ...] = ()
    owners: frozenset[str] = frozenset()
    secret: str = ""
