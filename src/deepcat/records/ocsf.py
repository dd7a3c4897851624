"""An audit's row as an event of the Open Cybersecurity Schema Framework, version 1.6.0. Pure.

The class is Entity Management (3004): somebody creates, updates or deletes a managed entity, which
is told as it was and as it became. API Activity asks for the caller's network address, which nobody
here knows; what an event does not know it does not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcat.records.history import instant

VERSION = "1.6.0"
_CATEGORY, _CLASS = 3, 3004
_CREATE, _UPDATE, _DELETE, _OTHER = 1, 3, 4, 99
_ACTIVITY = {"create": _CREATE, "delete": _DELETE, "update": _UPDATE, "replace": _UPDATE}
_NAMES = {_CREATE: "Create", _UPDATE: "Update", _DELETE: "Delete"}
_STATUS = {"success": (1, "Success"), "failure": (2, "Failure"), "begun": (99, "Begun")}
_INFORMATIONAL, _MEDIUM = (1, "Informational"), (3, "Medium")
_ENTITY_OTHER = 99


def event(row: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The event.

    Args:
        row: as `deepcat.records.audit_row.row` makes it.
        version: of deepcat.
    """
    activity = _activity(row)
    status_id, status = _STATUS.get(row["outcome"], (0, "Unknown"))
    severity_id, severity = _MEDIUM if row["outcome"] == "failure" else _INFORMATIONAL
    found: dict[str, Any] = {
        "activity_id": activity,
        "activity_name": _NAMES.get(activity, str(row["what"])),
        "category_uid": _CATEGORY,
        "category_name": "Identity & Access Management",
        "class_uid": _CLASS,
        "class_name": "Entity Management",
        "type_uid": _CLASS * 100 + activity,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "time": _milliseconds(row.get("at", "")),
        "message": row.get("message", ""),
        "actor": _actor(row.get("who", {})),
        "entity": _entity(row, row.get("before")),
        "metadata": _metadata(row, version),
        "unmapped": _unmapped(row),
    }
    if row.get("after") is not None:
        found["entity_result"] = _entity(row, row["after"])
    failures = row.get("failures") or ()
    if failures:
        found["status_code"] = str(failures[-1].get("code", ""))
        found["status_detail"] = str(failures[-1].get("message", ""))
    return found


def _activity(row: Mapping[str, Any]) -> int:
    known = _ACTIVITY.get(row["what"])
    if known is not None:
        return known
    if row["what"] == "write" and row.get("deployment"):
        return _UPDATE if row.get("before") else _CREATE
    return _OTHER


def _milliseconds(text: str) -> int:
    at = instant(text)
    return int(at.timestamp() * 1000) if at else 0


def _actor(who: Mapping[str, str]) -> dict[str, Any]:
    return {"user": {"name": who.get("actor") or "unknown"}, "app_name": "deepcat"}


def _entity(row: Mapping[str, Any], side: Mapping[str, Any] | None) -> dict[str, Any]:
    name = row.get("deployment") or "records"
    found: dict[str, Any] = {
        "name": name,
        "uid": name,
        "type": "Deployment" if row.get("deployment") else "Records",
        "type_id": _ENTITY_OTHER,
    }
    if side:
        found |= {"version": str(side.get("version", "")), "data": dict(side)}
    return found


def _metadata(row: Mapping[str, Any], version: str) -> dict[str, Any]:
    found = {
        "version": VERSION,
        "product": {"name": "deepcat", "vendor_name": "deepcat", "version": version},
        "uid": f"{row['records_commit']}/{row.get('deployment', '')}",
        "log_name": "refs/heads/records",
        "original_time": row.get("at", ""),
        "correlation_uid": row.get("run", ""),
    }
    return {key: value for key, value in found.items() if value}


def _unmapped(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the class has no place for."""
    names = (
        "records_commit", "catalog_commit", "signature", "who", "seconds", "price_hour",
        "ran_hours", "cost", "failures", "damaged",
    )  # fmt: skip
    return {name: row[name] for name in names if name in row}
