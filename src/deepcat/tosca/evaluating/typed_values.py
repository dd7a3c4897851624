"""A value held against what its definition allows: types, required parts, constraints. Pure.

Where tosca-parser is stricter than the templates of the field, this is not; each relaxation, beside
those of `primitives`:

- `open-property`: a type of INDIGO's or GRyCAP's keeps a property that our facts of it do not know,
  with a hint.
- `property-aside`: what INDIGO's orchestrator read of TOSCA's own types, though they have no such
  property, is passed over with a hint.
- `no-disk`: an input that gives a size of nothing means no disk, whatever the least size is, with a
  hint.
- `primitive-data-type`: a data type may derive from a primitive (`derived_from: integer`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from deepcat.tosca.evaluating import constraints
from deepcat.tosca.evaluating.primitives import WRONG, is_deferred, primitive
from deepcat.tosca.reading.definitions import CONTAINERS, MISSING, PRIMITIVES, Schema, listed
from deepcat.tosca.reading.function_names import NAMES
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report, Spot, nearest, one, shown
from deepcat.tosca.reading.scalars import quantity
from deepcat.tosca.topology import Deferred

# They give text, so where a mapping is wanted they are none: `environment: {token: abc}`.
_TEXT_FUNCTIONS: Final = frozenset(("concat", "join", "token"))
OPEN: Final = (
    "tosca.nodes.indigo.",
    "tosca.nodes.ec3.",
    "tosca.nodes.eosc.",
    "tosca.nodes.aisprint.",
    "tosca.capabilities.indigo.",
)
_ASIDE: Final = frozenset(
    (
        ("tosca.policies.Placement", "sla_id"),
        ("tosca.policies.Placement", "availability_zone"),
        ("tosca.capabilities.OperatingSystem", "image"),
    )
)
_EXAMPLES: Final = {
    "string": "text",
    "integer": "a whole number such as `2`",
    "float": "a number such as `0.5`",
    "boolean": "`true` or `false`",
    "timestamp": "an instant such as `2024-05-01T12:00:00Z`",
    "null": "nothing",
    "version": "a version such as `1.2.0`",
    "range": "two bounds such as `[1, 4]`",
    "scalar-unit.size": "a size such as `4 GiB`",
    "scalar-unit.time": "a time such as `30 s`",
    "scalar-unit.frequency": "a frequency such as `2 GHz`",
    "scalar-unit.bitrate": "a bit rate such as `10 Mbps`",
    "list": "a list",
    "map": "a mapping",
}


class Checker:
    """Holds values against schemas, and reports what does not fit.

    Args:
        types: for data types.
        report: where findings go.
        call: evaluates a value that is a function; gets value, place and scope. It returns
            `WRONG` where the value is no function.
    """

    def __init__(self, types: Types, report: Report, call: Callable[[Any, Spot, Any], Any]) -> None:
        self.types = types
        self.report = report
        self.call = call

    def value(self, raw: Any, schema: Schema | None, spot: Spot, scope: Any) -> Any:
        """The value, functions evaluated, types and constraints checked; None where it is wrong."""
        result = WRONG if self._is_data(raw, schema) else self.call(raw, spot, scope)
        called = result is not WRONG
        if not called:
            result = raw
        if schema is None:
            return result if called else self._plain(raw, spot, scope)
        if called and (isinstance(result, Deferred) or result is None):
            return result
        return self._typed(result, schema, spot, scope, called)

    def _is_data(self, raw: Any, schema: Schema | None) -> bool:
        """Whether what looks like a function is a mapping with one key of that name."""
        if schema is None or not isinstance(raw, dict) or len(raw) != 1:
            return False
        (key,) = raw
        if schema.type == "map":
            return key in _TEXT_FUNCTIONS
        if schema.type in PRIMITIVES | CONTAINERS:
            return False
        entity = self.types.entity("data_types", schema.type)
        return entity is not None and key in entity.properties

    def _plain(self, raw: Any, spot: Spot, scope: Any) -> Any:
        if isinstance(raw, dict):
            return {key: self.value(item, None, spot / key, scope) for key, item in raw.items()}
        if isinstance(raw, list):
            return [self.value(item, None, spot / i, scope) for i, item in enumerate(raw)]
        return raw

    def _typed(self, value: Any, schema: Schema, spot: Spot, scope: Any, called: bool) -> Any:
        if schema.type == "list":
            result = self._list(value, schema, spot, scope)
        elif schema.type == "map":
            result = self._map(value, schema, spot, scope)
        elif schema.type in PRIMITIVES:
            result = primitive(value, schema.type, _unknown if called else lambda: spot.written)
        else:
            return self._data_type(value, schema, spot, scope, called)
        if result is WRONG:
            self._wrong(value, schema.type, spot)
            return None
        self._constraints(result, schema.type, schema.constraints, spot, called)
        return result

    def _wrong(self, value: Any, type_name: str, spot: Spot) -> None:
        function = _function_like(value)
        if function and type_name not in CONTAINERS:
            message = f"there is no function `{shown(function)}`"
            self.report.error(spot, "unknown-function", message, nearest(function, NAMES))
            return
        message = f"`{shown(value)}` is not {one(type_name)}"
        self.report.error(spot, "type", message, f"give {_EXAMPLES.get(type_name, type_name)}")

    def _list(self, value: Any, schema: Schema, spot: Spot, scope: Any) -> Any:
        if not isinstance(value, list):
            return WRONG
        items = (self.value(item, schema.entry, spot / i, scope) for i, item in enumerate(value))
        return [item for item in items if item is not None]

    def _map(self, value: Any, schema: Schema, spot: Spot, scope: Any) -> Any:
        """The entries; one whose optional input was not given is not there."""
        if not isinstance(value, dict):
            return WRONG
        if schema.key is not None:
            for key in value:
                self.value(key, schema.key, spot / key, scope)
        entries = (
            (key, self.value(item, schema.entry, spot / key, scope)) for key, item in value.items()
        )
        return {key: item for key, item in entries if item is not None}

    def _data_type(self, value: Any, schema: Schema, spot: Spot, scope: Any, called: bool) -> Any:
        base, clauses = self._base(schema.type)
        clauses = clauses + schema.constraints
        if base:
            inner = Schema(base, entry=schema.entry, constraints=clauses, spot=schema.spot)
            return self._typed(value, inner, spot, scope, called)
        if not isinstance(value, dict):
            self._wrong(value, schema.type, spot)
            return None
        entity = self.types.entity("data_types", schema.type)
        if entity is None:
            return None
        result = self.assign(value, entity.properties, spot, scope, schema.type)
        self._constraints(result, schema.type, clauses, spot)
        return result

    def _base(self, name: str) -> tuple[str, tuple[tuple[str, Any], ...]]:
        """The primitive or container below a data type, and all constraints on the way."""
        clauses: list[tuple[str, Any]] = []
        for _, definition in self.types.chain("data_types", name):
            for clause in listed(definition.data.get("constraints")):
                if isinstance(clause, dict) and len(clause) == 1:
                    clauses.extend(clause.items())
            for key in ("type", "derived_from"):
                base = definition.data.get(key)
                if isinstance(base, str) and base in PRIMITIVES | CONTAINERS:
                    return base, tuple(clauses)
        return "", tuple(clauses)

    def assign(
        self,
        given: Mapping[str, Any],
        schemas: Mapping[str, Schema],
        spot: Spot,
        scope: Any,
        owner: str,
    ) -> dict[str, Any]:
        """All values of something with named parts: unknown ones reported, defaults filled in."""
        self.unknown(given, schemas, spot, owner)
        return {
            name: value
            for name, schema in schemas.items()
            if (value := self.part(name, given, schema, spot, scope, owner)) is not None
        }

    def unknown(
        self, given: Mapping[str, Any], schemas: Mapping[str, Schema], spot: Spot, owner: str
    ) -> None:
        """Report parts that the type does not have."""
        for name in given:
            if (owner, name) in _ASIDE:
                message = f"`{shown(owner)}` has no property `{name}` by TOSCA"
                hint = "INDIGO's orchestrator read it; nothing here does"
                self.report.hint(spot / name, "open-property", message, hint)
            elif name not in schemas and not owner.startswith(OPEN):
                message = f"`{shown(owner)}` has no property `{shown(name)}`"
                hint = nearest(name, schemas, "remove it")
                self.report.error(spot / name, "unknown-property", message, hint)
            elif name not in schemas:
                message = f"`{shown(owner)}` is not known to have a property `{shown(name)}`"
                self.report.hint(spot / name, "open-property", message, "it is kept as written")

    def part(
        self,
        name: str,
        given: Mapping[str, Any],
        schema: Schema,
        spot: Spot,
        scope: Any,
        owner: str,
    ) -> Any:
        """One named part's value: as given, or its default, or None after reporting a lack."""
        raw, where = given.get(name), spot / name
        if raw is None and schema.default is not MISSING:
            raw = schema.default
            where = spot if schema.spot is None else schema.spot / "default"
            if raw is None:
                return None
        before = self.report.errors
        value = None if raw is None else self.value(raw, schema, where, scope)
        needed = schema.required and schema.type != "null"
        if value is not None or not needed or self.report.errors > before:
            return value
        message = f"`{shown(owner)}` needs the property `{shown(name)}`"
        if raw is None:
            where = spot / name if name in given else spot
            self.report.error(where, "missing-property", message, f"give {one(schema.type)}")
        else:
            hint = f"give what it asks for, or {one(schema.type)}"
            self.report.error(where, "missing-property", f"{message}, and gets nothing", hint)
        return None

    def _constraints(
        self,
        value: Any,
        type_name: str,
        clauses: tuple[tuple[str, Any], ...],
        spot: Spot,
        called: bool = False,
    ) -> None:
        if not clauses or is_deferred(value):
            return
        for clause, argument in clauses:
            if clause == "schema":
                message = f"whether `{shown(value)}` is as its schema wants it is not judged"
                self.report.hint(spot, "constraint", message, "leave the `schema` out")
                continue
            try:
                holds = constraints.holds(clause, argument, value, type_name)
            except constraints.BadClauseError as error:
                self.report.error(spot, "constraint", shown(str(error)), "mend the constraint")
                continue
            is_none = called and type_name == "scalar-unit.size" and not quantity(value, type_name)
            if not holds and is_none and clause == "greater_or_equal":
                message = (
                    f"`{shown(value)}` is less than the least, {shown(argument)}: no disk is meant"
                )
                self.report.hint(spot, "constraint", message, "leave the node out where none is")
            elif not holds:
                message = f"`{shown(value)}` breaks the constraint {clause} {shown(argument)}"
                hint = nearest(value, listed(argument)) if clause == "valid_values" else ""
                self.report.error(spot, "constraint", message, hint or "give a value that meets it")


def _unknown() -> None:
    return None


def _function_like(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1:
        name = next(iter(value))
        if isinstance(name, str) and re.match(r"get_|\$|concat|token|join", name):
            return name
    return ""
