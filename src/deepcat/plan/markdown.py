"""A plan as Markdown for the reviewers of a pull request: one line first, the details folded. Pure.

All text of the catalog stands in code spans that it cannot end, so it can neither mention anyone,
nor link, nor bring HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from deepcat.catalog.wording import count
from deepcat.plain import plain
from deepcat.plan.render import SIGNS, cost, money, part, place, price, summary
from deepcat.plan.values import Action, Change, Plan, QuotaUse

# A comment on GitHub may have 65,536 characters.
MOST = 60_000
_TEXT = 200
_T = TypeVar("_T")


def markdown(plan: Plan, currency: str = "", most: int = MOST) -> str:
    """The plan for a reader.

    Args:
        most: at most so many characters; what does not fit is counted, not shown.
    """
    parts = [f"**{summary(plan, currency)}**\n"]
    parts += [_refused(plan)] if plan.refusals else []
    changes = [change for change in plan.changes if change.action is not Action.NONE]
    tail = [*_quotas(plan.quotas), _bound(plan)]
    room = most - sum(map(len, parts)) - sum(map(len, tail)) - 200
    if changes:
        table = _table(changes, currency, room)
        parts.append(table)
        parts += _details(changes, currency, room - len(table))
    quiet = sum(change.action is Action.NONE for change in plan.changes)
    if quiet:
        stay = "stay as they are" if quiet > 1 else "stays as it is"
        parts.append(f"{count(quiet, 'deployment')} {stay}.\n")
    return _cut("\n".join([*parts, *tail]), most)


def code(text: str, most: int = _TEXT) -> str:
    """Text as a code span that it cannot end, for prose and tables alike."""
    words = plain(text)
    if len(words) > most:
        words = words[: most - 1] + "…"
    if not words.strip():
        return "—"
    longest = max((len(run) for run in re.findall(r"`+", words)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}".replace("|", "\\|")


def _table(changes: Iterable[Change], currency: str, room: int) -> str:
    lines = ["| | deployment | module | where | price |", "|---|---|---|---|---|"]
    left = 0
    for change in changes:
        line = _row(change, currency)
        if room < len(line) + 1:
            left += 1
            continue
        room -= len(line) + 1
        lines.append(line)
    if left:
        lines.append(f"| | … and {left} more | | | |")
    return "\n".join(lines) + "\n"


def _row(change: Change, currency: str) -> str:
    name = code(change.deployment)
    if change.renamed_from:
        name = f"{code(change.renamed_from)} → {name}"
    module = code(f"{change.module} {change.version}".strip())
    if change.module_commit:
        module += f" of {change.module_commit[:12]}"
    paid = price(change.price_hour_before, change.price_hour, currency)
    what = f"{SIGNS[change.action]} {change.action}"
    return f"| {what} | {name} | {module} | {_where(change)} | {paid} |"


def _where(change: Change) -> str:
    new = place(change, change.offer) if change.offer is not None else ""
    times = f" × {change.hosts}" if change.hosts > 1 and new else ""
    if change.runs_on and new and change.runs_on != new:
        return f"{code(change.runs_on)} → {code(new)}{times}"
    return code(new or change.runs_on) + times


def _details(changes: Iterable[Change], currency: str, room: int) -> Iterator[str]:
    for change in changes:
        block = _folded(change, currency)
        if len(block) > room:
            yield "Further details are left out; `deepcat plan` shows them.\n"
            return
        room -= len(block) + 1
        yield block


def _origin(change: Change) -> list[str]:
    """From where the module comes, where that is not the commit that is planned."""
    lines = [f"The module as of commit {change.module_commit}.", ""] if change.module_commit else []
    told = [f"Note: {code(change.note)}."] if change.note else []
    told += [f"Callers: {code(change.lets_in)}."] if change.lets_in else []
    return [*lines, *told, ""] if told else lines


def _folded(change: Change, currency: str) -> str:
    title = f"{change.action} {_html(change.deployment)}"
    lines = [f"<details><summary>{title}</summary>", ""]
    lines += _origin(change)
    lines += _causes(change)
    if change.offer is not None and change.action is not Action.UPDATE:
        lines += [f"Costs {cost(change, currency)}.", ""]
    if change.placements:
        own = (
            f"- {code(part(each))}, {money(each.price_hour, currency)} an hour"
            for each in change.placements
        )
        lines += ["Its parts:", "", *own, ""]
    if change.fallbacks:
        names = ", ".join(code(place(change, offer)) for offer in change.fallbacks)
        lines += [f"If that fails: {names}.", ""]
    if change.steps:
        lines += ["Steps:", "", *(f"1. {code(step)}" for step in change.steps), ""]
    if change.objects:
        lines += ["There:", "", *(f"- {code(line)}" for line in change.objects), ""]
    rejected = [
        f"- {code(f'{each.cloud}/{each.shape}' if each.shape else each.cloud)}:"
        f" {code('; '.join(each.reasons))}"
        for each in _first(change.rejected, 20)
    ]
    if rejected:
        more = len(change.rejected) - len(rejected)
        lines += ["Not chosen:", "", *rejected]
        lines += [f"- … and {more} more", ""] if more > 0 else [""]
    return "\n".join([*lines, "</details>", ""])


def _causes(change: Change) -> list[str]:
    if not change.causes:
        return []
    lines = ["| because | before | after |", "|---|---|---|"]
    for cause in change.causes[:50]:
        before, after = (code(_value(value)) for value in (cause.before, cause.after))
        lines.append(f"| {code(cause.property)} | {before} | {after} |")
    if len(change.causes) > 50:
        lines.append(f"| … and {len(change.causes) - 50} more | | |")
    return [*lines, ""]


def _refused(plan: Plan) -> str:
    lines = ["Refused:", ""]
    for name, reasons in _first(plan.refusals.items(), 50):
        lines.append(f"- {code(name)}")
        lines += [f"  - {code(reason)}" for reason in reasons[:10]]
    more = len(plan.refusals) - 50
    lines += [f"- … and {more} more"] if more > 0 else []
    return "\n".join(lines) + "\n"


def _quotas(uses: Iterable[QuotaUse]) -> list[str]:
    limited = [use for use in uses if use.limit is not None]
    if not limited:
        return []
    lines = ["<details><summary>Quotas</summary>", ""]
    lines += ["| owner | cloud | what | now | then | of |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {code(use.owner)} | {code(use.cloud) if use.cloud else 'all clouds'} | {use.resource}"
        f" | {use.before:g} | {use.after:g} | {use.limit:g} |"
        for use in limited[:100]
    ]
    return ["\n".join([*lines, "", "</details>", ""])]


def _bound(plan: Plan) -> str:
    commit = code(plan.commit[:12]) if plan.commit else "files that are not committed"
    return f"Made from {commit}; what was read has the hash `{plan.digest[:12]}`.\n"


def _html(text: str) -> str:
    """Text inside a summary, where Markdown may or may not be read: letters alone are left bare."""
    words = plain(text)[:_TEXT]
    return "".join(c if c.isalnum() or c in " -" else f"&#{ord(c)};" for c in words)


def _value(value: object) -> str:
    return "" if value is None else str(value)


def _first(items: Iterable[_T], most: int) -> list[_T]:
    return list(islice(items, most))


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: most - 40].rpartition("\n")[0] + "\n\n… the rest is left out.\n"
