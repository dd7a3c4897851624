"""What a proposal of a training says of it, as Markdown. Pure.

Text that the script wrote is shown as text; numbers are written by us.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.loop.trained import plots, swept
from deepcat.loop.trained.plots import Plots
from deepcat.loop.trained.takers import Taker
from deepcat.loop.trained.values import Answered, Figure, Provenance, Verdict
from deepcat.records.energy import words
from deepcat.review.comment import code, fence, plain

# A forge takes 65,536 characters.
MOST = 60_000
_MOST_CURVES, _MOST_ANSWERS, _MOST_SHOWN, _MOST_TAKERS = 6, 20, 1_500, 50
_NO_PLOTS = plots.Plots()
# In a cell of a table.
BAR = "\\|"
_SIGNS = {Verdict.BETTER: "▲ better", Verdict.WORSE: "▼ worse", Verdict.SAME: "= same"}


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a training.

    Attributes:
        source: how it came to be.
        before: the module's version that it stands upon.
        version: the new one.
        why: it is that one.
        figures: its metrics.
        samples: how many answers were as expected.
        changed: those that were not.
        expected: sample -> the answer that was expected, of those.
        curves: name -> points, (step, value).
        takers: deployments of the module, and whether they would take the new version.
        gate: why it is a draft; empty where it is none.
        size: of the new archive, in bytes.
        size_before: of the old one; None where it is not in the folder.
        sha256: of the new one.
        plots: that the training left.
        sweep: that it is the best of; None where it is of none.
    """

    source: Provenance
    before: str
    version: str
    why: str
    figures: Sequence[Figure]
    samples: int
    changed: Sequence[Answered]
    expected: Mapping[str, object]
    curves: Mapping[str, Sequence[tuple[float, float]]]
    takers: Sequence[Taker]
    gate: str = ""
    size: int = 0
    size_before: int | None = None
    sha256: str = ""
    plots: Plots = _NO_PLOTS
    sweep: swept.Sweep | None = None


def title(told: Told) -> str:
    """One line."""
    return f"{told.source.module} {told.version} (training {told.source.id})"


def marker(source: Provenance) -> str:
    """What the proposal of a training holds, and no other's; trained once more it is another."""
    return f"<!-- deepcat-training: {source.id} {source.ended} -->"


def body(told: Told) -> str:
    """The whole, cut where a forge would not take it; what is cut is said."""
    text = "\n".join(_lines(told)) + "\n"
    if len(text) <= MOST:
        return text
    note = "\n\n… the rest was cut; `deepcat propose --dry-run` shows all of it.\n"
    return text[: MOST - len(note)] + note


def _lines(told: Told) -> Iterator[str]:
    source = told.source
    yield marker(source)
    yield f"{code(source.module)} {told.before} → **{told.version}**: {told.why}."
    if told.gate:
        yield f"\nA draft, for {plain(told.gate)}."
    yield from _figures(told)
    yield from _samples(told)
    yield from _curves(told)
    yield from plots.lines(told.plots)
    yield from swept.lines(told.sweep, source.id)
    yield from _takers(told)
    yield from _source(told)
    again = f"deepcat reproduce {source.module} {told.version}"
    yield f"\nReproduce with {code(again)}."


def _figures(told: Told) -> Iterator[str]:
    yield "\n| metric | before | after | change | verdict | tolerance |"
    yield "|---|---:|---:|---:|---|---:|"
    for each in told.figures:
        if each.after is None:
            yield f"| {plain(each.name)} | {each.before:g} | – | – | not told | – |"
            continue
        verdict = _SIGNS.get(each.verdict, "–")
        within = ", within tolerance" if each.is_within and each.change else ""
        tolerance = f"{each.tolerance:g}" if each.tolerance else "–"
        yield (
            f"| {plain(each.name)} | {each.before:g} | {each.after:.6g} | {each.change:+.4g} |"
            f" {verdict}{within} | {tolerance} |"
        )
    yield from _measured(told)


def _measured(told: Told) -> Iterator[str]:
    """Who says what the figures are."""
    measured = [each for each in told.figures if each.is_measured]
    again = [each for each in measured if each.stated is not None]
    usual = f"Before: as stated in {told.before}, not measured again. After: as the script says."
    if not measured:
        yield f"\n{usual}"
        return
    both = f"{_names(measured)} after, {_names(again)} before"
    yield f"\nMeasured by `evaluate` on the same data: {both}."
    if rest := [each for each in told.figures if not each.is_measured]:
        yield f"Not measured: {_names(rest)}. {usual}"
    for each in again:
        if each.stated != each.before:
            states = f"{told.before} states {plain(each.name)} {each.stated:g}"
            yield f"\n{states}; it measures {each.before:g}."
    for each in measured:
        if each.said is not None:
            says = f"The script says {plain(each.name)} {each.said:g}"
            yield f"\n**{says}, and it measures {each.after:g}**; what was measured counts."


