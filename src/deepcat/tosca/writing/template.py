"""The normal form as one self-contained TOSCA template again, without imports. Pure.

Other tools of the field read it, and tosca-parser judges it (`deepcat.tosca.tosca_parser`): every
value stands in it as its type wants it, functions name what they mean and requirements their
targets, so what tosca-parser is too strict about in the template as written (`typed_values`,
`links`) cannot come up. Its own troubles with definitions are gone round here, each by a rule:

- `simple-data-type`: a data type derived from a primitive is written with `type` instead.
- `entry-schema`: the short form `entry_schema: string` is written out.
- `requirement-without-node`: the parser looks for a node type by the capability, and stumbles where
  it is not one of TOSCA's own; the root type is named.
- `open-property`: what an INDIGO type keeps though our facts do not know it is left out.
- `pattern`: patterns are left out, for the parser's engine may take for ever over one; they were
  checked before by one that cannot.
- `join`: written as `concat`, for the parser has no join.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.tosca.reading.definitions import CONTAINERS, PRIMITIVES, listed, mapping
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.topology import Deferred, Node, Operation, Topology


def as_template(topology: Topology, types: Types) -> dict[str, Any]:
    """A topology written as TOSCA 1.3, with all types that it needs and the parser has not."""
    body: dict[str, Any] = {
        "inputs": {name: {"type": "string"} for name in _asked(topology)},
        "node_templates": {
            name: _node(node, topology, types) for name, node in topology.nodes.items()
        },
        "outputs": {
            name: {"value": written(value)}
            for name, value in topology.outputs.items()
            if value is not None
        },
        "policies": [
            {
                policy.name: {
                    "type": policy.type,
                    "targets": list(policy.targets),
                    "properties": written(policy.properties),
                }
            }
            for policy in topology.policies
        ],
    }
    return {
        "tosca_definitions_version": "tosca_simple_yaml_1_3",
        **_Definitions(types).needed(topology),
        "topology_template": {key: value for key, value in body.items() if value},
    }


def written(value: Any) -> Any:
    """A value with each `Deferred` as the function that it was."""
    if isinstance(value, Mapping):
        return {key: written(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(item) for item in value]
    if not isinstance(value, Deferred):
        return value
    arguments = [written(item) for item in value.arguments]
    if value.function == "get_input" and len(arguments) == 1:
        return {"get_input": arguments[0]}
    if value.function == "join" and len(arguments) == 2 and isinstance(arguments[0], list):
        return {"concat": _between(arguments[0], arguments[1])}
    return {value.function: arguments}


def _between(items: list[Any], delimiter: str) -> list[Any]:
    """What join does, by concat: the parser has no join."""
    parts: list[Any] = []
    for item in items:
        parts += [delimiter, item] if parts else [item]
    return parts


def _asked(topology: Topology) -> dict[str, None]:
    """The inputs whose values are not known yet, and are asked for somewhere."""
    found: dict[str, None] = {}
    waiting: list[Any] = [topology.inputs, topology.outputs]
    for node in topology.nodes.values():
        waiting += [node.properties, node.capabilities, node.artifacts]
        waiting += [operation.inputs for operation in node.operations]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Deferred):
            if item.function == "get_input":
                found[str(item.arguments[0])] = None
            waiting.extend(item.arguments)
        elif isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
    return found


def _node(node: Node, topology: Topology, types: Types) -> dict[str, Any]:
    entity = types.entity("node_types", node.type)
    known = entity.properties if entity else {}
    offers = entity.capabilities if entity else {}
    data: dict[str, Any] = {
        "type": node.type,
        "properties": _declared(node.properties, known),
        "attributes": written(node.attributes),
        "capabilities": {
            name: {"properties": _declared(values, offers[name].properties)}
            for name, values in node.capabilities.items()
            if values
        },
        "requirements": [
            {edge.name: edge.target} for edge in topology.edges if edge.source == node.name
        ],
        "artifacts": written(node.artifacts),
        "interfaces": _interfaces(node.operations),
    }
    return {key: value for key, value in data.items() if value}


def _declared(values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: written(value) for name, value in values.items() if name in known}


def _interfaces(operations: tuple[Operation, ...]) -> dict[str, Any]:
    interfaces: dict[str, Any] = {}
    for operation in operations:
        body: dict[str, Any] = {"implementation": operation.implementation}
        if operation.inputs:
            body["inputs"] = written(operation.inputs)
        interfaces.setdefault(operation.interface, {})[operation.name] = body
    return interfaces


class _Definitions:
    """Collects the definitions of types, and of all that these name."""

    def __init__(self, types: Types) -> None:
        self.types = types
        self.found: dict[str, dict[str, Any]] = {}

    def needed(self, topology: Topology) -> dict[str, dict[str, Any]]:
        """Every definition that is needed and not normative, by kind."""
        for node in topology.nodes.values():
            self._take("node_types", node.type)
            for artifact in node.artifacts.values():
                self._take("artifact_types", artifact.get("type"))
        for edge in topology.edges:
            self._take("relationship_types", edge.relationship)
        for policy in topology.policies:
            self._take("policy_types", policy.type)
        return self.found

    def _take(self, kind: str, name: Any) -> None:
        if not isinstance(name, str) or name in self.found.get(kind, {}):
            return
        definition = self.types.find(kind, name)
        if definition is None or definition.library == "normative":
            return
        self.found.setdefault(kind, {})[name] = self._written(kind, definition.data)
        for other_kind, other in self._named(kind, definition.data):
            self._take(other_kind, other)

    def _written(self, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
        result = _without_patterns({k: v for k, v in data.items() if k != "metadata"})
        for section in ("properties", "attributes"):
            if section in result:
                values = mapping(result[section]).items()
                result[section] = {name: self._schema(value) for name, value in values}
        if "requirements" in result:
            result["requirements"] = [
                {name: self._requirement(value) for name, value in mapping(item).items()}
                for item in listed(result["requirements"])
            ]
        if kind == "data_types" and data.get("derived_from") in PRIMITIVES | CONTAINERS:
            # The parser knows a simple type by `type`, and looks for parents among data types.
            result["type"] = data["derived_from"]
            result["derived_from"] = "tosca.datatypes.Root"
        return result

    def _requirement(self, value: Any) -> Any:
        if isinstance(value, str):
            value = {"capability": value}
        return {"node": "tosca.nodes.Root", **value} if "relationship" in value else value

    def _schema(self, value: Any) -> Any:
        if isinstance(value, str):
            return {"type": value}
        if not isinstance(value, dict):
            return value
        result = _without_patterns(value)
        if "entry_schema" in value:
            result["entry_schema"] = self._schema(value["entry_schema"])
        return result

    def _named(self, kind: str, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        yield kind, data.get("derived_from")
        for section in ("properties", "attributes"):
            for value in mapping(data.get(section)).values():
                schema = value
                while isinstance(schema, dict):
                    yield "data_types", schema.get("type")
                    schema = schema.get("entry_schema")
                yield "data_types", schema
        for value in mapping(data.get("capabilities")).values():
            yield "capability_types", mapping(value).get("type", value)
        for item in listed(data.get("requirements")):
            for value in mapping(item).values():
                need = mapping(value)
                yield "capability_types", need.get("capability", value)
                yield "node_types", need.get("node")
                relationship = need.get("relationship")
                yield "relationship_types", mapping(relationship).get("type", relationship)
        for name, value in mapping(data.get("interfaces")).items():
            yield "interface_types", mapping(value).get("type", name)


def _without_patterns(definition: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(definition)
    if "constraints" in result:
        clauses = listed(result.pop("constraints"))
        kept = [clause for clause in clauses if "pattern" not in mapping(clause)]
        if kept:
            result["constraints"] = kept
    return result
