"""What a topology asks for that nothing carries out, refused by name. Pure.

A word that is accepted is done: by a role that declares it (`roles`), by the matcher and the
compiler (`matched`), or by a script that the module brings. A property at its type's default asks
for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deepcat.plan import defaults, lifecycle, matched
from deepcat.plan.given import (
    refused_archive,
    refused_ports,
    refused_published,
    refused_values,
    refused_volumes,
)
from deepcat.plan.refusal import Refusal, listed
from deepcat.plan.roles import Entry, Options, Roles
from deepcat.tosca.topology import Deferred, Edge, Node, Operation, Policy, Topology
from deepcat.tosca.workload import Workload

ROLE = "role:"
_CALLED = frozenset((*lifecycle.UP, *lifecycle.DOWN))
# `secret_lookups` says what becomes of them.
_ELSEWHERE = "secrets"
_HOST = "host"


def refusals(topology: Topology, roles: Roles) -> tuple[Refusal, ...]:
    """Everything in a topology that nothing carries out, node by node.

    Args:
        topology: with its inputs given.
        roles: what each role takes.
    """
    edges: dict[str, list[Edge]] = {}
    told: set[str] = set()
    for edge in topology.edges:
        edges.setdefault(edge.source, []).append(edge)
        if _by_script(edge.operations):
            told |= {edge.source, edge.target}
    left = {
        node.name: untaken(node)
        for node in topology.nodes.values()
        if not _is_carried_out(node, node.name in told, roles)
    }
    found = list(left.values())
    of_runtimes = _of_runtimes(topology, roles)
    for node in topology.nodes.values():
        is_moot = bool(left) and _is_host(node)  # what would run there is refused
        if node.name not in left and not is_moot:
            own = [edge for edge in edges.get(node.name, ()) if edge.target not in left]
            found += _of_node(node, own, roles, of_runtimes.get(node.name, frozenset()))
    if not topology.nodes:
        message, hint = "the topology has no nodes, so there is nothing to run", "add some"
        found.append(Refusal("plan/node", message, hint))
    found += _against_order(topology)
    return (*found, *(r for policy in topology.policies for r in _policy(policy)))


def _against_order(topology: Topology) -> Iterator[Refusal]:
    """Operations that would be called before what they are called about is there."""
    place = {name: index for index, name in enumerate(topology.nodes)}
    for edge in topology.edges:
        if _by_script(edge.operations) and place[edge.source] < place[edge.target]:
            message = (
                f"the operations between `{edge.source}` and `{edge.target}` have no order: the"
                " nodes require each other in a ring"
            )
            hint = "let a requirement that has no operations close the ring"
            where = ("node_templates", edge.source, "requirements")
            yield Refusal("plan/requirement", message, hint, where)


def profile(name: str, workloads: Iterable[Workload]) -> tuple[Refusal, ...]:
    """Why a topology cannot be run in a deployment's profile."""
    kind, node_type = matched.PROFILES.get(name, ("", ""))
    if not kind or any(workload.kind == kind for workload in workloads):
        return ()
    message = f"the topology has nothing to run in the profile `{name}`"
    hint = f"deploy the module with another profile; this one runs a `{node_type}`"
    return (Refusal("plan/profile", message, hint),)


def entries(node: Node, roles: Roles) -> list[Entry | None]:
    """What the roles of a node's operations take; None for one that there is no role for."""
    found = (own.implementation.removeprefix(ROLE) for own in _by_role(node))
    return [roles.get((role, own.name)) for role, own in zip(found, _by_role(node), strict=True)]


def _by_role(node: Node) -> list[Operation]:
    return [each for each in node.operations if each.implementation.startswith(ROLE)]


def _by_script(operations: Iterable[Operation]) -> list[Operation]:
    return [each for each in operations if each.origin == "module"]


def _is_carried_out(node: Node, is_told: bool, roles: Roles) -> bool:
    """Whether anything is done for a node: by roles that take its type, by scripts, by a match.

    Args:
        is_told: whether a script of a relationship is called for it.
    """
    types = {node.type, *node.ancestry}
    held = entries(node, roles)
    if not all(entry is not None and types & set(entry.types) for entry in held):
        return False
    scripts = _by_script(node.operations)
    return bool(held or scripts) or is_told or _is_host(node)


def _is_host(node: Node) -> bool:
    """Whether it is what others run on, and a match alone brings it about."""
    return not matched.HOSTS.isdisjoint((node.type, *node.ancestry))


def untaken(node: Node) -> Refusal:
    """The refusal of a node that nothing is done for."""
    message = f"nothing here can run `{node.name}`, a `{node.type}`"
    hint = "take it away, or let a script of the module carry its operations out"
    return Refusal("plan/node", message, hint, ("node_templates", node.name))


def _of_runtimes(topology: Topology, roles: Roles) -> dict[str, frozenset[str]]:
    """Container's runtime -> what all roles of the containers on it are told of it."""
    found: dict[str, frozenset[str]] = {}
    for edge in topology.edges:
        if edge.name == _HOST and edge.source in topology.nodes:
            held = filter(None, entries(topology.nodes[edge.source], roles))
            own = frozenset(_all(held, _HOST))
            found[edge.target] = found.get(edge.target, own) & own
    return found


