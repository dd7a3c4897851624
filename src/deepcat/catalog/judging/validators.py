"""The two validators of JSON Schema: a quick one, and the reference where its wheel does not fit.

`jsonschema-rs` is some thirty times quicker, and compiled: the extra `fast` brings it. `jsonschema`
is Python alone, and always there. A test holds the first against the second on every case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deepcat.catalog.judging.breach import Breach, Schema, Validator
from deepcat.catalog.judging.keywords import broken

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError


def validator(schema: Schema) -> Validator:
    """The quick validator of a schema; the reference where the quick one is not installed."""
    try:
        return Quick(schema)
    except ImportError:
        from deepcat.catalog.judging.reference_validator import Reference

        return Reference(schema)


class Quick:
    """A schema held by `jsonschema-rs`."""

    def __init__(self, schema: Schema) -> None:
        """Compile a schema.

        Raises:
            ImportError: `jsonschema-rs` is not installed.
        """
        import jsonschema_rs

        self._schema = schema
        self._compiled = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)

    def is_valid(self, data: Any) -> bool:
        """Whether a value keeps the schema."""
        return self._compiled.is_valid(data)

    def breaches(self, data: Any) -> Iterator[Breach]:
        """Every keyword that a value breaks."""
        if _has_empty_key(data):
            # Below an empty key `jsonschema-rs` loses its way: it says where only as far as that.
            from deepcat.catalog.judging.reference_validator import Reference

            return Reference(self._schema).breaches(data)
        return map(self._breach, self._compiled.iter_errors(data))

    def _breach(self, error: ValidationError) -> Breach:
        where, path = tuple(error.instance_path), broken(error.schema_path)
        if len(path) < len(error.schema_path):
            return Breach(where, str(path[-1]), {})
        keyword = str(error.kind.name)
        names: tuple[str, ...] = ()
        if keyword == "required":
            # `dependentRequired` is told by the same name.
            keyword, names = str(path[-1]), (error.kind.as_dict()["property"],)
        elif keyword == "additionalProperties":
            names = tuple(error.kind.as_dict()["unexpected"])
        return Breach(where, keyword, self._field(path), names)

    def _field(self, path: Sequence[str | int]) -> Schema:
        """The part of the schema that holds the keyword at the end of a path."""
        node: Any = self._schema
        for key in path[:-1]:
            node = node[key]
        return node if isinstance(node, Mapping) else {}


def _has_empty_key(data: Any) -> bool:
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "" in value:
                return True
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return False
