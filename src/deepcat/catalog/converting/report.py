"""What became of an import, as text and as JSON. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from deepcat.catalog.converting.outcome import Outcome, State
from deepcat.catalog.judging.report import as_json
from deepcat.catalog.wording import count, listed
from deepcat.plain import plain

ONE, MANY = "deepcat-import/v1", "deepcat-imports/v1"


def table(outcomes: Sequence[Outcome]) -> str:
    """A row for each source, and the totals; these alone where there is none."""
    if not outcomes:
        return totals(outcomes)
    rows = [("", "MODULE", "FORMAT", "LOST", "FINDINGS", "SOURCE")]
    rows += [(*_cells(each), plain(each.source)) for each in outcomes]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]))
        for row in rows
    ]
    return "\n".join((*lines, "", totals(outcomes)))


def _cells(outcome: Outcome) -> tuple[str, str, str, str, str]:
    is_done = outcome.state in {State.IMPORTED, State.UPDATED}
    lost, findings = str(len(outcome.lost)), str(len(outcome.findings))
    return (
        outcome.state.value,
        outcome.name or "-",
        outcome.generation or "-",
        lost if is_done else "-",
        findings if is_done else "-",
    )


def totals(outcomes: Sequence[Outcome]) -> str:
    """How many came to what, in one line."""
    found = Counter(each.state for each in outcomes)
    parts = [f"{found[state]} {state}" for state in State if found[state]]
    return f"{count(len(outcomes), 'source')}: {', '.join(parts) or 'nothing to do'}."


def losses(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A line for each source of which not all is a module: what it lost, or why it failed."""
    for each in outcomes:
        source = plain(each.source)
        if each.state in {State.FAILED, State.SKIPPED} and each.why:
            hint = f" ({each.hint})" if each.hint else ""
            yield f"{source}: {each.state}: {plain(each.why)}{hint}"
        elif each.lost:
            yield f"{each.name}: no field here for {lost(each)}"


def lost(outcome: Outcome) -> str:
    """The fields that no field of a module takes, as they are kept."""
    return listed(outcome.lost, len(outcome.lost))


def many_as_json(outcomes: Sequence[Outcome], notes: Sequence[str], dry_run: bool) -> str:
    """The whole report, for programs."""
    found = Counter(each.state for each in outcomes)
    body = {
        "format": MANY,
        **{state.value: found[state] for state in State},
        "notes": list(notes),
        "sources": [_told(each, dry_run=dry_run) for each in outcomes],
    }
    return json.dumps(body, indent=2, ensure_ascii=False)


def one_as_json(outcome: Outcome, *, dry_run: bool) -> str:
    """What became of a single source, and the module that came of it."""
    body = {"format": ONE, **_told(outcome, dry_run=dry_run), "module": dict(outcome.module)}
    return json.dumps(body, indent=2, ensure_ascii=False)


def _told(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    path = f"modules/{outcome.name}" if outcome.name else ""
    findings = json.loads(as_json(outcome.findings))
    return {
        "source": plain(outcome.source),
        "state": outcome.state.value,
        "why": outcome.why,
        "hint": outcome.hint,
        "code": outcome.error.code if outcome.error else "",
        "name": outcome.name,
        "path": path,
        "generation": outcome.generation,
        "commit": outcome.commit,
        "lost": list(outcome.lost),
        "written": [] if dry_run else list(outcome.files),
        **{key: findings[key] for key in ("errors", "hints", "findings")},
    }
