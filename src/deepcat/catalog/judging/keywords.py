"""Which rule words the violation of each keyword of JSON Schema. Pure."""

from __future__ import annotations

from collections.abc import Sequence

# Of these the rule knows what to say; what any other asks for is shown as the schema has it.
RULES = {
    "required": "schema/missing-key",
    "additionalProperties": "schema/unknown-key",
    "type": "schema/type",
    "enum": "schema/value",
    "const": "schema/value",
    "pattern": "schema/form",
    "format": "schema/form",
    "minimum": "schema/range",
    "maximum": "schema/range",
    "exclusiveMinimum": "schema/range",
    "exclusiveMaximum": "schema/range",
    "minLength": "schema/length",
    "maxLength": "schema/length",
    "minItems": "schema/length",
    "maxItems": "schema/length",
    "minProperties": "schema/length",
    "maxProperties": "schema/length",
    "uniqueItems": "schema/repeated",
    "oneOf": "schema/choice",
}
OTHER = "schema/other"
_NAMES = "propertyNames"
_MAPPINGS = ("properties", "patternProperties", "$defs")


def rule_for(keyword: str) -> str:
    """The code of the rule that words a keyword's violation."""
    return RULES.get(keyword, OTHER)


def broken(path: Sequence[str | int]) -> Sequence[str | int]:
    """The way to the keyword that a value breaks: to `propertyNames` where one of its keys does.

    Args:
        path: in the schema, to the keyword that a validator names.
    """
    for number, part in enumerate(path):
        if part == _NAMES and (number == 0 or path[number - 1] not in _MAPPINGS):
            return path[: number + 1]
    return path
