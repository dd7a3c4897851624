"""A plan as JSON: what `plan.schema.json` describes. Pure.

The format's name changes when a reader of the old one would misread the new one; fields that are
added do not change it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepcat.clouds.offers import Offer, Rejection
from deepcat.clouds.table import offer_facts
from deepcat.plan.digests import plain
from deepcat.plan.values import HOURS_A_MONTH, PLAN_FORMAT, Action, Change, Placed, Plan


def as_json(
    plan: Plan, currency: str = "", plays: Mapping[str, Sequence[Any]] | None = None
) -> dict[str, Any]:
    """The plan as plain data.

    Args:
        plan: the plan.
        currency: of all prices.
        plays: deployment -> the Ansible plays that would run; None leaves them out.
    """
    counts = {
        str(action): sum(change.action is action for change in plan.changes) for action in Action
    }
    warnings = {name: list(reasons) for name, reasons in plan.warnings.items()}
    return {
        "format": PLAN_FORMAT,
        "commit": plan.commit,
        "digest": plan.digest,
        "currency": currency,
        "summary": counts
        | {
            "refused": len(plan.refusals),
            "price_hour_before": _price(plan.price_hour_before),
            "price_hour": _price(plan.price_hour),
            "price_month": _price(plan.price_hour * HOURS_A_MONTH),
        },
        "changes": [change_as_json(change, plays) for change in plan.changes],
        "refusals": {name: list(reasons) for name, reasons in plan.refusals.items()},
        "quotas": [plain(use) for use in plan.quotas],
        **({"warnings": warnings} if warnings else {}),
    }


def offer_as_json(offer: Offer) -> dict[str, Any]:
    """An offer with its price."""
    return {**offer_facts(offer), "price": offer.price}


def rejection_as_json(rejection: Rejection) -> dict[str, Any]:
    """An offer, or a whole cloud, that was not chosen."""
    return {
        "cloud": rejection.cloud,
        "shape": rejection.shape,
        "reasons": list(rejection.reasons),
    }


def change_as_json(
    change: Change, plays: Mapping[str, Sequence[Any]] | None = None
) -> dict[str, Any]:
    """One change, with the plays that would run where they are given."""
    found: dict[str, Any] = {
        "action": str(change.action),
        "deployment": change.deployment,
        "renamed_from": change.renamed_from,
        "module": change.module,
        "version": change.version,
        "profile": change.profile,
        "causes": [plain(cause) for cause in change.causes],
        "runs_on": change.runs_on,
        "offer": offer_as_json(change.offer) if change.offer is not None else None,
        "hosts": change.hosts,
        "placements": [_placed(each) for each in change.placements],
        "score": round(change.score, 6),
        "fallbacks": [offer_as_json(offer) for offer in change.fallbacks],
        "rejected": [rejection_as_json(rejection) for rejection in change.rejected],
        "price_hour_before": _price(change.price_hour_before),
        "price_hour": _price(change.price_hour),
        "price_month": _price(change.price_month),
        "nodes": {name: str(action) for name, action in change.nodes.items()},
        "steps": list(change.steps),
    }
    if change.module_commit:
        found["module_commit"] = change.module_commit
    if change.note:
        found["note"] = change.note
    if change.lets_in:
        found["lets_in"] = change.lets_in
    if change.objects:
        found["objects"] = list(change.objects)
    if plays is not None:
        found["plays"] = plain(plays.get(change.deployment, ()))
    return found


def _placed(placed: Placed) -> dict[str, Any]:
    """One part of a deployment, with its hosts."""
    return {
        "part": placed.part,
        "cloud": placed.offer.cloud,
        "shape": placed.offer.shape,
        "hosts": placed.hosts,
        "price_hour": _price(placed.price_hour),
    }


def _price(amount: float) -> float:
    return round(amount, 6)
