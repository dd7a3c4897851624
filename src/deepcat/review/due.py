"""Which changes of a plan are carried out now, and which wait for a person. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from deepcat.clouds.checks import bounds, hosts
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request
from deepcat.plan import parts
from deepcat.plan.values import Action, Change, Plan
from deepcat.records.record import Record
from deepcat.review.shown import NOTHING, Shown, of

# Trying again does not help against these; somebody must mend the module, or the credentials.
STUBBORN = ("module", "auth")
# A price that nobody bounded may grow by this share between the review and the merge.
SLACK = 0.1


@dataclass(frozen=True, slots=True)
class Due:
    """A plan, sorted by what happens to each change.

    Attributes:
        now: to be carried out.
        outside: deployment -> why it leaves the bounds that were merged.
        waiting: deployment -> for what it waits.
    """

    now: tuple[Change, ...]
    outside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)


def due(
    plan: Plan,
    records: Mapping[str, Record],
    requests: Mapping[str, Request | None],
    *,
    touched: Collection[str] = (),
    shown: Mapping[str, Shown] | None = None,
    newer: Collection[str] = (),
    most: int | None = None,
    clock_jump_s: float = 0.0,
) -> Due:
    """Sort a plan's changes.

    Args:
        plan: made just now.
        records: by deployment's name.
        requests: deployment -> what is asked of a host.
        touched: deployments that this merge changes, by their file or their module.
        shown: deployment -> what the review showed before the merge.
        newer: deployments that were applied from a later commit than the one that is planned.
        most: at most so many changes at once; the others wait.
        clock_jump_s: by how much the clock was set since the last look; unless 0, no lifetime ends.
    """
    now: list[Change] = []
    outside: dict[str, tuple[str, ...]] = {}
    waiting: dict[str, str] = {}
    for change in plan.changes:
        name = change.deployment
        if change.action is Action.NONE:
            continue
        why = _waits(records.get(name), name in touched)
        reasons = leaves_bounds(change, requests.get(name), of(shown, name))
        if clock_jump_s and any(cause.property == "lifetime" for cause in change.causes):
            waiting[name] = f"the clock was set by {clock_jump_s:+.0f} s; no lifetime ends now"
        elif name in newer:
            waiting[name] = "a newer merge was applied already"
        elif why:
            waiting[name] = why
        elif reasons:
            outside[name] = reasons
        elif most is not None and len(now) >= most:
            waiting[name] = f"no more than {most} changes are made at once"
        else:
            now.append(within(change, requests.get(name), of(shown, name)))
    return Due(tuple(now), outside, waiting)


def leaves_bounds(
    change: Change, request: Request | None, shown: Shown | None = None
) -> tuple[str, ...]:
    """Why a change is not what was merged; empty when it is."""
    offer = change.offer
    if offer is None or change.action not in (Action.CREATE, Action.REPLACE):
        return ()
    reasons = list(_bounds(change, request, offer)) if request is not None else []
    if shown is None:
        return tuple(reasons)
    if shown == NOTHING:
        return (*reasons, "the review did not show where it would run")
    if shown.accelerator and shown.accelerator != offer.accelerator:
        now = offer.accelerator or "no accelerator"
        reasons.append(f"the review showed {shown.accelerator}; now it would be {now}")
    if change.price_hour > shown.price_hour * (1 + SLACK) + 1e-9:
        reasons.append(
            f"the review showed a price of {shown.price_hour:.2f} an hour; now it would be"
            f" {change.price_hour:.2f}"
        )
    return tuple(reasons)


def within(change: Change, request: Request | None, shown: Shown | None) -> Change:
    """The change without those fallbacks that would leave what was merged."""
    if not change.fallbacks or request is None:
        return change
    most = max(shown.price_hour, shown.price_most) * (1 + SLACK) + 1e-9 if shown else None
    kept = tuple(
        offer
        for offer in change.fallbacks
        if not _bounds(change, request, offer)
        and (most is None or price_on(change, request, offer) <= most)
    )
    return replace(change, fallbacks=kept)


def _bounds(change: Change, request: Request, offer: Offer) -> tuple[str, ...]:
    placed = change.placed_on(offer)
    return parts.bounds(request, placed) if placed else bounds(request, offer)


def price_on(change: Change, request: Request, offer: Offer) -> float:
    """What all hosts of a change cost an hour, should it go to an offer or fallback."""
    placed = change.placed_on(offer)
    if placed:
        return sum(each.price_hour for each in placed)
    return offer.price * hosts(request, offer)


def _waits(record: Record | None, is_touched: bool) -> str:
    if record is None or is_touched or not record.failures or record.intent:
        return ""
    kind = str(record.failures[-1].get("kind", ""))
    if kind not in STUBBORN:
        return ""
    return "the last attempt failed on a mistake that somebody must mend"


def mended(
    records: Mapping[str, Record],
    modules: Mapping[str, str],
    changed: Callable[[str], Iterable[str]],
) -> frozenset[str]:
    """The deployments whose file or module changed since their last attempt failed.

    Args:
        records: by deployment's name.
        modules: deployment -> its module's name, of the wishes.
        changed: the paths of files that differ since a commit.
    """
    tried = {
        name: str(record.failures[-1].get("commit", ""))
        for name, record in records.items()
        if record.failures
    }
    return frozenset(
        name
        for name, commit in tried.items()
        if commit and name in touched_by(changed(commit), modules, {name: records[name]})
    )


def touched_by(
    paths: Iterable[str], modules: Mapping[str, str], records: Mapping[str, Record]
) -> frozenset[str]:
    """The deployments that a merge touches.

    Args:
        paths: of files that differ.
        modules: deployment -> its module's name, of the wishes.
        records: by deployment's name.
    """
    files = set(paths)
    changed = {
        parts[1] for path in files if (parts := path.split("/"))[0] == "modules" and parts[1:]
    }
    known = dict(modules) | {name: record.state.module for name, record in records.items()}
    return frozenset(
        name
        for name, module in known.items()
        if f"deployments/{name}.yaml" in files or module in changed or modules.get(name) in changed
    )


def kinds(failures: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The kinds of failures, in order."""
    return tuple(str(each.get("kind", "")) for each in failures)
