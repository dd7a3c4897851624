"""TOSCA's functions, evaluated where they can be; what only the host knows becomes `Deferred`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from deepcat.tosca.evaluating import text_functions
from deepcat.tosca.evaluating.drafts import Draft, Inner, Scope
from deepcat.tosca.evaluating.lookup import Lookup
from deepcat.tosca.evaluating.primitives import WRONG
from deepcat.tosca.reading.definitions import CONTAINERS, PRIMITIVES, Schema, listed, mapping
from deepcat.tosca.reading.function_names import NAMES
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report, Spot, TooManyError, nearest, one, shown
from deepcat.tosca.topology import Deferred

MAX_DEPTH = 48
MAX_WEIGHT = 200_000
_INDEXED: Final = frozenset(("get_attribute", "get_input", "get_operation_output"))


class Evaluator(Lookup):
    """Works values out, each property once.

    Args:
        types: all types.
        report: where findings go.
        inputs: the template's inputs with their values.
    """

    def __init__(self, types: Types, report: Report, inputs: Mapping[str, Any]) -> None:
        super().__init__(types, report, self.call)
        self.inputs = inputs
        self.input_schemas: Mapping[str, Schema] = {}
        self._depth = 0
        self._budget = MAX_WEIGHT
        self._table: dict[str, Callable[[Any, Spot, Scope], Any]] = {
            name: getattr(self, f"_{name}") for name in NAMES
        }

    def value(self, raw: Any, schema: Schema | None, spot: Spot, scope: Scope) -> Any:
        """A value with its functions evaluated; None where it is wrong."""
        return self.checker.value(raw, schema, spot, scope)

    def call(self, raw: Any, spot: Spot, scope: Scope) -> Any:
        """A function's value; `WRONG` where `raw` is no function, None where it cannot be had."""
        if not isinstance(raw, dict) or len(raw) != 1:
            return WRONG
        name, argument = next(iter(raw.items()))
        if name not in self._table:
            return WRONG
        if self._depth >= MAX_DEPTH:
            self._error(spot, "functions call each other too deeply", "write the value out")
            return None
        self._depth += 1
        try:
            result = self._table[name](argument, spot / name, scope)
        finally:
            self._depth -= 1
        self._charge(result, spot)
        return result

    def is_function(self, name: Any) -> bool:
        """Whether a mapping with this one key calls a function."""
        return name in self._table

    def _charge(self, value: Any, spot: Spot) -> None:
        """Bound what all functions together may give: values that repeat values grow quickly."""
        waiting = [value]
        while waiting:
            self._budget -= 1
            item = waiting.pop()
            if isinstance(item, str):
                self._budget -= len(item) // 64
            elif isinstance(item, dict):
                waiting.extend(item.values())
            elif isinstance(item, list):
                waiting.extend(item)
            elif isinstance(item, Deferred):
                waiting.extend(item.arguments)
            if self._budget < 0:
                message = "the functions of this template give more than can be kept"
                self.report.error(spot, "size", message, "repeat less")
                raise TooManyError

    # Functions

    def _get_input(self, argument: Any, spot: Spot, _: Scope) -> Any:
        name, *path = argument if isinstance(argument, list) and argument else [argument]
        if not all(isinstance(part, (str, int)) for part in path):
            self._error(spot, "get_input takes a name and indices")
            return None
        whole = _is_whole(spot)
        if not isinstance(name, str) or name not in self.inputs:
            message = f"there is no input `{shown(name)}`"
            say = self.report.error if whole else self.report.hint
            instead = "declare it under `inputs`" if whole else "it is empty; declare it"
            say(spot, "unknown-input", message, nearest(name, self.inputs, instead))
            return None
        schema = self.input_schemas.get(name)
        if path and schema is not None and schema.type in PRIMITIVES:
            message = f"the input `{shown(name)}` is {one(schema.type)}, which has no parts"
            say = self.report.error if whole else self.report.hint
            say(spot, "function", message, f"write `get_input: {shown(name)}`")
            return None if whole else self.inputs[name]
        if path and not self._leads(schema, path, spot):
            return None
        return self._walk(self.inputs[name], path, spot)

    def _walk(self, value: Any, path: list[Any], spot: Spot) -> Any:
        if isinstance(value, Deferred) and path and value.function in _INDEXED:
            return Deferred(value.function, (*value.arguments, *path))
        found = _follow(value, path)
        if found is WRONG:
            self._error(spot, f"there is nothing at `{shown('.'.join(map(str, path)))}`")
            return None
        return found

    def _names(self, argument: Any, what: str, spot: Spot) -> bool:
        """Whether a function got a node, and names and indices of what is asked of it."""
        if not isinstance(argument, list) or len(argument) < 2:
            message = f"get_{what} takes a node and {one(what)}"
            self._error(spot, message, f"`[NODE, {what.upper()}]`")
        elif not all(isinstance(part, (str, int)) for part in argument[1:]):
            self._error(spot, f"get_{what} takes names and indices")
        else:
            return True
        return False

    def _get_property(self, argument: Any, spot: Spot, scope: Scope) -> Any:
        if not self._names(argument, "property", spot):
            return None
        if link := self.relation(argument[0], scope):
            value = self.relation_property(link, argument[1], spot, "property")
            return None if value is None else self._walk(value, argument[2:], spot)
        draft = self._node(argument[0], argument[1], spot, scope)
        if draft is None:
            return None
        if link := self.relation_of(draft, argument[1:]):
            value = self.relation_property(link, argument[2], spot, "property")
            return None if value is None else self._walk(value, argument[3:], spot)
        draft, capability, path = self._owner(draft, argument[1:])
        name = path[0] if path else None
        if not isinstance(name, str) or name not in self.schemas(draft, capability):
            self._lacks(draft, "property", argument[1] if name is None else name, spot, capability)
            return None
        value = self.property(draft.name, capability, name)
        return None if value is None else self._walk(value, path[1:], spot)

    def _get_attribute(self, argument: Any, spot: Spot, scope: Scope) -> Any:
        if not self._names(argument, "attribute", spot):
            return None
        if link := self.relation(argument[0], scope):
            value = self.relation_property(link, argument[1], spot, "attribute")
            return None if value is None else self._walk(value, argument[2:], spot)
        draft = self._node(argument[0], argument[1], spot, scope)
        if draft is None:
            return None
        draft, capability, path = self._owner(draft, argument[1:])
        if draft.inner is not None:
            return self._inner_attribute(draft.inner, draft, capability, path, spot)
        return self._attribute(draft, capability, path, spot)

    def _attribute(self, draft: Draft, capability: str, path: list[Any], spot: Spot) -> Any:
        name = path[0]
        deferred = Deferred("get_attribute", (draft.name, *_kept(capability), *path))
        schema = self._attributes(draft, capability).get(name)
        if schema is not None:
            return deferred if self._leads(schema, path[1:], spot) else None
        if name not in self.schemas(draft, capability):
            self._lacks(draft, "attribute", name, spot, capability)
            return None
        # TOSCA shows every property as an attribute too; a part that is not set is the host's.
        value = _follow(self.property(draft.name, capability, name), path[1:])
        return deferred if value is WRONG or value is None else value

    def _leads(self, schema: Schema | None, path: list[Any], spot: Spot) -> bool:
        """Whether a path can lead into an attribute of such a type."""
        for key in path:
            if schema is None:
                return True
            kind = schema.type
            if kind in PRIMITIVES or (kind == "list") != isinstance(key, int):
                self._error(spot, f"`{shown(key)}` leads nowhere in {one(kind)}")
                return False
            if kind in CONTAINERS:
                schema = schema.entry
                continue
            entity = self.types.entity("data_types", kind)
            if entity is not None and key not in entity.properties:
                message = f"`{shown(kind)}` has no part `{shown(key)}`"
                self._error(spot, message, nearest(key, entity.properties))
                return False
            schema = entity.properties[key] if entity else None
        return True

    def _inner_attribute(
        self, inner: Inner, draft: Draft, capability: str, path: list[Any], spot: Spot
    ) -> Any:
        """An attribute of a substituted node: of an inner node, or an inner output."""
        name, *rest = path
        if capability in inner.capabilities:
            node, mapped = inner.capabilities[capability]
            return self._get_attribute([node, mapped, *path], spot, Scope())
        if not capability and name in inner.attributes:
            return self._get_attribute([*inner.attributes[name], *rest], spot, Scope())
        if not capability and name in inner.outputs:
            raw, where = inner.outputs[name]
            return self._walk(self.value(raw, None, where, Scope()), rest, spot)
        if name in self.schemas(draft, capability):
            return self._walk(self.property(draft.name, capability, name), rest, spot)
        message = f"nothing inside `{shown(draft.name)}` gives `{shown(name)}`"
        self._error(spot, message, "map the attribute, or give the template such an output")
        return None

    def _get_operation_output(self, argument: Any, spot: Spot, scope: Scope) -> Any:
        if (
            not isinstance(argument, list)
            or len(argument) < 4
            or not all(isinstance(part, (str, int)) for part in argument)
        ):
            hint = "`[NODE, INTERFACE, OPERATION, OUTPUT]`"
            self._error(spot, "get_operation_output takes four names", hint)
            return None
        node, interface, operation, *output = argument
        if self.relation(node, scope):
            self._error(spot, "what a relationship's operation gives is not kept", "name a node")
            return None
        draft = self._node(node, "", spot, scope)
        if draft is None:
            return None
        short = str(interface).rsplit(".", 1)[-1]
        written = mapping(mapping(draft.data.get("interfaces")).get(interface))
        known = {
            *draft.type.interfaces.get(short, {}),
            *written,
            *mapping(written.get("operations")),
        }
        if operation not in known:
            message = f"`{shown(draft.name)}` has no operation `{shown(operation)}` there"
            self._error(spot, message, nearest(operation, known))
            return None
        return Deferred("get_operation_output", (draft.name, short, operation, *output))

    def _get_nodes_of_type(self, argument: Any, spot: Spot, _: Scope) -> Any:
        name = argument[0] if isinstance(argument, list) and len(argument) == 1 else argument
        if not isinstance(name, str) or not self.types.find("node_types", name):
            self.types.lacking("node_types", name, spot)
            return None
        return [node for node, draft in self.nodes.items() if name in draft.type.ancestry]

    def _get_artifact(self, argument: Any, spot: Spot, scope: Scope) -> Any:
        names = isinstance(argument, list) and all(isinstance(part, str) for part in argument[:2])
        if not names or len(argument) < 2:
            self._error(spot, "get_artifact takes a node and an artifact", "`[NODE, ARTIFACT]`")
            return None
        draft = self._node(argument[0], "", spot, scope)
        if draft is None:
            return None
        found = self.artifacts(draft)
        if argument[1] not in found:
            message = f"`{shown(draft.name)}` has no artifact `{shown(argument[1])}`"
            self._error(spot, message, nearest(argument[1], found))
            return None
        raw, where = found[argument[1]]
        if isinstance(raw, dict):
            raw, where = raw.get("file"), where / "file"
        return self.value(raw, None, where, Scope(draft.name))

    def _items(self, argument: Any, spot: Spot, scope: Scope) -> list[Any] | None:
        if not isinstance(argument, list):
            items = self.value(argument, None, spot, scope)
            return items if isinstance(items, list) else None
        return [self.value(item, None, spot / i, scope) for i, item in enumerate(argument)]

    def _concat(self, argument: Any, spot: Spot, scope: Scope) -> Any:
        items = self._items(argument, spot, scope) if isinstance(argument, list) else None
        if not items or any(isinstance(item, (dict, list)) for item in items):
            self._error(spot, "concat takes a list of texts")
            return None
        return text_functions.concat(items)

    def _join(self, argument: Any, spot: Spot, scope: Scope) -> Any:
        parts = listed(argument)
        items = self._items(parts[0], spot / 0, scope) if 1 <= len(parts) <= 2 else None
        delimiter = parts[1] if len(parts) == 2 else ""
        if items is None or not isinstance(delimiter, str):
            self._error(spot, "join takes a list and a delimiter", "`[[TEXT, …], DELIMITER]`")
            return None
        return text_functions.join(items, delimiter)

    def _token(self, argument: Any, spot: Spot, scope: Scope) -> Any:
        match self._items(argument, spot, scope) if isinstance(argument, list) else None:
            case [text, str(separators), int(index)] if separators and index >= 0:
                found = text_functions.token(text, separators, index)
            case _:
                self._error(spot, "token takes a text, separators and an index from 0")
                return None
        if found is None:
            self._error(spot, f"the text has no token number {index}", "count from 0")
        return found


def _is_whole(spot: Spot) -> bool:
    """Whether a function is the whole of a property, an operation's input, or an output.

    `part-of-a-value`: of functions within a list, a mapping or another function tosca-parser judged
    nothing, so templates of the field hold some that name no input.
    """
    section = spot.pointer[-3:-1]
    return section[:1] in (("properties",), ("inputs",)) or section[1:] == ("value",)


def _kept(capability: str) -> tuple[str, ...]:
    return (capability,) if capability else ()


def _follow(value: Any, path: list[Any]) -> Any:
    for key in path:
        if (isinstance(value, dict) and key in value) or (
            isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value)
        ):
            value = value[key]
        else:
            return WRONG
    return value
