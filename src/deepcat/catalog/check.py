"""All rules over a whole tree, as little of it read anew as possible."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

from deepcat.catalog.findings import Finding, Place, in_order
from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.judge import apply, judge_all
from deepcat.catalog.judging.rule import Source
from deepcat.catalog.judging.rule_registry import all_rules
from deepcat.catalog.judging.verdict import Verdict
from deepcat.catalog.keeping.cache import Cache, Row, Verdicts, open_cache, row_of
from deepcat.catalog.past import Past, past_of
from deepcat.catalog.pool import run_together
from deepcat.catalog.reading.tree import Tree, ask_ahead, is_steady
from deepcat.catalog.reading.units import MARKER, MODULE_FILE, Unit, UnitKind, units
from deepcat.catalog.settings import read_settings
from deepcat.catalog.topologies import Topologies, check_topologies
from deepcat.catalog.wording import nearest
from deepcat.errors import UsageError
from deepcat.garbage import uncollected

PolicyJudge = Callable[[Tree, CatalogView, Cache], Iterable[Finding]]


@dataclass(frozen=True)
class Examination:
    """A tree, examined.

    Attributes:
        units: by path.
        verdicts: of each unit by itself, by path.
        others: findings of the whole and of templates.
        documents: of sound modules that were read just now, by path: what `marshal` makes of
            their data, so that nobody reads them again.
    """

    units: Mapping[str, Unit]
    verdicts: Verdicts
    others: tuple[Finding, ...] = field(repr=False)
    documents: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, sorted by place, then code."""
        return tuple(sorted([*self.verdicts.findings(), *self.others], key=in_order))

    @property
    def findings_fingerprint(self) -> str:
        """Changes whenever a finding does."""
        text = f"{self.verdicts.findings_text}\n{self.others!r}"
        return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


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


def require_known(paths: Sequence[str], seen: Examination) -> None:
    """See that something of the catalog lies at or below each path.

    Raises:
        UsageError: nothing does.
    """
    for path in filter(None, paths):
        if not any(_lies_at(unit, path) for unit in seen.units.values()):
            likely = nearest(path, seen.units)
            raise UsageError(
                f"nothing of the catalog lies at `{path}`",
                hint=f"did you mean `{likely}`?" if likely else "",
            )


def _lies_at(unit: Unit, path: str) -> bool:
    """Whether a unit, or a file of it, lies at or below a path."""
    if unit.path == path or unit.path.startswith(f"{path}/"):
        return True
    if not path.startswith(f"{unit.path}/"):
        return False
    return any(each.path == path or each.path.startswith(f"{path}/") for each in unit.entries)


def examine(
    tree: Tree,
    topologies: Topologies | None = None,
    *,
    cached: bool = True,
    documents: bool = False,
    policies: PolicyJudge | None = None,
) -> Examination:
    """Judge every unit and then the whole.

    Args:
        tree: what to examine.
        topologies: reads TOSCA templates; without it they are left unread.
        cached: whether verdicts are kept for the next time, and taken from the last.
        documents: whether what was read just now is wanted.
        policies: says what the tree's own policies say of its units; without it nobody is asked.
    """
    with uncollected():
        return _examine(tree, topologies, cached=cached, documents=documents, policies=policies)


def _examine(
    tree: Tree,
    topologies: Topologies | None,
    *,
    cached: bool,
    documents: bool,
    policies: PolicyJudge | None,
) -> Examination:
    ask_ahead(tree)
    settings = read_settings(tree)
    cache = open_cache(tree, settings) if cached else Cache(None, settings)
    every = {unit.path: unit for unit in units(tree)}
    verdicts, read = _judge_all(tree, every, settings, cache, documents)
    past = past_of(tree, settings, cached=cached)
    catalog = CatalogView(tree, every, verdicts, past, verdicts.facts)
    found = list(_judge_catalog(catalog, verdicts, cache, past))
    if topologies:
        found.extend(check_topologies(tree, catalog, topologies, cache))
    if policies:
        found.extend(policies(tree, catalog, cache))
    cache.save()
    if past:
        past.save()
    return Examination(every, verdicts, tuple(found), read)


def _judge_all(
    tree: Tree,
    every: Mapping[str, Unit],
    settings: Mapping[str, Any],
    cache: Cache,
    documents: bool,
) -> tuple[Verdicts, dict[str, bytes]]:
    """The verdict of every unit, and what was read; only what changed is judged anew."""
    known = {path: cache.row(path, unit.fingerprint) for path, unit in every.items()}
    changed = [unit for path, unit in every.items() if known[path] is None]

    def row(unit: Unit, verdict: Verdict) -> tuple[Row, bytes]:
        # What changed under our hands is judged, but its fingerprint would be another content's;
        # what another day would judge otherwise is judged anew each time.
        steady = verdict.lasting and (not unit.is_settled or is_steady(tree, unit.entries))
        document = dict(verdict.document or ()) if documents and verdict.sound else {}
        read = marshal.dumps(document) if document else b""
        return row_of(unit.fingerprint if steady else "", verdict), read

    def work(some: Sequence[Unit]) -> list[tuple[Row, bytes]]:
        return list(map(row, some, judge_all(tree, some, settings)))

    read = {}
    for unit, (kept, document) in zip(changed, run_together(work, changed), strict=True):
        known[unit.path] = kept
        cache.put(unit.path, kept)
        if document:
            read[unit.path] = document
    return Verdicts({path: row for path, row in known.items() if row is not None}), read


def _judge_catalog(
    catalog: CatalogView, verdicts: Verdicts, cache: Cache, past: Past | None
) -> tuple[Finding, ...]:
    """What the rules say that see all units; again what they said, when all is as it was."""
    fingerprint = verdicts.facts_fingerprint
    known = cache.get("catalog", fingerprint)
    if known is not None and known.facts == {
        "units": _fingerprints(catalog, known.findings),
        "past": _past(past, known.facts["past"]),
    }:
        return known.findings
    if past:
        past.of(_names_of_wishes(catalog))
    rules = [rule for rule in all_rules().values() if rule.source is Source.CATALOG]
    found = tuple(finding for rule in rules for finding in apply(rule, catalog, Place(MARKER)))
    looked_at = {"units": _fingerprints(catalog, found), "past": _past(past, catalog.asked)}
    cache.put("catalog", row_of(fingerprint, Verdict(found, looked_at)))
    return found


def _names_of_wishes(catalog: CatalogView) -> set[str]:
    """The modules of which history will be asked, so that Git is asked once for all."""
    wishes = (facts for _, facts in catalog.of(UnitKind.DEPLOYMENT))
    return {facts["module"] for facts in wishes if catalog.is_elsewhere(facts)}


def _past(past: Past | None, names: Collection[str]) -> dict[str, str]:
    """The fingerprints of what history knows of modules."""
    return past.fingerprints(names) if past and names else {}


def _fingerprints(catalog: CatalogView, findings: Iterable[Finding]) -> dict[str, str]:
    """The fingerprints of the units in which findings lie: another line may be theirs by now."""
    found = {}
    for finding in findings:
        path = finding.place.path.removesuffix(f"/{MODULE_FILE}")
        found[path] = catalog.units[path].fingerprint if path in catalog.units else ""
    return found
