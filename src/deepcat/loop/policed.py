"""A plan held against the catalog's policies: what they deny is refused before anything is done."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.values import Catalog
from deepcat.plan.as_json import change_as_json
from deepcat.plan.values import Action, Change, Plan, Wish
from deepcat.policies.check import groups_of, plain_data, subject
from deepcat.policies.judge import BROKEN, judged
from deepcat.policies.values import On, Policies, Subject


@dataclass(frozen=True, slots=True)
class Known:
    """What policies are told about, and who they are.

    Attributes:
        policies: all of them.
        catalog: what is planned.
        wishes: by deployment's name.
        settings: `deepcat.yaml`, for the groups.
        context: what they are told besides, such as of a review.
    """

    policies: Policies
    catalog: Catalog
    wishes: Mapping[str, Wish]
    settings: Mapping[str, Any]
    context: Mapping[str, Any]


def policed(plan: Plan, known: Known) -> Plan:
    """The plan without what a policy denies; that is among its refusals, with why.

    What only goes is never denied. While a policy cannot be evaluated at all, everything is; where
    it cannot be evaluated for one deployment, that one is.

    Raises:
        DeepcatError: a library is missing (``policy/library``).
    """
    policies = known.policies
    changes = [each for each in plan.changes if each.action not in (Action.NONE, Action.DELETE)]
    if not policies or not changes:
        return plan
    subjects = [subject for each in changes for subject in _subjects(each, known)]
    denied: dict[str, list[str]] = defaultdict(list)
    warned: dict[str, list[str]] = defaultdict(list)
    broken = [*policies.libraries, *(each.path for each in policies.all)]
    broken += [each.place.path for each in policies.broken]
    for finding in judged(policies, subjects):
        for name in (each.deployment for each in changes):
            if finding.place.path in (f"deployments/{name}.yaml", *broken):
                (denied if finding.is_error else warned)[name].append(_words(finding))
    kept = tuple(each for each in plan.changes if each.deployment not in denied)
    gone = [each for each in plan.changes if each.deployment in denied]
    refusals = {**plan.refusals, **{name: tuple(why) for name, why in denied.items()}}
    return replace(
        plan,
        changes=kept,
        refusals=dict(sorted(refusals.items())),
        warnings={name: tuple(why) for name, why in sorted(warned.items()) if name not in denied},
        price_hour_kept=plan.price_hour_kept + sum(each.price_hour_before for each in gone),
        digest=sha256(f"{plan.digest} {policies.digest}".encode()).hexdigest(),
    )


def _subjects(change: Change, known: Known) -> Iterator[Subject]:
    """What policies are asked for one change: the change, and what it brings up."""
    catalog, context, settings = known.catalog, known.context, known.settings
    name = change.deployment
    wish = catalog.deployments.get(name)
    planned = known.wishes.get(name)
    module = planned.module if planned else catalog.modules.get(change.module)
    cloud = catalog.clouds.get(change.offer.cloud) if change.offer else None
    place = Place(f"deployments/{name}.yaml")
    data = {
        On.DEPLOYMENT: plain_data(name, wish.data) if wish else None,
        On.MODULE: plain_data(module.name, module.data) if module else None,
        On.CLOUD: plain_data(cloud.name, cloud.data) if cloud else None,
    }
    groups = groups_of(wish.owner if wish else "", settings)
    shown = json.loads(json.dumps(change_as_json(change), default=str))
    units = {str(on): each for on, each in data.items()}
    more = {"groups": groups, "change": shown, "ports": _ports(known.wishes.get(name))}
    yield Subject(On.PLAN, name, place, {"on": "plan", **context, **units, **more})
    for on, own in data.items():
        if own is not None:
            yield subject(on, name, place, own, data[On.MODULE], settings, context)


def _ports(wish: Wish | None) -> list[dict[str, Any]]:
    """What of it can be reached, and at which port outside where it is fixed."""
    return [
        {"workload": work.name, "name": port.name, "internal": port.internal,
         "external": port.external, "protocol": port.protocol}
        for work in (wish.workloads if wish else ())
        for port in work.ports
    ]  # fmt: skip


def _words(finding: Finding) -> str:
    hint = f" ({finding.hint})" if finding.hint else ""
    where = f"{finding.place}: " if finding.code == BROKEN else ""
    code = f" [{finding.code}]" if finding.is_error else ""
    return f"{where}{finding.message}{hint}{code}"
