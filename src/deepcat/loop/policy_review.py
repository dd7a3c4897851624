"""What policies say of a pull request: those of the target, and those that it would bring."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from deepcat.catalog.findings import Finding, Severity
from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.reading.units import units
from deepcat.catalog.settings import read_settings
from deepcat.loop.planned import part_of
from deepcat.policies.check import own_units, pointed, subject_of
from deepcat.policies.judge import BROKEN, WARNED, judged
from deepcat.policies.read import read_policies

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree


def reviewed(
    tip: Tree, new: Tree, changed: Collection[str], context: Mapping[str, Any]
) -> tuple[Finding, ...]:
    """What policies say of a pull request: those of the target, of what it changes.

    Policies that it brings are tried, so that a broken one is found before it binds anyone; what
    they would deny is told, and denies nothing yet.

    Args:
        tip: the branch that it shall go to, as it is now.
        new: what is proposed.
        changed: paths of files that differ.
        context: what policies are told besides.

    Raises:
        DeepcatError: a library is missing (``policy/library``).
    """
    now = read_policies(tip)
    then = read_policies(new) if any(path.startswith("policies/") for path in changed) else now
    if not now and not then:
        return ()
    catalog = CatalogView(new, {unit.path: unit for unit in units(new)}, {})
    parts = {part_of(path) for path in changed}
    settings = read_settings(tip)
    every = {
        unit.path: each
        for unit in own_units(catalog)
        for each in subject_of(catalog, unit, settings, context)
    }
    touched = [each for path, each in every.items() if path in parts]
    at = partial(pointed, catalog)
    # Who mends a broken policy is not refused for it.
    found = tuple(
        each
        for each in judged(now, touched, at)
        if each.code != BROKEN or each.place.path not in changed
    )
    if then.digest == now.digest:
        return found
    tried = judged(then, list(every.values()), at, trusted=False)
    return (*found, *(_would(each) for each in tried if each not in found))


def _would(finding: Finding) -> Finding:
    """What a proposed policy says: broken it is an error, else nothing but a hint."""
    if finding.code == BROKEN:
        return finding
    message = f"once this is merged: {finding.message}"
    return replace(finding, code=WARNED, message=message, severity=Severity.HINT)
