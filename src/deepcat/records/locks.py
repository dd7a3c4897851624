"""Which deployments are being worked on, and by whom: the leases in the records. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta

from deepcat.records.history import instant
from deepcat.records.lease import LEASE_S, Holder
from deepcat.records.record import Record


@dataclass(frozen=True, slots=True)
class Lock:
    """One deployment that was begun to be worked on, and is not done.

    Attributes:
        deployment: its name.
        run: the run's id.
        action: what is done, as a plan has it.
        holder: the process, as the lease names it; empty when nobody holds it any more.
        is_here: whether the process is, or was, one of this machine.
        lives: whether it lives; None when that cannot be told from here at one look.
        since: ISO 8601 instant, UTC.
        seen: when it last gave a sign of life by the writer's clock; empty when that is not known.
        until: when others may take it over, should no further sign come; by the same clock.
    """

    deployment: str
    run: str
    action: str
    holder: str
    is_here: bool
    lives: bool | None
    since: str
    seen: str
    until: str


def locks(
    records: Mapping[str, Record], seen: Callable[[str], str] = lambda _: ""
) -> tuple[Lock, ...]:
    """All that is begun and not done, by name.

    Args:
        records: by name.
        seen: when a deployment's record was last written, as an ISO 8601 instant.
    """
    begun = (record for _, record in sorted(records.items()) if record.intent)
    return tuple(_lock(record, seen(record.name)) for record in begun)


def _lock(record: Record, seen: str) -> Lock:
    intent = record.intent
    holder = Holder.parse(str(intent.get("holder", "")))
    here = holder is not None and holder.is_here()
    lives = holder.is_alive() if holder is not None and here else None
    return Lock(
        deployment=record.name,
        run=str(intent.get("run", "")),
        action=str(intent.get("action", "")),
        holder=str(holder or ""),
        is_here=here,
        lives=False if holder is None else lives,
        since=str(intent.get("since", "")),
        seen=seen,
        until=_until(seen, intent.get("lease_s")) if holder is not None else "",
    )


def _until(seen: str, lease_s: object) -> str:
    at = instant(seen)
    if at is None:
        return ""
    seconds = float(lease_s) if isinstance(lease_s, int | float) else LEASE_S
    return (at + timedelta(seconds=seconds)).astimezone(UTC).isoformat(timespec="seconds")


def release_message(record: Record, by: str = "", *, forced: bool = False) -> str:
    """The commit's message of a lock that was released.

    Args:
        record: with the lock.
        by: who released it, where that is not the commit's author.
        forced: whether its holder was not known to be dead.
    """
    facts = {
        "Run": str(record.intent.get("run", "")),
        "Action": "release",
        "By": " ".join(by.split())[:100],
        "Forced": "yes" if forced else "",
    }
    lines = [f"Deepcat-{key}: {value}" for key, value in facts.items() if value]
    return "\n".join([f"{record.name}: the lock was released", "", *lines])
