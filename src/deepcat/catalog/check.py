"""All rules over a whole tree, as little of it read anew as possible."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.cache import Cache, open_cache
from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.judge import Verdict, apply, judge
from deepcat.catalog.parse import read_bytes
from deepcat.catalog.pool import run_all
from deepcat.catalog.rule import Source, all_rules
from deepcat.catalog.topologies import Topologies, check_topologies
from deepcat.catalog.tree import Tree
from deepcat.catalog.units import MARKER, Unit, units
from deepcat.catalog.whole import Whole


@dataclass(frozen=True, slots=True)
class Examination:
    """A tree, examined.

    Attributes:
        units: by path.
        verdicts: of each unit by itself, by path.
        findings: of all units and of the whole, sorted by place, then code.
    """

    units: Mapping[str, Unit]
    verdicts: Mapping[str, Verdict]
    findings: tuple[Finding, ...] = field(repr=False)


def check(tree: Tree, paths: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Every finding of a tree.

    Args:
        tree: what to check.
        paths: POSIX paths relative to the root; only findings at or below them are given.
    """
    return below(examine(tree).findings, paths)


def below(findings: Iterable[Finding], paths: Sequence[str]) -> tuple[Finding, ...]:
    """The findings at or below one of the paths; all when there are none."""
    if not paths or "" in paths:
        return tuple(findings)
    return tuple(
        finding
        for finding in findings
        if any(finding.place.path == p or finding.place.path.startswith(f"{p}/") for p in paths)
    )


def examine(
    tree: Tree, topologies: Topologies | None = None, *, cached: bool = True
) -> Examination:
    """Judge every unit and then the whole.

    Args:
        tree: what to examine.
        topologies: reads TOSCA templates; without it they are left unread.
        cached: whether verdicts are kept for the next time, and taken from the last.
    """
    collecting = gc.isenabled()
    gc.disable()  # what is made here lives to the end; looking through it again and again costs
    try:
        return _examine(tree, topologies, cached=cached)
    finally:
        if collecting:
            gc.enable()


def _examine(tree: Tree, topologies: Topologies | None, *, cached: bool) -> Examination:
    settings = read_settings(tree)
    cache = open_cache(tree, settings) if cached else Cache(None, settings)
    every = {unit.path: unit for unit in units(tree)}
    verdicts = _judge_all(tree, every, settings, cache)
    whole = Whole(tree, every, verdicts)
    found = [finding for verdict in verdicts.values() for finding in verdict.findings]
    found.extend(_judge_whole(whole, cache))
    if topologies:
        found.extend(check_topologies(tree, whole, topologies, cache))
    cache.save()
    return Examination(every, verdicts, tuple(sorted(found)))


def _judge_all(
    tree: Tree, every: Mapping[str, Unit], settings: Mapping[str, Any], cache: Cache
) -> dict[str, Verdict]:
    """The verdict of every unit; only what changed is judged anew."""
    stamps = {path: unit.stamp for path, unit in every.items()}
    known = {path: cache.get(path, stamps[path]) for path in every}
    changed = [unit for path, unit in every.items() if known[path] is None]
    fresh = run_all(lambda unit: judge(tree, unit, settings), changed)
    for unit, verdict in zip(changed, fresh, strict=True):
        known[unit.path] = verdict
        cache.put(unit.path, stamps[unit.path], verdict)
    return {path: verdict for path, verdict in known.items() if verdict is not None}


def _judge_whole(whole: Whole, cache: Cache) -> tuple[Finding, ...]:
    """What the rules say that see all units; again what they said, when all is as it was."""
    stamp = whole.stamp
    known = cache.get("whole", stamp)
    if known is None:
        rules = [rule for rule in all_rules().values() if rule.source is Source.WHOLE]
        found = [finding for rule in rules for finding in apply(rule, whole, Place(MARKER))]
        known = Verdict(tuple(found))
        cache.put("whole", stamp, known)
    return known.findings


def read_settings(tree: Tree) -> Mapping[str, Any]:
    """`deepcat.yaml` as far as it can be read; empty when it cannot."""
    try:
        document, _ = read_bytes(tree.read(MARKER), MARKER)
    except FileNotFoundError:
        return {}
    return document.data if document and isinstance(document.data, dict) else {}
