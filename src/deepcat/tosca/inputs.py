"""A template's inputs: which there are, what was given, what stands in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deepcat.tosca.functions import Scope
from deepcat.tosca.registry import MISSING, Schema, Types, mapping
from deepcat.tosca.report import Report, Spot, nearest, shown, words
from deepcat.tosca.topology import Deferred
from deepcat.tosca.values import Checker

_KEYS: Final = words(
    "type description required default status constraints entry_schema key_schema "
    "external-schema metadata value"
)


def read_inputs(
    section: Any,
    spot: Spot,
    given: Mapping[str, Any] | None,
    types: Types,
    report: Report,
    checker: Checker,
) -> dict[str, Any]:
    """The inputs' values.

    Args:
        section: ``topology_template.inputs`` as written.
        spot: its place.
        given: values by name; None while nothing is known yet, as when a module is drawn: inputs
            without a default then are `Deferred`.

    Returns:
        Every declared input with its value, None where it is optional and not given.
    """
    values: dict[str, Any] = {}
    for name, definition in mapping(section).items():
        schema = _declared(definition, spot / name, types, report)
        if schema is not None:
            values[name] = _value(name, schema, spot / name, given, report, checker)
        else:
            values[name] = None
    for name in given or {}:
        if name not in values:
            message = f"the template has no input `{shown(name)}`"
            report.error(spot, "unknown-input", message, nearest(name, values, "remove it"))
    return values


def _declared(definition: Any, spot: Spot, types: Types, report: Report) -> Schema | None:
    for key in mapping(definition):
        if key not in _KEYS:
            message = f"an input has no `{shown(key)}`"
            report.error(spot / key, "unknown-key", message, nearest(key, _KEYS))
    return types.schema(definition, spot)


def _value(
    name: str,
    schema: Schema,
    spot: Spot,
    given: Mapping[str, Any] | None,
    report: Report,
    checker: Checker,
) -> Any:
    default = None
    if schema.default is not MISSING and schema.default is not None:
        default = checker.value(schema.default, schema, spot / "default", Scope())
    if given is not None and given.get(name) is not None:
        return checker.value(given[name], schema, Spot(spot.document, (*spot.pointer, "")), Scope())
    if default is not None or schema.default is not MISSING:
        return default
    if given is None:
        return Deferred("get_input", (name,))
    if schema.required:
        message = f"the input `{shown(name)}` is needed"
        report.error(spot, "missing-input", message, f"give it a {schema.type}, or a default")
    return None
