"""A topology becomes one set of Ansible plays, as plain data. Pure.

A machine of the topology is an inventory host, a node's lifecycle operation is one task on the
host that the node lives on, and the tasks stand in dependency order; neighbours on one host share
a play. Under `vars`, and in every `name`, stands text of the catalog, which is to be written
`!unsafe`; the one exception is an `Expression`, which may name texts of `deepcat_literals`.

A task is one of two:

    - name: "server: start"                     # an operation of our own types: a role
      ansible.builtin.import_role: {name: model_server, tasks_from: start}
      vars: {deepcat_node: {name, type, properties, inputs, requirements}}   # what the role takes

    - name: "setup: create"                     # an operation that the module brings: a script
      deepcat_operation: {node: "{{ deepcat_node }}"}
      vars: {deepcat_node: {…, operation: create, implementation: scripts/create.sh}}

A script gets its inputs as environment variables, and so its node's `secrets`, which stand under
`vars` as look-ups, in `deepcat_secrets`. Lines `NAME=VALUE` that it writes to the file
`$DEEPCAT_OUTPUT` are its outputs, and attributes of its node.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from deepcat.catalog.values import Deployment, Module
from deepcat.errors import DeepcatError
from deepcat.plan import galaxy_roles, guarding, takes
from deepcat.plan.asked import asked_capabilities
from deepcat.plan.expressions import Resolver
from deepcat.plan.given import plugins_apart, shared_ports
from deepcat.plan.lifecycle import CHANGE, DOWN, UP, Step, steps
from deepcat.plan.refusal import Refusal
from deepcat.plan.roles import Entry, Roles, declared
from deepcat.plan.secret_lookups import given, lookups, wanted
from deepcat.plan.values import Action
from deepcat.tosca.topology import Node, Topology
from deepcat.tosca.workload import Workload

_ROLE = "role:"
_COMPUTE = "tosca.nodes.Compute"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def compile_plays(
    topology: Topology,
    deployment: Deployment,
    module: Module,
    action: Action,
    nodes: Mapping[str, Action] | None = None,
    roles: Roles | None = None,
) -> list[dict[str, Any]]:
    """Compile what an action does to a topology.

    Args:
        topology: with its inputs given.
        deployment: names the hosts: `<deployment>.<machine>`, or `<deployment>` without machines.
        module: whose files the scripts are.
        action: create and replace bring up, update configures, delete takes down.
        nodes: on update, what happens to each node, as `Change.nodes`; None configures all.
        roles: what each role takes; None for deepcat's own.

    Returns:
        Plays in order; empty when there is nothing to do.

    Raises:
        DeepcatError: an operation cannot be carried out (``plan/operation``, ``plan/function``).
    """
    host_of = hosts(topology, deployment.name)
    resolver = Resolver(topology, host_of)
    roles = declared() if roles is None else roles
    needs = _requirements(topology)
    plays: list[dict[str, Any]] = []
    for step in _order(topology, action, nodes):
        host = host_of[step.at]
        if not plays or plays[-1]["hosts"] != host:
            plays.append({"name": host, "hosts": host, "gather_facts": False, "tasks": []})
        held = _held(step, needs.get(step.node.name, {}), topology, roles)
        plays[-1]["tasks"].append(_task(step, module, resolver, held))
    return plays


def unrunnable(
    topology: Topology,
    deployment: Deployment,
    module: Module,
    workloads: Iterable[Workload],
    roles: Roles | None = None,
    allowed: Mapping[str, str] | None = None,
    *,
    connects: bool = False,
) -> tuple[Refusal, ...]:
    """Why a topology cannot be carried out; empty when it can.

    A workload none of whose operations does anything would be said to run when nothing does.

    Args:
        topology: with its inputs given.
        deployment: what asks for it.
        module: whose topology it is.
        workloads: of the topology.
        roles: what each role takes; None for deepcat's own.
        allowed: roles of Ansible Galaxy that may be fetched, each with its version.
        connects: whether the catalog's owners let the module's code call out.
    """
    roles = declared() if roles is None else roles
    workloads = tuple(workloads)
    found = [*takes.profile(deployment.profile, workloads), *takes.refusals(topology, roles)]
    found += galaxy_roles.refusals(topology, allowed)
    host_of, fixed = hosts(topology, deployment.name), tuple(deployment.inputs.values())
    found += shared_ports(topology.nodes.values(), host_of, fixed)
    found += plugins_apart(topology.nodes, topology.edges, host_of)
    found += guarding.refusals(topology, deployment, workloads, connects=connects)
    if any(refusal.code == "plan/node" for refusal in found):
        return tuple(found)
    try:
        plays = compile_plays(topology, deployment, module, Action.CREATE, None, roles)
    except DeepcatError as error:
        return (*found, Refusal(error.code, error.message, error.hint))
    done = {task["vars"]["deepcat_node"]["name"] for play in plays for task in play["tasks"]}
    idle = [
        topology.nodes[workload.name]
        for workload in workloads
        if workload.name not in done and not (done and workload.kind == "virtual-machine")
    ]
    return (*found, *map(takes.untaken, idle))


def outputs(topology: Topology, deployment: Deployment) -> dict[str, Any]:
    """The topology's outputs as variables: `Resolver.values` of them."""
    return Resolver(topology, hosts(topology, deployment.name)).values(topology.outputs)