def _names(figures: Sequence[Figure]) -> str:
    return ", ".join(plain(each.name) for each in figures) or "nothing"


def _samples(told: Told) -> Iterator[str]:
    yield "\n**Samples**, asked of the new model in a box\n"
    yield f"{told.samples} as expected, {len(told.changed)} not."
    if not told.changed:
        return
    yield "A commit of its own, “Expected answers that changed”, needs a maintainer's yes."
    for each in told.changed[:_MOST_ANSWERS]:
        yield f"\n<details><summary>{plain(each.name)}: {plain(each.differs[0])}</summary>\n"
        old = json.dumps(told.expected.get(each.name))[:_MOST_SHOWN]
        new = json.dumps(each.body)[:_MOST_SHOWN]
        yield fence(f"- {old}\n+ {new}", "diff")
        yield "\n</details>"


def _takers(told: Told) -> Iterator[str]:
    """Which deployments would take it, and what they run now."""
    yield "\n**Who would take it**\n"
    taking = [each for each in told.takers if each.is_taker]
    others = [each for each in told.takers if not each.is_taker]
    if taking:
        yield "| deployment | asks for | runs now | where |"
        yield "|---|---|---|---|"
        for each in taking[:_MOST_TAKERS]:
            now = code(each.runs) or "not yet"
            cells = (code(each.name), code(each.wanted) or "any", now, code(each.where))
            yield f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"
        if len(taking) > _MOST_TAKERS:
            yield f"\n{len(taking) - _MOST_TAKERS} more are not shown."
        yield "\nOnce it is merged, each first asks the new version for its samples."
    else:
        yield "No deployment of this catalog."
    if others:
        names = ", ".join(f"{code(each.name)} ({code(each.wanted)})" for each in others[:20])
        yield f"\nNot by what asks for other versions: {names}."


def _curves(told: Told) -> Iterator[str]:
    """The module's metrics first, then what else the script told, as it came."""
    own = {each.name: at for at, each in enumerate(told.figures)}
    known = [(name, points) for name, points in told.curves.items() if len(points) > 1]
    curves = sorted(known, key=lambda each: own.get(each[0], len(own)))
    if curves:
        yield "\n**Learning curves**, as the script told them"
    for name, points in curves[:_MOST_CURVES]:
        shown = "".join(each for each in name if each.isalnum() or each in " _-.")[:40]
        values = ", ".join(f"{value:.6g}" for _, value in points)
        first, last = points[0][0], points[-1][0]
        chart = plots.chart(shown, f'x-axis "step" {first:g} --> {last:g}', f"line [{values}]")
        yield f"\n{fence(chart, 'mermaid')}"
    if len(curves) > _MOST_CURVES:
        yield f"\n{len(curves) - _MOST_CURVES} more curves are not shown."


def _data(sets: Mapping[str, Any]) -> Iterator[str]:
    """Each set by where it lies and the first digits of what it is known by."""
    for name, each in sorted(sets.items()):
        held = each if isinstance(each, Mapping) else {"address": each}
        known = f" ({code(str(held['digest'])[:12])})" if held.get("digest") else ""
        yield f"{code(name)} {code(str(held.get('address', ''))[:_MOST_SHOWN])}{known}"


def _source(told: Told) -> Iterator[str]:
    source = told.source
    energy, carbon = words(source.energy)
    yield "\n**How it came to be**\n"
    rows = {
        "training": code(source.id),
        "deployment": code(source.deployment),
        "trained from": f"{code(source.version)} at commit {code(source.commit[:12])}",
        "begins from": f"the model of {code(source.begins_from)}" if source.begins_from else "",
        "inputs": code(json.dumps(dict(source.inputs), sort_keys=True)[:_MOST_SHOWN]),
        "data": ", ".join(_data(source.data)),
        "seed": code(str(source.seed)) if source.seed is not None else "",
        "lock": code(source.lock),
        "where": code(f"{source.cloud}/{source.shape}"),
        "hardware": code(json.dumps(dict(source.hardware))) if source.hardware else "",
        "ended": code(source.ended),
        "duration": "" if source.duration_s is None else f"{source.duration_s:.0f} s",
        "attempts": str(source.attempts),
        "cost": ""
        if source.cost is None
        else f"{source.cost:.2f} {plain(source.currency)}".strip(),
        "energy": plain(energy),
        "carbon dioxide": plain(carbon),
        "all that it made": code(source.uploaded[:_MOST_SHOWN]),
        "model": f"{told.size:,} bytes, sha256 {code(told.sha256)}",
    }
    if told.size_before is not None:
        rows["model before"] = f"{told.size_before:,} bytes"
    yield "| what | |"
    yield "|---|---|"
    for name, shown in rows.items():
        if shown:
            cell = shown.replace("|", BAR)
            yield f"| {name} | {cell} |"
