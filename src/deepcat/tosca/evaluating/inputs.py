"""A template's inputs: which there are, what was given, what stands in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from deepcat.catalog.findings import Finding
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
_LIMITS: Final = {
    "greater_or_equal": "at least",
    "greater_than": "more than",
    "less_or_equal": "at most",
    "less_than": "less than",
    "valid_values": "one of",
}
_MOST: Final = 20


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
                message = f"there is no input `{shown(name)}`"
                self.report.error(spot, "unknown-input", message, _instead(name, values))
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
            return self._given(name, given, schema, spot)
        if schema.default is not MISSING:
            return default
        if not self.complete:
            return Deferred("get_input", (name,))
        if schema.required:
            message = f"the input `{shown(name)}` is needed"
            hint = f"give it {one(schema.type)}, or a default"
            self.report.error(spot, "missing-input", message, hint)
        return None

    def _given(self, name: str, given: Any, schema: Schema, spot: Spot) -> Any:
        """What was given for an input; what is wrong with it is told by the input's name."""
        found = Report()
        try:
            # A key that no document has: what was written stands elsewhere, the input stands here.
            checker = Checker(self.types, found, self.checker.call)
            return checker.value(given, schema, spot / "\0given", Scope())
        finally:
            self.report.add(_named(name, schema, each) for each in found.found)


def _named(name: str, schema: Schema, finding: Finding) -> Finding:
    message, hint = f"the input `{shown(name)}`: {finding.message}", finding.hint
    if finding.is_error and schema.constraints and not hint.startswith(("did you", "use one")):
        hint = f"it takes {takes(schema)}"
    return replace(finding, message=message, hint=hint)


def takes(schema: Schema) -> str:
    """What an input may hold, in words: ``an integer, at least 1, at most 500``."""
    return ", ".join([one(schema.type), *(_limit(*each) for each in schema.constraints)])


def _limit(clause: str, argument: Any) -> str:
    if clause == "in_range" and isinstance(argument, list) and len(argument) == 2:
        return f"from {shown(argument[0])} to {shown(argument[1])}"
    return f"{_LIMITS.get(clause, shown(clause))} {_words(argument)}"


def _words(argument: Any) -> str:
    if not isinstance(argument, list):
        return shown(argument)
    more = ["…"] if len(argument) > _MOST else []
    return ", ".join([*(f"`{shown(each)}`" for each in argument[:_MOST]), *more])


def _instead(name: str, known: Mapping[str, Any]) -> str:
    """The input that may be meant, and which there are."""
    if not known:
        return "remove it: there are no inputs"
    close = nearest(name, known)
    which = f"the {'inputs are' if len(known) > 1 else 'input is'} {_words(list(known))}"
    return f"{close} {which}" if close.startswith("did you") else which
