"""What a tree's own policies say of its units; only what changed is asked anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import blake2b
from typing import Any

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.verdict import Verdict
from deepcat.catalog.keeping.cache import Cache, row_of
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit, UnitKind
from deepcat.catalog.settings import read_settings
from deepcat.policies.judge import BROKEN, judged
from deepcat.policies.read import read_policies
from deepcat.policies.values import On, Subject

_KINDS = {
    UnitKind.MODULE: On.MODULE,
    UnitKind.CLOUD: On.CLOUD,
    UnitKind.DEPLOYMENT: On.DEPLOYMENT,
}


def check_policies(tree: Tree, catalog: CatalogView, cache: Cache) -> list[Finding]:
    """All findings; that a policy is broken is said once, however many units there are.

    Raises:
        DeepcatError: a library is missing (``policy/library``).
    """
    policies = read_policies(tree)
    if not policies:
        return []
    settings = read_settings(tree)
    found: list[Finding] = []
    fresh: dict[str, str] = {}
    asked: list[Subject] = []
    listed = list(own_units(catalog))
    for unit in listed:
        key = f"{policies.digest} {_fingerprint(catalog, unit)}"
        kept = cache.get(f"policies {unit.path}", key)
        if kept is not None:
            found += kept.findings
        else:
            fresh[unit.path] = key
            asked += subject_of(catalog, unit, settings)
    if listed and not fresh:
        return [*found, *policies.broken]  # what is kept was said by policies that can be asked
    said = judged(policies, asked, partial(pointed, catalog))
    if not any(each.code == BROKEN for each in said):
        for unit in listed:
            if unit.path in fresh:
                own = tuple(each for each in said if each.place.path == unit.document)
                cache.put(f"policies {unit.path}", row_of(fresh[unit.path], Verdict(own)))
    return [*found, *said]


def subject_of(
    catalog: CatalogView,
    unit: Unit,
    settings: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
) -> Iterator[Subject]:
    """A unit as policies see it; nothing where its file cannot be read.

    Args:
        catalog: the whole.
        unit: a module, cloud or deployment.
        settings: `deepcat.yaml`, for the groups.
        more: what else policies are told.
    """
    data = _data(catalog, unit)
    if data is not None:
        module = catalog.units.get(f"modules/{data.get('module')}")
        beside = _data(catalog, module) if module else None
        place = Place(unit.document)
        yield subject(_KINDS[unit.kind], unit.name, place, data, beside, settings, more)


def subject(
    on: On,
    name: str,
    place: Place,
    data: Mapping[str, Any],
    module: Mapping[str, Any] | None,
    settings: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
) -> Subject:
    """A module, cloud or deployment as policies see it, in a check as in a plan."""
    known: dict[str, Any] = {"on": str(on), str(on): data, **(more or {})}
    if on is On.DEPLOYMENT:
        known |= {"module": module, "groups": groups_of(data.get("owner"), settings)}
    return Subject(on, name, place, known)


def plain_data(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A file's data as values of JSON, with the name that it has in the catalog."""
    text = json.dumps(data, default=str)
    found: dict[str, Any] = json.loads(text, parse_constant=str)  # JSON knows no NaN
    return found | {"name": name}


def groups_of(owner: Any, settings: Mapping[str, Any]) -> list[str]:
    """The groups of `deepcat.yaml` that somebody is in."""
    groups = settings.get("groups")
    return sorted(
        str(name)
        for name, members in (groups.items() if isinstance(groups, Mapping) else ())
        if isinstance(members, list) and _handle(owner) in set(map(_handle, members))
    )


def _handle(text: Any) -> str:
    return str(text).strip().removeprefix("@").lower()


def own_units(catalog: CatalogView) -> Iterator[Unit]:
    """What policies are asked about."""
    return (unit for unit in catalog.units.values() if unit.kind in _KINDS)


def _data(catalog: CatalogView, unit: Unit) -> dict[str, Any] | None:
    document = catalog.document(unit)
    if document is None or not isinstance(document.data, dict):
        return None
    return plain_data(unit.name, document.data)


def _fingerprint(catalog: CatalogView, unit: Unit) -> str:
    if unit.kind is not UnitKind.DEPLOYMENT:
        return unit.fingerprint
    module = catalog.units.get(f"modules/{catalog.verdicts[unit.path].facts.get('module')}")
    both = f"{unit.fingerprint} {module.fingerprint if module else ''}"
    return blake2b(both.encode(), digest_size=16).hexdigest()


def pointed(catalog: CatalogView, subject: Subject, at: str) -> Place:
    """Where a value of a unit stands."""
    unit = next(each for each in own_units(catalog) if each.document == subject.place.path)
    return catalog.place(unit, *(int(key) if key.isdigit() else key for key in at.split(".")))
