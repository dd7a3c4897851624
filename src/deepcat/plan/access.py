"""What a wish says of who may call: what is kept of it, and what a change of it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deepcat.catalog.access import OPEN, Access, access_of, worded
from deepcat.catalog.values import Deployment
from deepcat.plan.digests import canonical_json, plain


def default_of(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who may call what a deployment serves that does not say it itself; empty for whoever calls.

    Readers of a catalog ask for it, too, whose file nothing has judged.
    """
    said = settings.get("access")
    return said if isinstance(said, Mapping) and recorded(said) else {}


def settled(deployment: Deployment, default: Mapping[str, Any]) -> Deployment:
    """The deployment with the catalog's words where its own file lacks them.

    Args:
        deployment: whose servers answer callers.
        default: `access` of `deepcat.yaml`; empty where it says nothing.
    """
    own = deployment.data.get("access") or {}
    if not default or own.get(OPEN):
        return deployment
    words = worded(own, default)
    access = access_of(words)
    assert access is not None  # noqa: S101 - words are a mapping
    access = replace(access, inherited=tuple(word for word in words if word not in own))
    return replace(deployment, access=access)


def applied(deployment: Deployment) -> dict[str, Any]:
    """What a record keeps of it: the words of the wish, whose keys are references."""
    said: dict[str, Any] = plain(deployment.access.said) if deployment.access else {}
    return {name: each for name, each in said.items() if not name.startswith("x-")}


def inherited(deployment: Deployment) -> tuple[str, ...]:
    """What of it stands in no file of its own, as texts that tell it from another."""
    words, said = deployment.access.inherited if deployment.access else (), applied(deployment)
    return tuple(canonical_json({word: said[word]}) for word in words)


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
    if access is None or not (access.asks or access.tls):
        return ""
    by = f"TLS {access.tls.minimum} or newer{_of(access, 'tls')}" if access.tls else ""
    if not access.asks:
        return f"let in whoever calls by {by}"
    who = []
    if access.keys:
        who.append(f"the keys of {', '.join(key.name for key in access.keys)}{_of(access, 'keys')}")
    if access.issuer:
        groups = f" in {', '.join(access.groups)}" if access.groups else ""
        who.append(f"tokens of {access.issuer}{groups}{_of(access, 'oidc')}")
    also = [word for word in ("limits", "origins") if word in access.inherited]
    who += [f"{' and '.join(also)} as deepcat.yaml says"] if also else []
    shown = f"{access.shows} by {by}" if by else access.shows
    return f"let in who shows a {shown}: {'; '.join(who)}"


def _of(access: Access, word: str) -> str:
    return " (as deepcat.yaml says)" if word in access.inherited else ""
