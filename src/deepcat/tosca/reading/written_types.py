"""Types as written: the library's and the template's own, by name, with their ancestors. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.reading.document import Document
from deepcat.tosca.reading import library
from deepcat.tosca.reading.definitions import CONTAINERS, MISSING, PRIMITIVES, Definition, Schema
from deepcat.tosca.reading.report import Report, Spot, nearest, shown

MAX_ANCESTORS = 32


class WrittenTypes:
    """All types that a template may name, as they are written.

    Args:
        own: kind -> name -> definition, from the template and the files it imports.
        libraries: names of the vendored libraries that are imported.
        report: where mistakes in definitions go.
    """

    def __init__(
        self, own: Mapping[str, Mapping[str, Definition]], libraries: frozenset[str], report: Report
    ) -> None:
        self.own = own
        self.libraries = libraries | frozenset(library.ALWAYS)
        self.report = report
        self._chains: dict[tuple[str, str], tuple[tuple[str, Definition], ...]] = {}

    def find(self, kind: str, name: str) -> Definition | None:
        """A type's definition as written, or None."""
        mine = self.own.get(kind, {}).get(name)
        if mine is not None:
            return mine
        owner = library.owner_of(kind, name)
        if owner is None or owner not in self.libraries:
            return None
        document = Document(f"{owner} (built in)", None, "")
        return Definition(library.definition(owner, kind, name), Spot(document), owner)

    def names(self, kind: str) -> Iterator[str]:
        """Every name that may be used, the template's own first."""
        yield from self.own.get(kind, {})
        for owner in sorted(self.libraries):
            yield from library.library(owner)[kind]

    def lacking(self, kind: str, name: Any, spot: Spot) -> None:
        """Report a type that is not known, with the nearest that is, or the import it needs."""
        what = kind.removesuffix("s").replace("_", " ")
        owner = library.owner_of(kind, name) if isinstance(name, str) else None
        hint = f"add `imports: [{owner}]`" if owner else nearest(name, self.names(kind))
        self.report.error(spot, "unknown-type", f"there is no {what} `{shown(name)}`", hint)

    def chain(self, kind: str, name: str) -> tuple[tuple[str, Definition], ...]:
        """A type and its ancestors with their definitions, nearest first; empty when unknown."""
        key = (kind, name)
        if key not in self._chains:
            self._chains[key] = self._chain(kind, name)
        return self._chains[key]

    def _chain(self, kind: str, name: str) -> tuple[tuple[str, Definition], ...]:
        found: list[tuple[str, Definition]] = []
        seen: set[str] = set()
        while name:
            definition = self.find(kind, name)
            if definition is None:
                if found:
                    self.lacking(kind, name, found[-1][1].spot / "derived_from")
                break
            found.append((name, definition))
            seen.add(name)
            parent = definition.data.get("derived_from")
            if parent is None or (kind == "data_types" and parent in PRIMITIVES | CONTAINERS):
                break
            if not isinstance(parent, str) or parent in seen or len(found) >= MAX_ANCESTORS:
                message = f"`{shown(name)}` derives from itself, or from too many types"
                where = definition.spot / "derived_from"
                self.report.error(where, "type-cycle", message, "name a type above it, once")
                break
            name = parent
        return tuple(found)

    def is_a(self, kind: str, name: str, ancestor: str) -> bool:
        """Whether a type is another one, or derives from it."""
        return any(link == ancestor for link, _ in self.chain(kind, name))

    def schema(self, value: Any, spot: Spot) -> Schema | None:
        """Read a property's, attribute's or input's definition; None after reporting a mistake."""
        if isinstance(value, str):
            value = {"type": value}
        if not isinstance(value, dict):
            self.report.error(spot, "definition", "this is not a definition", "give it a `type`")
            return None
        type_name = value.get("type", "string")
        if not self._known_value_type(type_name):
            what = [*PRIMITIVES, *CONTAINERS, *self.names("data_types")]
            message = f"there is no data type `{shown(type_name)}`"
            self.report.error(spot / "type", "unknown-type", message, nearest(type_name, what))
            return None
        required = value.get("required", True)
        if not isinstance(required, bool):
            self.report.error(spot / "required", "definition", "`required` is true or false")
        entry = value.get("entry_schema")
        return Schema(
            type_name,
            required is not False,
            value.get("default", MISSING),
            self._clauses(value.get("constraints"), spot / "constraints"),
            None if entry is None else self.schema(entry, spot / "entry_schema"),
            spot,
        )

    def _known_value_type(self, name: Any) -> bool:
        if not isinstance(name, str):
            return False
        return name in PRIMITIVES | CONTAINERS or self.find("data_types", name) is not None

    def _clauses(self, value: Any, spot: Spot) -> tuple[tuple[str, Any], ...]:
        if value is None:
            return ()
        clauses = [value] if isinstance(value, dict) else value
        if not isinstance(clauses, list) or not all(
            isinstance(clause, dict) and len(clause) == 1 for clause in clauses
        ):
            message = "constraints are a list of clauses, each with one key"
            self.report.error(spot, "constraint", message)
            return ()
        return tuple(next(iter(clause.items())) for clause in clauses)
