"""What a validator of JSON Schema says, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Schema: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Breach:
    """One keyword of a schema that a value breaks.

    Attributes:
        pointer: where the value stands.
        keyword: JSON Schema's keyword.
        field: the part of the schema that holds the keyword.
        names: the keys that are missing (`required`) or unknown (`additionalProperties`).
    """

    pointer: tuple[str | int, ...]
    keyword: str
    field: Schema
    names: tuple[str, ...] = ()


class Validator(Protocol):
    """One schema, made ready to be held against many values."""

    def is_valid(self, data: Any) -> bool:
        """Whether a value keeps the schema."""

    def breaches(self, data: Any) -> Iterator[Breach]:
        """Every keyword that a value breaks, in no order that a caller may rely on."""
