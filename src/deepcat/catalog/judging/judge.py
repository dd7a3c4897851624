"""One unit judged by itself: parsed, held against its schema, and seen by every unit rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.judging.rule import Rule, Source
from deepcat.catalog.judging.rule_registry import all_rules
from deepcat.catalog.judging.schema import is_valid, violations, without
from deepcat.catalog.judging.schema_findings import findings
from deepcat.catalog.judging.unit_view import MEGABYTE, View
from deepcat.catalog.judging.verdict import Verdict
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit, UnitKind
from deepcat.catalog.values import trains
from deepcat.catalog.wording import visible
from deepcat.secrets.addresses import masked

# Nobody reads more of one rule in one unit, and a hostile file could bring a million.
MOST = 50


@dataclass(slots=True)
class _Judged:
    """A unit on its way to a verdict."""

    view: View
    found: list[Finding] = field(default_factory=list)
    lasting: bool = True

    def hear(self, rule: Rule) -> None:
        if not rule.needs or rule.needs in self.view.data:
            said = apply(rule, self.view, Place(self.view.unit.document), MOST)
            self.lasting = self.lasting and not (said and rule.by_day)
            self.found.extend(said)

    def verdict(self) -> Verdict:
        view, findings = self.view, tuple(sorted(set(self.found)))
        if view.unit.kind is UnitKind.MODULE:
            return Verdict(findings, _facts(view), view.digest, view.data, self.lasting)
        return Verdict(findings, _facts(view), lasting=self.lasting)


def judge(tree: Tree, unit: Unit, settings: Mapping[str, Any]) -> Verdict:
    """Read one unit and let every rule that needs nothing else look at it."""
    return judge_all(tree, [unit], settings)[0]


def judge_all(tree: Tree, units: Sequence[Unit], settings: Mapping[str, Any]) -> list[Verdict]:
    """The same of some units: each rule looks at all of them before the next one does.

    Where one has large files they are judged one by one, so that few of them are held at once.
    """
    if len(units) > 1 and any(_is_large(unit) for unit in units):
        return [judge(tree, unit, settings) for unit in units]
    judged = [_Judged(View(tree, unit, settings)) for unit in units]
    for each in judged:
        each.found += map(printable, _read(each.view))
    for kind in dict.fromkeys(unit.kind for unit in units):
        mine = [each for each in judged if each.view.unit.kind is kind]
        for rule in _unit_rules(kind):
            for each in mine:
                each.hear(rule)
    return [each.verdict() for each in judged]


def _is_large(unit: Unit) -> bool:
    return sum(entry.size for entry in unit.entries) > MEGABYTE


def apply(rule: Rule, subject: Any, fallback: Place, most: int | None = None) -> list[Finding]:
    """The findings of one rule; should the rule itself fail, that is a finding too.

    Args:
        rule: one that finds something by itself.
        subject: what it takes.
        fallback: the place of its own failure.
        most: how many findings are wanted; None for all.
    """
    assert rule.find  # noqa: S101 - only rules that find something are applied
    try:
        return [
            printable(Finding(flaw.place, rule.code, flaw.message, flaw.hint, rule.severity))
            for flaw in islice(rule.find(subject), most)
        ]
    except Exception as error:  # a rule that trips over one hostile file must not hide all others
        message = f"the rule {rule.code} failed here: {type(error).__name__}: {error}"
        hint = "please report it with this file; it is a mistake in deepcat"
        return [printable(Finding(fallback, "check/rule-failed", message, hint))]


def printable(finding: Finding) -> Finding:
    """The finding with every hidden character spelt out, and no password of an address told."""
    place = finding.place
    path, message, hint = map(_told, (place.path, finding.message, finding.hint))
    if (path, message, hint) == (place.path, finding.message, finding.hint):
        return finding
    place = dataclasses.replace(place, path=path)
    return dataclasses.replace(finding, place=place, message=message, hint=hint)


def _told(text: str) -> str:
    return masked(visible(text))


@cache
def _unit_rules(kind: UnitKind) -> tuple[Rule, ...]:
    rules = all_rules().values()
    return tuple(rule for rule in rules if rule.source is Source.UNIT and kind in rule.kinds)


def _read(view: View) -> list[Finding]:
    """Parse the document, hold it against its schema, and give the view what stands the test."""
    kind = view.unit.kind
    if kind is UnitKind.STRAY:
        return []
    document, found = view.parsed
    if document is None:
        return list(found)
    if not found and is_valid(kind, document.data):
        view.data = document.data
        return []
    broken = violations(kind, document)
    view.data = without(document.data, broken)
    return [*found, *findings(broken)]


def _facts(view: View) -> dict[str, Any]:
    data, kind = view.data, view.unit.kind
    if kind is UnitKind.MODULE:
        gone = data.get("deprecated", {})
        return {
            "version": data.get("version", ""),
            "title": data.get("title", ""),
            "deprecated": bool(gone),
            "base_model": data.get("base_model", ""),
            "replaced_by": gone.get("replaced_by", ""),
            "topology": _topology(view),
            "training": view.path("module.yaml") if trains(data) else "",
            "data": _data(data.get("training", {})),
            "learns": {
                key: value
                for key, value in data.get("training", {}).items()
                if key in ("inputs", "metric")
            },
        }
    if kind is UnitKind.DEPLOYMENT:
        return {
            "module": data.get("module", ""),
            "version": data.get("version", "*"),
            "profile": data.get("profile", ""),
            "clouds": data.get("placement", {}).get("clouds", []),
            "data": _data(data),
            "inputs": sorted(map(str, data.get("inputs", {}))),
            "sweep": data.get("sweep", {}),
        }
    if kind is UnitKind.COLLECTION:
        return {"modules": data.get("modules", [])}
    if kind is UnitKind.CATALOG:
        return {
            "picks": data.get("picks", []),
            "compare": data.get("compare", []),
            "reproduce": data.get("reproduce", {}).get("clouds", []),
        }
    return {}


def _data(data: Mapping[str, Any]) -> dict[str, str]:
    """Name -> the data set that it is; empty for an address."""
    given = data.get("data", {})
    return {str(name): str(each.get("dataset", "")) for name, each in given.items()}


def _topology(view: View) -> str:
    name = view.data.get("topology", "tosca.yaml")
    return view.path(name) if name in view.files else ""
