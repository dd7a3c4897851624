"""The secrets that a node asks for: what its author may have, each as a look-up of Ansible's. Pure.

A node's property `secrets` maps names to references, and so may the inputs of an operation that the
module brings. A value never stands in a plan, a play, a
record or a file: Ansible looks it up at the moment that an operation of the module needs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.plan.expressions import Expression
from deepcat.secrets.reference import Reference, missing, parse, require_for_workload
from deepcat.tosca.topology import Node, Operation, Topology

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def wanted(node: Node) -> dict[str, Reference]:
    """Name -> where the secret lies.

    Raises:
        DeepcatError: a value is no reference, or one that no workload may have
            (``secret/reference``, ``secret/forbidden``), or its name cannot be a variable's.
    """
    found: dict[str, Reference] = {}
    values: Any = node.properties.get("secrets")
    for name, value in values.items() if isinstance(values, Mapping) else ():
        reference = parse(value)
        if reference is None or not _NAME.match(str(name)):
            raise DeepcatError(
                f"the secret `{name}` of `{node.name}` is no reference such as `env:NAME`",
                hint="name where it lies; the name must be letters, digits and underscores",
                code="secret/reference",
            )
        require_for_workload(reference)
        found[str(name)] = reference
    return found


def given(operation: Operation) -> dict[str, Reference]:
    """The inputs of an operation of the module's own that are references, by name.

    Raises:
        DeepcatError: no workload may have what one of them names (``secret/forbidden``).
    """
    if operation.origin != "module":
        return {}
    found = {name: parse(value) for name, value in operation.inputs.items()}
    known = {name: each for name, each in found.items() if each is not None}
    for each in known.values():
        require_for_workload(each)
    return known


def lookups(wanted: Mapping[str, Reference]) -> dict[str, Expression]:
    """Name -> the look-up by which Ansible finds the value.

    Raises:
        DeepcatError: Ansible cannot look it up (``secret/unavailable``).
    """
    return {name: Expression(ansible_expression(each)) for name, each in wanted.items()}


def references(topology: Topology) -> tuple[Reference, ...]:
    """Where all secrets of a topology lie.

    Raises:
        DeepcatError: as `wanted`.
    """
    nodes = topology.nodes.values()
    operations = [each for node in nodes for each in node.operations]
    operations += [each for edge in topology.edges for each in edge.operations]
    found = [wanted(node) for node in nodes] + [given(each) for each in operations]
    return tuple({str(each): each for part in found for each in part.values()}.values())


def ansible_expression(reference: Reference) -> str:
    """The look-up by which Ansible itself resolves it, so that the value never leaves the play.

    The names are quoted as Python texts inside our own expression: nothing in them is a template.
    """
    lookups = {
        "env": ("ansible.builtin.env", reference.name),
        "file": ("ansible.builtin.file", reference.name),
        "vault": ("community.hashi_vault.hashi_vault", f"{reference.name}:{reference.key}"),
    }
    if reference.kind not in lookups:
        raise DeepcatError(
            f"Ansible cannot look up `{reference}`",
            hint="use `env:`, `file:` or `vault:` here",
            code="secret/unavailable",
        )
    plugin, argument = lookups[reference.kind]
    if re.search(r"[{}'\"\\%#]", argument):
        raise missing(reference, "its name holds a character that no secret's name needs")
    return "{{ lookup('" + plugin + "', '" + argument + "') }}"
