"""The normal form of a topology: nodes and edges; imports, inputs and functions are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Deferred:
    """A value that is known only on the host; it becomes an Ansible fact.

    Attributes:
        function: ``get_attribute``, ``get_operation_output``, ``concat``, ``token`` or ``join``;
            also ``get_input`` where inputs were not given yet.
        arguments: plain values and other `Deferred` ones; node names are already resolved. They are
            ``(node, [capability,] attribute, [key, …])`` for ``get_attribute``,
            ``(node, interface, operation, output, [key, …])`` for ``get_operation_output``,
            ``(input, [key, …])`` for ``get_input``, the parts for ``concat``,
            ``(text, separators, index)`` for ``token``, ``(list, delimiter)`` for ``join``.
    """

    function: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One lifecycle operation of a node.

    Attributes:
        name: ``create``, ``configure``, ``start``, ``stop``, ``delete`` or an interface's own.
        interface: the interface's short name, such as ``Standard``.
        implementation: path inside the module's folder, or a role of ours as ``role:NAME``.
        inputs: values, plain or `Deferred`.
        origin: ``library`` for our own types and roles, ``module`` for what the module supplies,
            ``remote`` for an address that is shown, but never fetched nor carried out.
    """

    name: str
    interface: str
    implementation: str
    inputs: Mapping[str, Any]
    origin: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A requirement that was met.

    Attributes:
        source: the node that requires.
        name: the requirement's name, such as ``host``.
        target: the node that provides.
        capability: the target's capability by name.
        relationship: the relationship's type.
        properties: of the relationship.
        operations: of the relationship, such as ``pre_configure_source``; mostly none.
    """

    source: str
    name: str
    target: str
    capability: str
    relationship: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One node template.

    Attributes:
        name: as in the template.
        type: its type's name.
        ancestry: the type and its ancestors, nearest first.
        properties: defaults filled in, functions evaluated; values plain or `Deferred`.
        attributes: declared start values.
        capabilities: capability name -> its properties.
        artifacts: artifact name -> {"file", "type", ...}; where it has "galaxy", its file is none,
            but names a role or a collection of Ansible Galaxy.
        operations: in lifecycle order.
        directives: such as ``select`` or ``substitute``.
    """

    name: str
    type: str
    ancestry: tuple[str, ...]
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]
    capabilities: Mapping[str, Mapping[str, Any]]
    artifacts: Mapping[str, Mapping[str, Any]]
    operations: tuple[Operation, ...]
    directives: tuple[str, ...] = ()

    @property
    def is_off(self) -> bool:
        """Whether it says of itself that it is not to run: `enabled: false`, in a type of ours."""
        own = (self.type, *self.ancestry)
        is_ours = any(kind.startswith("deepcat.nodes.") for kind in own)
        return is_ours and self.properties.get("enabled") is False


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy with its targets, such as placement or scaling."""

    name: str
    type: str
    targets: tuple[str, ...]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Topology:
    """A template with its inputs given.

    Attributes:
        path: POSIX path of the template relative to the catalog's root.
        version: ``tosca_simple_yaml_1_3`` or an older one, as written.
        description: plain text.
        inputs: the values used, defaults filled in.
        nodes: by name, in dependency order (what is required stands before what requires it).
        edges: sorted by source, then name, then target.
        outputs: name -> value, plain or `Deferred`.
        policies: in the template's order.
    """

    path: str
    version: str
    description: str
    inputs: Mapping[str, Any]
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    outputs: Mapping[str, Any]
    policies: tuple[Policy, ...] = ()
