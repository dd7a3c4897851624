"""TOSCA templates checked by whoever can read them; the catalog itself cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from deepcat.catalog.findings import Finding, Place, has_errors
from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.judge import printable
from deepcat.catalog.judging.rules.deployment_version import not_passing
from deepcat.catalog.judging.verdict import Verdict, Version
from deepcat.catalog.keeping.cache import Cache, row_of
from deepcat.catalog.pool import run_all
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit, UnitKind
from deepcat.catalog.values import DEVELOPED

_QUOTED = re.compile(r"`([^`]+)`")

Reader = Callable[[Tree, str, Mapping[str, Any] | None], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Topologies:
    """How templates are read.

    Attributes:
        read: takes a tree, a template's path, and the inputs of a deployment, or None when the
            template is to be read by itself, without asking for inputs; gives findings.
        fingerprint: changes whenever the same template may give other findings.
    """

    read: Reader
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Job:
    """One reading: of a template by itself, or with the inputs of a deployment."""

    name: str
    fingerprint: str
    template: str
    wish: Unit | None = None
    version: Version | None = None


def check_topologies(
    tree: Tree, catalog: CatalogView, topologies: Topologies, cache: Cache
) -> list[Finding]:
    """The findings of every module's templates, and of every deployment's inputs to them."""
    modules = {unit.name: (unit, facts) for unit, facts in catalog.of(UnitKind.MODULE)}
    jobs = [
        _Job(f"{what} {unit.path}", f"{topologies.fingerprint} {unit.fingerprint}", facts[what])
        for unit, facts in modules.values()
        for what in ("topology", "training")
        if facts[what]
    ]
    alone = _run(jobs, lambda job: topologies.read(tree, job.template, None), cache)
    sound = {job.template for job in jobs if not has_errors(alone[job.name])}
    wishes = []
    for wish, facts in catalog.of(UnitKind.DEPLOYMENT):
        unit, module = modules.get(facts["module"], (None, {}))
        template = _template(module, facts)
        version = catalog.version_of(facts)
        carries = _template(version.verdict.facts, facts) if version else ""
        if version and carries and version.verdict.sound:
            carried = f"{version.carried.folder} {version.carried.commit}"
            own = f"{topologies.fingerprint} {carried} {wish.fingerprint}"
            template = carries
            wishes.append(_Job(f"inputs {wish.path}", own, template, wish, version))
        elif (
            unit
            and (template in sound or template.endswith(DEVELOPED))
            and not catalog.is_elsewhere(facts)
        ):
            fingerprint = f"{topologies.fingerprint} {unit.fingerprint} {wish.fingerprint}"
            wishes.append(_Job(f"inputs {wish.path}", fingerprint, template, wish))

    def read(job: _Job) -> tuple[Finding, ...]:
        there = job.version.tree if job.version else tree
        return _broken(catalog, topologies, job) or _inputs(there, catalog, topologies, job)

    together = _run(wishes, read, cache)
    return [finding for found in (alone, together) for row in found.values() for finding in row]


def _template(module: Mapping[str, Any], wish: Mapping[str, Any]) -> str:
    """What a deployment of a module runs, by the facts of both; empty for nothing."""
    if wish["profile"] == "develop":
        return f"modules/{wish['module']}/{DEVELOPED}"
    own = module.get("training") if wish["profile"] == "train" else ""
    return str(own or module.get("topology") or "")


def _run(
    jobs: list[_Job], work: Callable[[_Job], tuple[Finding, ...]], cache: Cache
) -> dict[str, tuple[Finding, ...]]:
    known = {job.name: cache.get(job.name, job.fingerprint) for job in jobs}
    changed = [job for job in jobs if known[job.name] is None]
    for job, found in zip(changed, run_all(work, changed), strict=True):
        findings = tuple(printable(finding) for finding in found)
        known[job.name] = Verdict(findings)
        cache.put(job.name, row_of(job.fingerprint, Verdict(findings)))
    return {name: verdict.findings for name, verdict in known.items() if verdict}


def _broken(catalog: CatalogView, topologies: Topologies, job: _Job) -> tuple[Finding, ...]:
    """What is wrong with the template that history carried, whatever the inputs are."""
    if job.version is None or job.wish is None:
        return ()
    alone = topologies.read(job.version.tree, job.template, None)
    message = next((f"{each.place}: {each.message}" for each in alone if each.is_error), "")
    if not message:
        return ()
    flaw = not_passing(catalog, job.wish, job.version, message)
    return (Finding(flaw.place, "deployment/version", flaw.message, flaw.hint),)


def _inputs(
    tree: Tree, catalog: CatalogView, topologies: Topologies, job: _Job
) -> tuple[Finding, ...]:
    """What a deployment's inputs do to a template, placed in the deployment's file."""
    assert job.wish  # noqa: S101 - only jobs with a wish come here
    document = catalog.document(job.wish)
    data = document.data if document and isinstance(document.data, dict) else {}
    given = data.get("inputs") or {}
    if not isinstance(given, dict):
        return ()
    found = topologies.read(tree, job.template, given)
    return in_the_wish(found, given, partial(catalog.place, job.wish))


def in_the_wish(
    findings: Iterable[Finding], given: Mapping[str, Any], place: Callable[..., Place]
) -> tuple[Finding, ...]:
    """What inputs do to a template that is sound without them: a fault of who gives them.

    Args:
        findings: of the template with the inputs; its hints are the template's own.
        given: the inputs.
        place: of a key of the wish's document, by the keys that lead to it.
    """
    found = set()
    for finding in findings:
        if finding.is_error:
            quoted = set(_QUOTED.findall(finding.message))
            named = [key for key, value in given.items() if quoted & {key, str(value)}]
            moved = place("inputs", *named[:1])
            found.add(replace(finding, place=moved, code="deployment/inputs"))
    return tuple(sorted(found))
