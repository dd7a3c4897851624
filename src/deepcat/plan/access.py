"""What a wish says of who may call: what is kept of it, and what a change of it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcat.catalog.access import Access, access_of
from deepcat.catalog.values import Deployment
from deepcat.plan.digests import plain


def applied(deployment: Deployment) -> dict[str, Any]:
    """What a record keeps of it: the words of the wish, whose keys are references."""
    said: dict[str, Any] = plain(deployment.data.get("access") or {})
    return {name: each for name, each in said.items() if not name.startswith("x-")}


def recorded(said: Mapping[str, Any]) -> Access | None:
    """What a record says of it, which others may have written; None where that is nothing."""
    try:
        return access_of(dict(said)) if said else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def restarts(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a server has to begin anew to hold to it; other keys it reads as it runs."""
    return _standing(recorded(before)) != _standing(recorded(after))


def _standing(access: Access | None) -> dict[str, Any]:
    return (access or Access()).standing


def line(access: Access | None) -> str:
    """What a person reads of it among the steps; empty where nobody is asked for anything."""
    if access is None or not access.asks:
        return ""
    who = [f"the keys of {', '.join(key.name for key in access.keys)}"] if access.keys else []
    if access.issuer:
        groups = f" in {', '.join(access.groups)}" if access.groups else ""
        who.append(f"tokens of {access.issuer}{groups}")
    return f"let in who shows a {access.shows}: {'; '.join(who)}"
