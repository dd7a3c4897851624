"""The normal form as one self-contained TOSCA template again, without imports. Pure.

Other tools of the field read it, and tosca-parser judges it (`deepcat.tosca.tosca_parser`): every
value stands in it as its type wants it, functions name what they mean and requirements their
targets, so what tosca-parser is too strict about in the template as written (`typed_values`,
`links`) cannot come up. Its own troubles with definitions are gone round here, each by a rule:

- `simple-data-type`: a data type derived from a primitive is written with `type` instead.
- `entry-schema`: the short form `entry_schema: string` is written out.
- `capability-type`: the short form `NAME: TYPE` of a capability is written out.
- `requirement-without-node`: the parser looks for a node type by the capability, and stumbles where
  it is not one of TOSCA's own; the root type is named.
- `open-property`: what a type of the field keeps though our facts do not know it is left out.
- `pattern`: patterns are left out, for the parser's engine may take for ever over one; they were
  checked before by one that cannot.
- `refined-definition`: a definition that names no type gets that of the one that it refines.
- `null`: a property of the type null, or with null for a default, is written as one that may be
  missing.
- `input-path`: of a path into an input the input alone is written, for the parser takes no more.
- `token-separators`: of several separators the first is written, for the parser takes one.
- `policy-targets`: the types that a policy type aims at are left out, for the parser looks for them
  among the template's own types alone.
- `range-bounds`: bounds of a range are left out, for the parser compares it as a number.
- `join`: written as `concat`, for the parser has no join.
- `shadowed-type`: a type of the template, or of a library that it imports, with the name of one of
  TOSCA's own gets another name, for the parser would take its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.tosca.reading import galaxy
from deepcat.tosca.reading.definitions import CONTAINERS, PRIMITIVES, Schema, listed, mapping
from deepcat.tosca.reading.library import library
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
    needed = _Definitions(types).needed(topology)
    template = {**needed, "topology_template": {k: value for k, value in body.items() if value}}
    shadowed = {
        name: f"deepcat.instead.{name}"
        for kind, definitions in needed.items()
        for name in definitions
        if name in library("normative")[kind]
    }
    if shadowed:
        template = _renamed(template, shadowed)
    return {"tosca_definitions_version": "tosca_simple_yaml_1_3", **template}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def written(value: Any) -> Any:
    """A value with each `Deferred` as the function that it was."""
    if isinstance(value, Mapping):
        return {key: written(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(item) for item in value]
    if not isinstance(value, Deferred):
        return value
    arguments = [written(item) for item in value.arguments]
    if value.function == "get_input":
        return {"get_input": arguments[0]}
    if value.function == "token" and len(arguments) == 3:
        arguments[1] = arguments[1][:1]
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
        "artifacts": {name: _artifact(each) for name, each in node.artifacts.items()},
        "interfaces": _interfaces(node.operations),
    }
    return {key: value for key, value in data.items() if value}


def _artifact(artifact: Mapping[str, Any]) -> Any:
    return written({key: value for key, value in artifact.items() if key != galaxy.KEY})


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
        self.found.setdefault(kind, {})[name] = self._written(kind, name, definition.data)
        for other_kind, other in self._named(kind, definition.data):
            self._take(other_kind, other)

    def _written(self, kind: str, type_name: str, data: Mapping[str, Any]) -> dict[str, Any]:
        result = _without_patterns({k: v for k, v in data.items() if k != "metadata"})
        for section in ("properties", "attributes"):
            if section in result:
                entity = self.types.entity(kind, type_name)
                known = getattr(entity, section) if entity else {}
                result[section] = {
                    name: self._schema(_typed(value, known.get(name)))
                    for name, value in mapping(result[section]).items()
                }
        if kind == "policy_types":
            result.pop("targets", None)
        if "capabilities" in result:
            offers = mapping(result["capabilities"]).items()
            result["capabilities"] = {
                name: {"type": value} if isinstance(value, str) else value for name, value in offers
            }
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
        if value.get("type") == "null" or value.get("default", "") is None:
            result["required"] = False
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


def _typed(value: Any, known: Schema | None) -> Any:
    if isinstance(value, dict) and "type" not in value and known is not None:
        return {"type": known.type, **value}
    return value


def _without_patterns(definition: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(definition)
    if "constraints" in result:
        clauses = listed(result.pop("constraints"))
        unread = {"pattern", "schema"} | ({"in_range"} if result.get("type") == "range" else set())
        kept = [clause for clause in clauses if not unread.intersection(mapping(clause))]
        if kept:
            result["constraints"] = kept
    return result
