"""What the history tells of one change: who wanted it, what ran, how long, what it cost. Pure.

An outcome's message ends in lines `Deepcat-KEY: value`. What a deployment cost is told by the
outcome that ends a stretch of running at one price, so that the sum over its history is its cost.
"""

from __future__ import annotations

from datetime import datetime

from deepcat.plan.values import Status
from deepcat.records.record import Record

_MARK = "Deepcat-"
_FAILURE = "failure"


def running(record: Record | None, now: str) -> tuple[float, float]:
    """Hours since the last outcome that the deployment ran for, and what they cost.

    Args:
        record: as it was before the change; in its currency.
        now: ISO 8601 instant.
    """
    if record is None or record.state.status not in (Status.RUNNING, Status.PENDING):
        return 0.0, 0.0
    if not record.state.endpoints and record.state.status is not Status.RUNNING:
        return 0.0, 0.0  # nothing was up while the new one was being brought up
    try:
        since = datetime.fromisoformat(record.updated)
        # A clock that was set back between the two must not give money back.
        hours = max(0.0, (datetime.fromisoformat(now) - since).total_seconds() / 3600)
    except (ValueError, TypeError):
        return 0.0, 0.0
    return hours, hours * record.price_hour


def ended_message(before: Record, after: Record) -> str:
    """The commit's message of a job whose end was seen.

    Args:
        before: its record while it ran.
        after: with its end.
    """
    state = after.state
    hours, cost = running(before, state.ended)
    subject = f"{state.module} {state.version} ended with status {state.exit_status}"
    told = {"Run": state.run, "Owner": state.owner, "Ran-Hours": f"{hours:.2f}"}
    lines = [f"{_MARK}{key}: {value}" for key, value in {**told, "Cost": f"{cost:.2f}"}.items()]
    return "\n".join([f"{after.name}: {subject} on {state.cloud}", "", *lines])


def facts(body: str) -> dict[str, str | list[str]]:
    """The facts in a message: key in lower case -> value; ``failures`` are a list."""
    found: dict[str, str | list[str]] = {}
    failures: list[str] = []
    for line in body.splitlines():
        if not line.startswith(_MARK):
            continue
        key, _, value = line.removeprefix(_MARK).partition(": ")
        if key.lower() == _FAILURE:
            failures.append(value)
        else:
            found[key.lower().replace("-", "_")] = value
    return found | ({"failures": failures} if failures else {})


def words(found: dict[str, str | list[str]]) -> str:
    """The facts in one line for a person; empty when there are none of an outcome."""
    if "action" not in found:
        return ""
    parts = []
    if by := found.get("by"):
        parts.append(f"by {by}")
    if commit := found.get("commit"):
        parts.append(f"commit {str(commit)[:10]}")
    if owner := found.get("owner"):
        parts.append(f"owned by {owner}")
    if seconds := found.get("seconds"):
        parts.append(f"{seconds} s")
    if price := found.get("price_hour"):
        parts.append(f"{price} an hour")
    if cost := found.get("cost"):
        parts.append(f"cost {cost} in {found.get('ran_hours', '0')} h until then")
    parts += [f"failed on {each}" for each in found.get("failures", ())]
    return ", ".join(parts)
