"""A template's inputs: which there are, what was given, what stands in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deepcat.tosca.evaluating.drafts import Scope
from deepcat.tosca.evaluating.typed_values import Checker
from deepcat.tosca.reading.definitions import MISSING, Schema, mapping
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report, Spot, nearest, one, shown, words
from deepcat.tosca.topology import Deferred

_KEYS: Final = words(
    "type description required default status constraints entry_schema key_schema "
    "external-schema metadata value"
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Reads the inputs of one template.

    Attributes:
        types: all types.
        report: where findings go.
        checker: holds values against definitions.
        given: values by name.
        complete: whether these are all; else inputs that are needed and missing are `Deferred`.
        schemas: how each was declared, known once they are read.
    """

    types: Types
    report: Report
    checker: Checker
    given: Mapping[str, Any]
    complete: bool
    schemas: dict[str, Schema] = field(default_factory=dict)

    def read(self, section: Any, spot: Spot) -> dict[str, Any]:
        """Every declared input with its value, None where it is optional and not given."""
        values: dict[str, Any] = {}
        for name, definition in mapping(section).items():
            self.report.name(spot / name, "input", name)
            schema = self._declared(definition, spot / name)
            if schema is not None:
                self.schemas[name] = schema
            values[name] = None if schema is None else self._value(name, schema, spot / name)
        for name in self.given:
            if name not in values:
                message = f"the template has no input `{shown(name)}`"
                self.report.error(
                    spot, "unknown-input", message, nearest(name, values, "remove it")
                )
        return values

    def _declared(self, definition: Any, spot: Spot) -> Schema | None:
        for key in mapping(definition):
            if key not in _KEYS:
                message = f"an input has no `{shown(key)}`"
                self.report.error(spot / key, "unknown-key", message, nearest(key, _KEYS))
        return self.types.schema(definition, spot, is_typed=False)

    def _value(self, name: str, schema: Schema, spot: Spot) -> Any:
        default = None
        if schema.default is not MISSING and schema.default is not None:
            default = self.checker.value(schema.default, schema, spot / "default", Scope())
        given = self.given.get(name)
        if given is not None:
            # A key that no document has: what was written stands elsewhere, the input stands here.
            return self.checker.value(given, schema, spot / "\0given", Scope())
        if schema.default is not MISSING:
            return default
        if not self.complete:
            return Deferred("get_input", (name,))
        if schema.required:
            message = f"the input `{shown(name)}` is needed"
            hint = f"give it {one(schema.type)}, or a default"
            self.report.error(spot, "missing-input", message, hint)
        return None