def _of_node(
    node: Node, edges: Iterable[Edge], roles: Roles, of_runtime: frozenset[str]
) -> Iterator[Refusal]:
    held = [entry for entry in entries(node, roles) if entry is not None]
    usual = defaults.of_node(node)
    if held:
        yield from _properties(node, usual.properties, _all(held, "properties"))
        yield from refused_archive(node)
        yield from refused_ports(node)
        yield from _inputs(node, roles)
        yield from _artifacts(node, _all(held, "artifacts"))
    if held or _is_host(node):
        yield from _capabilities(node, usual, _all(held, "capabilities"), of_runtime)
    yield from _operations(node)
    for edge in edges:
        yield from _edge(node, edge, _all(held, "requirements") if held else None)


def _all(held: Iterable[Entry], part: str) -> Options:
    """What any of a node's entry points takes of a part."""
    return {name: option for entry in held for name, option in entry.takes(part).items()}


def _properties(node: Node, usual: Mapping[str, Any], taken: Options) -> Iterator[Refusal]:
    own_scripts = bool(_by_script(node.operations))
    for name, value in node.properties.items():
        where = ("node_templates", node.name, "properties", name)
        if not asks(value, usual.get(name)) or name == _ELSEWHERE:
            continue
        if name in taken:
            yield from refused_values(node, name, value, taken[name], where)
        elif name in usual or not own_scripts:
            yield _unused(node, name, taken, where)


def asks(value: Any, usual: Any) -> bool:
    """Whether a value asks for anything; what hangs on an input is judged when that is given."""
    is_open = isinstance(value, Deferred) and value.function == "get_input"
    is_empty = isinstance(value, (list, tuple, dict)) and not value
    return not (value is None or is_open or is_empty) and value != usual


def _unused(node: Node, what: str, taken: Iterable[str], where: tuple[str, ...]) -> Refusal:
    message = f"`{node.name}`: nothing here carries out `{what}` of a `{node.type}`"
    return Refusal("plan/property", message, f"take it away; {listed(taken)}", where)


def _capabilities(
    node: Node, usual: defaults.Defaults, taken: Options, of_runtime: frozenset[str]
) -> Iterator[Refusal]:
    is_machine = _is_host(node)
    for capability, values in node.capabilities.items():
        own = taken.get(capability, {}).get("options", {})
        known = {*own, *(matched.CAPABILITIES.get(capability, ()) if is_machine else ())}
        normal = usual.capabilities.get(capability, {})
        if matched.RUNTIME in (node.type, *node.ancestry):
            yield from (*refused_volumes(node, values), *refused_published(node, values))
            known |= of_runtime if capability == _HOST else frozenset()
            normal = (
                dict.fromkeys(values, 1) if capability == "scalable" else normal
            )  # one is there
        for name, value in values.items():
            if name not in known and asks(value, normal.get(name)):
                where = ("node_templates", node.name, "capabilities", capability)
                yield _unused(node, f"{capability}.{name}", known, (*where, "properties", name))


def _inputs(node: Node, roles: Roles) -> Iterator[Refusal]:
    for operation, entry in zip(_by_role(node), entries(node, roles), strict=True):
        taken = entry.takes("inputs") if entry else {}
        for name in operation.inputs:
            if name not in taken:
                where = ("node_templates", node.name, "interfaces", operation.interface)
                yield _unused(node, f"{operation.name}.inputs.{name}", taken, where)


def _artifacts(node: Node, taken: Options) -> Iterator[Refusal]:
    for name in node.artifacts:
        if name not in taken:
            where = ("node_templates", node.name, "artifacts", name)
            yield _unused(node, f"artifacts.{name}", taken, where)


def _operations(node: Node) -> Iterator[Refusal]:
    """Scripts that no lifecycle ever calls."""
    for operation in _by_script(node.operations):
        if operation.interface != "Standard" or operation.name not in _CALLED:
            what = f"{operation.interface}.{operation.name}"
            message = f"`{node.name}`: nothing here ever calls its operation `{what}`"
            hint = "call it from one of Standard's: create, configure, start, stop or delete"
            where = ("node_templates", node.name, "interfaces", operation.interface)
            yield Refusal("plan/operation", message, hint, where)


def _edge(node: Node, edge: Edge, taken: Options | None) -> Iterator[Refusal]:
    where = ("node_templates", node.name, "requirements")
    for operation in edge.operations:
        if operation.implementation.startswith(ROLE):
            what = f"`{operation.name}` between `{node.name}` and `{edge.target}`"
            message = f"nothing here carries out {what} by `{operation.implementation}`"
            yield Refusal("plan/operation", message, "let a script of the module do it", where)
    if taken is not None and edge.name not in taken:
        message = f"`{node.name}`: nothing here carries out its requirement `{edge.name}`"
        yield Refusal("plan/requirement", message, f"take it away; {listed(taken)}", where)
        return
    usual = defaults.of_relationship(edge.relationship)
    for name, value in edge.properties.items():
        if asks(value, usual.get(name)) and not _by_script(edge.operations):
            what = f"`{name}` of its requirement `{edge.name}`"
            message = f"`{node.name}`: nothing here carries out {what}"
            hint = "take it away, or let a script of the relationship use it"
            yield Refusal("plan/requirement", message, hint, where)


def _policy(policy: Policy) -> Iterator[Refusal]:
    usual = defaults.of_policy(policy.type)
    asked = (asks(value, usual.get(name)) for name, value in policy.properties.items())
    if "Scaling" in policy.type and not any(asked):
        return
    message = f"nothing here carries out the policy `{policy.name}`, a `{policy.type}`"
    hint = "take it away; bounds on where it may run stand in the deployment's `placement`"
    yield Refusal("plan/policy", message, hint, ("policies",))
