"""API keys that were changed where they lie since their deployment was given them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.catalog.access import Access
    from deepcat.plan.values import Wish
    from deepcat.records.record import Record


def rotated(
    wishes: Mapping[str, Wish],
    records: Mapping[str, Record],
    there: Mapping[str, Mapping[str, str]],
    secret: Callable[[str], str] | None = None,
) -> dict[str, tuple[str, ...]]:
    """Deployment -> the names of the keys that are others by now than those that count there.

    An empty name stands for the certificate and its key.

    Of a key that cannot be looked up here, as in a review, nothing is known. One whose reference is
    not the one that was applied is not looked up: nobody has agreed to it yet.

    Args:
        wishes: by deployment's name.
        records: by deployment's name.
        there: deployment -> name -> what tells its key from another one.
        secret: looks up a reference; as a workload may, when None.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, marks in there.items():
        access = wishes[name].deployment.access if name in wishes else None
        if access is None or name not in records:
            continue
        applied = _applied(records[name])
        known = tuple(k for k in access.keys if k.name in marks and applied.get(k.name) == k.secret)
        changed = _changed(replace(access, keys=known), marks, secret)
        changed += _renewed(access, records[name], marks, secret)
        if changed:
            found[name] = tuple(changed)
    return found


def _applied(record: Record) -> dict[str, str]:
    """Name -> the reference of its key, as it was applied; records are others' texts, too."""
    keys = record.state.access.get("keys")
    said = keys if isinstance(keys, dict) else {}
    return {str(n): str(each.get("secret")) for n, each in said.items() if isinstance(each, dict)}


def _renewed(
    access: Access, record: Record, marks: Mapping[str, str], secret: Callable[[str], str] | None
) -> list[str]:
    from deepcat.host.model_server.keys import mark_of_pair
    from deepcat.plan.access import recorded
    from deepcat.runs.access import certified, of_workload

    applied = recorded(record.state.access)
    if access.tls is None or applied is None or applied.tls != access.tls or "" not in marks:
        return []
    try:
        pair = certified(access.tls, secret or of_workload)
    except DeepcatError:
        return []
    return [""] if mark_of_pair(*pair) != marks[""] else []


def _changed(
    access: Access, marks: Mapping[str, str], secret: Callable[[str], str] | None
) -> list[str]:
    from deepcat.host.model_server.keys import mark_of
    from deepcat.runs.access import hashed, of_workload

    changed = []
    for key in access.keys:
        try:
            (known,) = hashed(replace(access, keys=(key,)), secret or of_workload)
        except DeepcatError:
            continue
        if mark_of(known["sha256"]) != marks[key.name]:
            changed.append(key.name)
    return changed
