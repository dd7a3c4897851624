"""Policies and groups: placement, scaling and the like, with their targets named out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.tosca.evaluating.drafts import Scope
from deepcat.tosca.evaluating.functions import Evaluator
from deepcat.tosca.reading.definitions import listed, mapping
from deepcat.tosca.reading.report import Spot, nearest, shown
from deepcat.tosca.topology import Policy


def read_policies(body: Mapping[str, Any], spot: Spot, evaluator: Evaluator) -> tuple[Policy, ...]:
    """The topology's policies; a group among the targets stands for its members."""
    groups = _groups(mapping(body.get("groups")), spot / "groups", evaluator)
    found = (
        _policy(name, data, where, groups, evaluator)
        for name, data, where in _written(body.get("policies"), spot / "policies")
    )
    return tuple(policy for policy in found if policy is not None)


def _written(section: Any, spot: Spot) -> Iterator[tuple[str, Any, Spot]]:
    if isinstance(section, dict):
        for name, data in section.items():
            yield name, data, spot / name
    for index, item in enumerate(listed(section)):
        for name, data in mapping(item).items():
            yield name, data, spot / index / name


def _groups(
    section: Mapping[str, Any], spot: Spot, evaluator: Evaluator
) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for name, data in section.items():
        evaluator.report.name(spot / name, "group", name)
        kind = mapping(data).get("type")
        if not isinstance(kind, str) or evaluator.types.find("group_types", kind) is None:
            evaluator.types.lacking("group_types", kind, spot / name)
        members = listed(mapping(data).get("members"))
        groups[name] = _known(members, evaluator.nodes, spot / name / "members", evaluator)
    return groups


def _known(
    names: list[Any], known: Mapping[str, Any], spot: Spot, evaluator: Evaluator
) -> tuple[str, ...]:
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in known:
            message = f"there is no node `{shown(name)}`"
            evaluator.report.error(spot / index, "unknown-node", message, nearest(name, known))
    return tuple(name for name in names if isinstance(name, str) and name in known)


def _policy(
    name: str,
    data: Any,
    spot: Spot,
    groups: Mapping[str, tuple[str, ...]],
    evaluator: Evaluator,
) -> Policy | None:
    evaluator.report.name(spot, "policy", name)
    kind = mapping(data).get("type")
    entity = evaluator.types.entity("policy_types", kind) if isinstance(kind, str) else None
    if entity is None:
        evaluator.types.lacking("policy_types", kind, spot)
        return None
    if mapping(data).get("triggers"):
        message = f"the triggers of `{shown(name)}` are not carried out"
        evaluator.report.hint(spot / "triggers", "trigger", message, "remove them")
    targets = listed(mapping(data).get("targets"))
    known = {**evaluator.nodes, **groups}
    named = _known(targets, known, spot / "targets", evaluator)
    members = [member for target in named for member in groups.get(target, (target,))]
    properties = evaluator.checker.assign(
        mapping(mapping(data).get("properties")),
        entity.properties,
        spot / "properties",
        Scope(),
        entity.name,
    )
    return Policy(name, entity.name, tuple(dict.fromkeys(members)), properties)
