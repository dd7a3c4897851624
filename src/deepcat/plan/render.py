"""A plan as text for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deepcat.clouds.offers import Offer
from deepcat.plain import plain
from deepcat.plan.values import HOURS_A_MONTH, Action, Change, Placed, Plan
from deepcat.quantities import human_time

SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.DELETE: "-",
    Action.NONE: "=",
}
_ORDER = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
_LONG = 60


def summary(plan: Plan, currency: str = "") -> str:
    """One line: what changes, and what it costs."""
    counts = {action: sum(change.action is action for change in plan.changes) for action in Action}
    words = [f"{counts[action]} to {action}" for action in _ORDER if counts[action]]
    if plan.refusals:
        words.append(f"{len(plan.refusals)} refused")
    changed = ", ".join(words) or "nothing to change"
    return f"Plan: {changed}; {price(plan.price_hour_before, plan.price_hour, currency)}."


def price(before: float, after: float, currency: str) -> str:
    """What is paid now and then, for an hour and a month."""
    month = money(after * HOURS_A_MONTH, currency)
    if abs(before - after) < 0.00005:
        return f"{money(after, currency)} an hour ({month} a month)"
    return f"{money(before, currency)} → {money(after, currency)} an hour ({month} a month)"


def money(amount: float, currency: str) -> str:
    """An amount with its currency: ``1.20 EUR``, ``0.0042 EUR``."""
    digits = 4 if 0 < abs(amount) < 0.1 else 2
    return f"{amount:,.{digits}f} {currency}".rstrip()


def text(plan: Plan, currency: str = "", *, quiet: bool = False) -> str:
    """The whole plan for a person.

    Args:
        quiet: leave out deployments that stay as they are.
    """
    return "\n".join(_lines(plan, currency, quiet)) + "\n"


def _lines(plan: Plan, currency: str, quiet: bool) -> Iterator[str]:
    for change in plan.changes:
        if change.action is Action.NONE and quiet:
            continue
        yield from _change(change, currency)
    for name, reasons in plan.refusals.items():
        yield f"! {plain(name)}: refused"
        yield from (f"    {plain(reason)}" for reason in reasons)
    for name, reasons in plan.warnings.items():
        yield from (f"? {plain(name)}: {plain(reason)}" for reason in reasons)
    for use in plan.quotas:
        if use.limit is not None:
            where = f"in {use.cloud}" if use.cloud else "over all clouds"
            yield (
                f"quota of {plain(use.owner) or 'owners without a name'} {plain(where)}:"
                f" {use.resource} {use.before:g} → {use.after:g} of {use.limit:g}"
            )
    yield summary(plan, currency)
    yield f"commit {plan.commit or '(uncommitted changes)'}, read {plan.digest[:12]}"


def _change(change: Change, currency: str) -> Iterator[str]:
    what = f"{change.module} {change.version}".strip()
    yield f"{SIGNS[change.action]} {plain(change.deployment)}: {change.action} ({plain(what)})"
    if change.module_commit:
        yield f"    the module as of commit {change.module_commit[:12]}"
    yield from (f"    {plain(words)}" for words in (change.note, change.lets_in) if words)
    for cause in change.causes:
        yield f"    because {plain(cause.property)}: {shown(cause.before)} → {shown(cause.after)}"
    if change.offer is not None:
        offer = change.offer
        hosts = f", {change.hosts} hosts" if change.hosts > 1 else ""
        yield f"    on {plain(place(change, offer))}{hosts}, {cost(change, currency)}"
        for each in change.placements:
            yield f"        {plain(part(each))}, {money(each.price_hour, currency)} an hour"
        if offer.wait_s:
            yield f"    in a queue: it is expected to start in {human_time(offer.wait_s)}"
        if offer.lacks:
            yield f"    without a box: {plain('; '.join(offer.lacks))}"
    elif change.runs_on:
        yield f"    on {plain(change.runs_on)}"
    if change.fallbacks:
        names = (place(change, offer) for offer in change.fallbacks)
        yield f"    else {plain(', '.join(names))}"
    for name, action in change.nodes.items():
        if action is not Action.NONE:
            yield f"    {SIGNS[action]} {plain(name)}"
    yield from (f"    there: {plain(line)}" for line in change.objects)
    for rejection in change.rejected:
        where = f"{rejection.cloud}/{rejection.shape}" if rejection.shape else rejection.cloud
        yield f"    not {plain(where)}: {plain('; '.join(rejection.reasons))}"


def place(change: Change, offer: Offer) -> str:
    """An offer or fallback as a place: its cloud alone, where parts lie on several shapes."""
    return offer.cloud if change.placed_on(offer) else f"{offer.cloud}/{offer.shape}"


def part(placed: Placed) -> str:
    """One part of a deployment and its hosts: ``worker on gpu, 2 hosts``."""
    hosts = f", {placed.hosts} hosts" if placed.hosts > 1 else ""
    return f"{placed.part} on {placed.offer.shape}{hosts}"


def cost(change: Change, currency: str) -> str:
    """What one deployment will cost."""
    hour, month = money(change.price_hour, currency), money(change.price_month, currency)
    return f"{hour} an hour, {month} a month"


def shown(value: Any) -> str:
    """A cause's value, short, on one line, as text that cannot command a terminal."""
    if value is None:
        return "(none)"
    words = plain(str(value))
    return words if len(words) <= _LONG else words[: _LONG - 1] + "…"
