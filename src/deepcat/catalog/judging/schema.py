"""The published schemas, and what they say of a document."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from deepcat.catalog import cloud_kinds
from deepcat.catalog.judging.breach import Breach, Validator
from deepcat.catalog.judging.cloud_schema import joined
from deepcat.catalog.judging.keywords import OTHER, rule_for
from deepcat.catalog.judging.validators import validator
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind
from deepcat.resources import schemas

# Nobody reads more of one file, and a hostile one could bring a million.
MOST = 200

# After these rules may rely on the value itself.
_KEPT = frozenset(
    {"required", "additionalProperties", "minItems", "minProperties", "uniqueItems", "oneOf"}
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a document breaks its schema.

    Attributes:
        document: the document.
        pointer: where.
        keyword: JSON Schema's keyword that is broken.
        limit: what the keyword asks for, as the schema has it.
        value: what stands there.
        field: the schema of that place, with its description and examples.
    """

    document: Document
    pointer: Pointer
    keyword: str
    limit: Any
    value: Any
    field: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The nearest key above, for a reader."""
        return next((part for part in reversed(self.pointer) if isinstance(part, str)), "")

    @property
    def shown(self) -> str:
        """The key in backticks; the whole file by its own word."""
        return f"`{self.key}`" if self.pointer else "the file"

    @property
    def example(self) -> str:
        """The schema's example of the field, as JSON; empty when there is none."""
        examples = self.field.get("examples") if self.pointer else None
        return json.dumps(examples[0], ensure_ascii=False) if examples else ""

    @property
    def hint(self) -> str:
        """What the field means, and an example of it."""
        what = str(self.field.get("description", "")).rstrip(".") if self.pointer else ""
        return ", ".join(filter(None, (what, f"such as {self.example}" if self.example else "")))


@cache
def load_schema(kind: UnitKind) -> dict[str, Any]:
    """The published schema of a kind of file."""
    schema: dict[str, Any] = json.loads((schemas() / f"{kind}.schema.json").read_text("utf-8"))
    return schema


def _validator(kind: UnitKind, data: Any) -> Validator:
    """Of the data's schema: a cloud's is joined with what its kind says of its own section."""
    named = data.get("kind") if kind is UnitKind.CLOUD and isinstance(data, Mapping) else None
    name = named if isinstance(named, str) else ""
    return _validator_of(kind, name, id(cloud_kinds.installed(name)) if name else 0)


@lru_cache(maxsize=64)
def _validator_of(kind: UnitKind, name: str, _known: int) -> Validator:
    schema = load_schema(kind)
    return validator(joined(schema, name) if kind is UnitKind.CLOUD else schema)


def is_valid(kind: UnitKind, data: Any) -> bool:
    """Whether data keeps the schema of its kind."""
    return _validator(kind, data).is_valid(data)


def violations(kind: UnitKind, document: Document) -> tuple[Violation, ...]:
    """Every place where a document breaks the schema of its kind, the first `MOST` of them."""
    every = [
        violation
        for breach in islice(_validator(kind, document.data).breaches(document.data), MOST)
        for violation in _violations(breach, document)
    ]
    # By place, whichever validator found them, and in whichever order.
    every.sort(key=lambda one: (*map(_sortable, one.pointer), ("", one.keyword)))
    found: dict[tuple[Pointer, str, str], Violation] = {}
    for violation in every:
        key = (violation.pointer, rule_for(violation.keyword), repr(violation.limit)[:200])
        by_limit = violation.keyword == "oneOf" or key[1] == OTHER
        found.setdefault(key if by_limit else (*key[:2], ""), violation)
    wrong_type = {pointer for pointer, rule, _ in found if rule == "schema/type"}
    return tuple(
        violation
        for (pointer, rule, _), violation in found.items()
        if rule == "schema/type" or pointer not in wrong_type
    )


def _sortable(part: str | int) -> tuple[str, str]:
    return ("key", part) if isinstance(part, str) else ("place", f"{part:09}")


def _violations(breach: Breach, document: Document) -> Iterator[Violation]:
    pointer, keyword, field = breach.pointer, breach.keyword, breach.field
    limit = field.get(keyword)
    if keyword == "required":
        known = field.get("properties", {})
        for key in breach.names:
            yield Violation(document, (*pointer, key), keyword, key, None, known.get(key, {}))
    elif keyword == "additionalProperties":
        for key in breach.names[:MOST]:
            yield Violation(document, (*pointer, key), keyword, limit, None, field)
    else:
        yield Violation(document, pointer, keyword, limit, _value(document.data, pointer), field)


def _value(data: Any, pointer: Pointer) -> Any:
    for key in pointer:
        data = data[key]
    return data


def without(data: Any, found: tuple[Violation, ...]) -> Any:
    """A copy of the data without the values that break the schema by themselves."""
    refused = [violation.pointer for violation in found if violation.keyword not in _KEPT]
    result = copy.deepcopy(data)
    for *above, last in (pointer for pointer in refused if pointer):
        node = result
        for key in above:
            node = node[key] if node is not None and _has(node, key) else None
        if isinstance(node, dict):
            node.pop(last, None)
        elif isinstance(node, list) and isinstance(last, int):
            node[last] = None
    return {} if () in refused else result


def _has(node: Any, key: str | int) -> bool:
    return key in node if isinstance(node, dict) else isinstance(key, int) and key < len(node)
