"""One change of one record as an auditor reads it: who, what, where, when, how it went. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from deepcat.records.audit import facts
from deepcat.records.record import Record
from deepcat.records.trail import Signed, Step

FORMAT = "deepcat-audit/v1"
# What of a record's state an audit compares; the whole lies on the ref, at the commit.
_STATE = (
    "module", "version", "profile", "cloud", "shape", "hosts", "owner", "expires", "run", "inputs",
    "model_sha256", "exit_status",
)  # fmt: skip


def row(step: Step, applied: Signed | None, *, verdict: str = "") -> dict[str, Any] | None:
    """The row of a step; None for one that is a sign of life alone.

    Args:
        step: what a commit did to a record.
        applied: the catalog's commit that the message names; None when it names none that is here.
        verdict: what a check of the signature gave; empty when nobody checked.
    """
    if _is_beat(step):
        return None
    told = facts(step.commit.body)
    what, outcome = _what(step, told)
    signed = "signed" if step.commit.is_signed else "unsigned"
    found: dict[str, Any] = {
        "format": FORMAT,
        "at": step.commit.at,
        "deployment": step.name,
        "what": what,
        "outcome": outcome,
        "message": step.commit.subject,
        "who": _who(step.commit, told, applied),
        "run": str(told.get("run", "")),
        "catalog_commit": str(told.get("commit", "")),
        "records_commit": step.commit.commit,
        "signature": verdict or signed,
        "before": _side(step.before),
        "after": _side(step.after),
        "failures": [dict(each) for each in step.after.failures] if step.after else [],
        "damaged": step.damaged,
    }
    numbers = {
        key: _number(told.get(key)) for key in ("seconds", "price_hour", "ran_hours", "cost")
    }
    found |= {key: value for key, value in numbers.items() if value is not None}
    return {key: _plain(value) for key, value in found.items() if value not in ("", [], None)}


def _plain(value: Any) -> Any:
    """What JSON has words for: a number that is none, and what only YAML knows, become text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    return value if isinstance(value, float) and isfinite(value) else str(value)


def _what(step: Step, told: dict[str, Any]) -> tuple[str, str]:
    """What was done, and how it went: ``success``, ``failure``, ``begun`` or ``unknown``."""
    before, after = step.before, step.after
    if step.damaged or not step.name:
        return "write", "unknown"
    action = str(told.get("action", ""))
    if action == "release":
        return action, "success"
    if after is not None and after.intent and (before is None or before.intent != after.intent):
        return str(after.intent.get("action", "")) or "write", "begun"
    if action:
        return action, "failure" if "failures" in told else "success"
    if after is not None and after.state.has_ended and not (before and before.state.has_ended):
        return "end", "success" if after.state.exit_status == 0 else "failure"
    # By hand, by a rebuild, or as the old name of what was renamed.
    return ("delete" if after is None else "write"), "unknown"


def _is_beat(step: Step) -> bool:
    """Whether nothing but the count of the holder's signs of life differs."""
    before, after = step.before, step.after
    if before is None or after is None or not after.intent:
        return False
    kept = (before.history, before.spent) == (after.history, after.spent)
    return kept and _without_beat(before) == _without_beat(after)


def _without_beat(record: Record) -> Record:
    return replace(record, intent={k: v for k, v in record.intent.items() if k != "beat"})


def _who(commit: Signed, told: dict[str, Any], applied: Signed | None) -> dict[str, Any]:
    """Who wanted it, recorded it, wrote and approved what was applied; as far as each is known."""
    found: dict[str, Any] = {
        "actor": str(told.get("by", "")) or (applied.author if applied else commit.author),
        "recorded_by": f"{commit.author} <{commit.mail}>",
        "author": f"{applied.author} <{applied.mail}>" if applied else "",
        "approved": str(told.get("approved", "")).split(),
        "owner": str(told.get("owner", "")),
    }
    return {key: value for key, value in found.items() if value}


def _side(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    state = record.state
    held = {"status": state.status.value, "commit": state.commit, "price_hour": record.price_hour}
    held |= {name: getattr(state, name) for name in _STATE}
    return {key: value for key, value in held.items() if value not in ("", None, {}, 0.0)}


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None