def hosts(topology: Topology, deployment: str) -> dict[str, str]:
    """Node -> the inventory host that it lives on.

    A node lives on the machine at the end of its `host` requirements; one without lives where the
    first node that requires it lives, else on the first machine.
    """
    machines = [name for name, node in topology.nodes.items() if _COMPUTE in _kinds(node)]
    if not machines:
        return dict.fromkeys(topology.nodes, deployment)
    lives: dict[str, str] = {name: name for name in machines}
    below = {edge.source: edge.target for edge in topology.edges if edge.name == "host"}
    for name in topology.nodes:
        end = name
        for _ in topology.nodes:
            end = below.get(end, end)
        if end in lives:
            lives[name] = end
    for edge in reversed(topology.edges):
        if edge.target not in lives and edge.source in lives:
            lives[edge.target] = lives[edge.source]
    return {name: f"{deployment}.{lives.get(name, machines[0])}" for name in topology.nodes}


def _kinds(node: Node) -> tuple[str, ...]:
    return (node.type, *node.ancestry)


def _order(
    topology: Topology, action: Action, nodes: Mapping[str, Action] | None
) -> Iterable[Step]:
    if action is Action.NONE:
        return ()
    on = [name for name, node in topology.nodes.items() if not node.is_off]
    if action is Action.DELETE:
        return steps(topology, reversed(on), DOWN)
    if action is Action.UPDATE:
        touched = nodes if nodes is not None else dict.fromkeys(topology.nodes, Action.UPDATE)
        changed = [name for name in on if touched.get(name) is Action.UPDATE]
        return steps(topology, changed, CHANGE)
    return steps(topology, on, UP)


def _requirements(topology: Topology) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for edge in topology.edges:
        found.setdefault(edge.source, {}).setdefault(edge.name, []).append(edge.target)
    return found


def _held(
    step: Step, requirements: dict[str, list[str]], topology: Topology, roles: Roles
) -> dict[str, Any]:
    """What an operation is told of its node: a script everything, a role what it takes."""
    node, operation = step.node, step.operation
    held: dict[str, Any] = {
        "name": node.name,
        "type": node.type,
        "properties": node.properties,
        "inputs": operation.inputs,
        "requirements": requirements,
    }
    if node.artifacts:
        held["artifacts"] = node.artifacts
    for name in requirements.get("host", ()):
        held["host"] = topology.nodes[name].capabilities.get("host", {})
    entry = roles.get((operation.implementation.removeprefix(_ROLE), operation.name))
    if entry is None:
        held.pop("host", None)  # a script's words stay what they were
        return held
    held["capabilities"] = asked_capabilities(node)
    return _taken(node, held, entry)


def _taken(node: Node, held: dict[str, Any], entry: Entry) -> dict[str, Any]:
    """The node as a role takes it; a type that derives from one that it takes is that one."""
    kinds = (name for name in _kinds(node) if name in entry.types)
    taken = {name: _only(held[name], entry.takes(name)) for name in entry.parts if name in held}
    if not taken.get("capabilities"):
        taken.pop("capabilities", None)
    return {"name": node.name, "type": next(kinds, node.type)} | taken


def _only(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if values.get(name) is not None}


def _task(step: Step, module: Module, resolver: Resolver, held: dict[str, Any]) -> dict[str, Any]:
    node, operation = step.node, step.operation
    name = f"{node.name}: {operation.name}"
    if step.edge is not None:
        name = f"{node.name} and {step.edge.target}: {operation.name}"
        held["relationship"] = {
            "name": step.edge.name,
            "type": step.edge.relationship,
            "target": step.edge.target,
            "properties": step.edge.properties,
        }
    call = _call(step, module, held)
    variables = {"deepcat_node": held} | _secrets(step, held)
    return {"name": name, **call, "vars": resolver.values(variables)}


def _secrets(step: Step, held: dict[str, Any]) -> dict[str, Any]:
    """What only an operation of the module's own can be given; its inputs keep no reference."""
    node, own = step.node, given(step.operation)
    found = lookups(wanted(node) | own)
    held["inputs"] = {name: each for name, each in held["inputs"].items() if name not in own}
    if found and step.operation.implementation.startswith(_ROLE):
        raise DeepcatError(
            f"nothing here can give `{node.name}`, a `{node.type}`, its secrets",
            hint="take its `secrets` away, or let an operation that the module brings use them",
            code="plan/secret",
        )
    return {"deepcat_secrets": found} if found else {}


def _call(step: Step, module: Module, held: dict[str, Any]) -> dict[str, Any]:
    operation = step.operation
    if operation.origin == "remote":
        raise DeepcatError(
            f"the operation `{operation.name}` of `{step.node.name}` lies at an address,"
            " and nothing is fetched from there",
            hint="bring the script in the module's folder, or use a type that deepcat can run",
            code="plan/operation",
        )
    if operation.implementation.startswith(_ROLE):
        role = operation.implementation.removeprefix(_ROLE)
        _require(role, step)
        return {"ansible.builtin.import_role": {"name": role, "tasks_from": operation.name}}
    for variable in operation.inputs:
        _require(variable, step)
    path = operation.implementation.removeprefix(f"{module.path}/")
    held |= {"operation": operation.name, "implementation": path}
    return {"deepcat_operation": {"node": "{{ deepcat_node }}"}}


def _require(word: str, step: Step) -> None:
    """Role names and names of environment variables are words; nothing else is passed on."""
    if not _VARIABLE.match(word):
        raise DeepcatError(
            f"`{word}`, of the operation `{step.operation.name}` of `{step.node.name}`,"
            " is not a plain word",
            hint="use letters, digits and underscores",
            code="plan/operation",
        )
