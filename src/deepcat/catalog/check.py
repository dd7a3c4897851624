"""All rules over a whole tree, as little of it read anew as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.judge import Verdict, apply, judge
from deepcat.catalog.parse import read_bytes
from deepcat.catalog.rule import Source, all_rules
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


def examine(tree: Tree) -> Examination:
    """Judge every unit and then the whole."""
    every = {unit.path: unit for unit in units(tree)}
    settings = read_settings(tree)
    verdicts = {path: judge(tree, unit, settings) for path, unit in every.items()}
    whole = Whole(tree, every, verdicts)
    found = [finding for verdict in verdicts.values() for finding in verdict.findings]
    for rule in all_rules().values():
        if rule.source is Source.WHOLE:
            found.extend(apply(rule, whole, Place(MARKER)))
    return Examination(every, verdicts, tuple(sorted(found)))


def read_settings(tree: Tree) -> Mapping[str, Any]:
    """`deepcat.yaml` as far as it can be read; empty when it cannot."""
    try:
        document, _ = read_bytes(tree.read(MARKER), MARKER)
    except FileNotFoundError:
        return {}
    return document.data if document and isinstance(document.data, dict) else {}
