"""Types as written: the library's and the template's own, by name, with their ancestors. Pure.

A template's own types go before a library's of the same name, and only those that it uses are
judged: a library that somebody copied brings many that he never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from deepcat.catalog.reading.document import Document
from deepcat.tosca.reading import library
from deepcat.tosca.reading.definitions import (
    CONTAINERS,
    MISSING,
    PRIMITIVES,
    Definition,
    Schema,
    mapping,
)
from deepcat.tosca.reading.names import Names
from deepcat.tosca.reading.report import Report, Spot, nearest, shown, words
from deepcat.tosca.reading.shapes import judge_type
from deepcat.tosca.reading.type_places import whole_type

MAX_ANCESTORS = 32
# TOSCA 1.3 took the machine out of `Container`; hosts of the field offer what 1.0 called so.
_SERVED: Final = {"tosca.capabilities.Compute": "tosca.capabilities.Container"}
_TYPE_KEYS: Final = words(
    "derived_from version metadata description properties attributes requirements "
    "capabilities interfaces artifacts valid_source_types valid_target_types constraints "
    "mime_type file_ext targets members triggers key_schema entry_schema type credential"
)


class WrittenTypes:
    """All types that a template may name, as they are written.

    Args:
        own: kind -> name -> definition, from the template and the files it imports.
        libraries: names of the vendored libraries that are imported, in their order.
        report: where mistakes in definitions go.
        names: what the names of types mean in each document; None where all are whole.
    """

    def __init__(
        self,
        own: Mapping[str, Mapping[str, Definition]],
        libraries: tuple[str, ...],
        report: Report,
        names: Names | None = None,
    ) -> None:
        self.own = own
        self.meanings = names
        self._whole: dict[tuple[str, str], Definition] = {}
        self.libraries = libraries
        self.report = report
        self._chains: dict[tuple[str, str], tuple[tuple[str, Definition], ...]] = {}

    def find(self, kind: str, name: str) -> Definition | None:
        """A type's definition as written, or None."""
        mine = self.own.get(kind, {}).get(name)
        if mine is not None:
            return self._made_whole(kind, name, mine)
        owner = library.owner_of(kind, name, self.libraries)
        if owner is None:
            return None
        document = Document(f"{owner} (built in)", None, "")
        return Definition(library.definition(owner, kind, name), Spot(document), owner)

    def _made_whole(self, kind: str, name: str, written: Definition) -> Definition:
        """A definition of the template's own in which every type has its whole name."""
        if self.meanings is None:
            return written
        if (kind, name) not in self._whole:
            meant = partial(self.meanings.meant, written.spot.document.path)
            data = whole_type(written.data, kind, meant)
            self._whole[kind, name] = replace(written, data=data)
        return self._whole[kind, name]

    @property
    def uses_own(self) -> bool:
        """Whether types of the template's own were asked for, and not only a library's."""
        return any(not d.library for chain in self._chains.values() for _, d in chain)

    def names(self, kind: str) -> Iterator[str]:
        """Every name that may be used, the template's own first."""
        yield from self.own.get(kind, {})
        for owner in (*library.ALWAYS, *self.libraries):
            yield from library.library(owner)[kind]

    def lacking(self, kind: str, name: Any, spot: Spot) -> None:
        """Report a type that is not known, with the nearest that is, or the import it needs."""
        what = kind.removesuffix("s").replace("_", " ")
        owner = library.offering(kind, name) if isinstance(name, str) else None
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
            self._judge(kind, name, definition)
            found.append((name, definition))
            seen.add(name)
            parent = definition.data.get("derived_from")
            is_plain = isinstance(parent, str) and parent in PRIMITIVES | CONTAINERS
            if parent is None or (kind == "data_types" and is_plain):
                break
            if not isinstance(parent, str) or parent in seen or len(found) >= MAX_ANCESTORS:
                message = f"`{shown(name)}` derives from itself, or from too many types"
                where = definition.spot / "derived_from"
                self.report.error(where, "type-cycle", message, "name a type above it, once")
                break
            name = parent
        return tuple(found)

    def _judge(self, kind: str, name: str, definition: Definition) -> None:
        """Report what is wrong with the form of one of the template's own types."""
        data, where = definition.data, definition.spot
        if definition.library or not self.report.name(where, "type", name):
            return
        if not isinstance(definition.raw, dict):
            message = f"the type `{shown(name)}` has no definition"
            self.report.error(where, "definition", message, "give at least `derived_from`")
        if kind == "interface_types":
            return
        judge_type(data, where, self.report)
        for section in ("properties", "attributes", "capabilities", "interfaces", "artifacts"):
            for part in mapping(data.get(section)):
                self.report.name(where / section / part, section, part)
        for key in data:
            if key not in _TYPE_KEYS:
                message = f"a type has no `{shown(key)}`"
                self.report.error(where / key, "unknown-key", message, nearest(key, _TYPE_KEYS))

    def is_a(self, kind: str, name: str, ancestor: str) -> bool:
        """Whether a type is another one, or derives from it, or serves where that is asked for."""
        ancestor = _SERVED.get(ancestor, ancestor)
        return any(link == ancestor for link, _ in self.chain(kind, name))

    def schema(
        self, value: Any, spot: Spot, refined: Schema | None = None, *, is_typed: bool = True
    ) -> Schema | None:
        """Read a property's, attribute's or input's definition; None after reporting a mistake.

        Args:
            value: the definition.
            spot: where it stands.
            refined: the definition that it refines, whose type holds where it names none.
            is_typed: whether it must name a type, else it is text.
        """
        if isinstance(value, str):
            value = {"type": value}
        if not isinstance(value, dict):
            self.report.error(spot, "definition", "this is not a definition", "give it a `type`")
            return None
        type_name = value.get("type", refined.type if refined else "string")
        if is_typed and refined is None and "type" not in value:
            self.report.error(
                spot, "definition", "the definition names no type", "give it a `type`"
            )
            return None
        if not self._known_value_type(type_name):
            what = [*PRIMITIVES, *CONTAINERS, *self.names("data_types")]
            message = f"there is no data type `{shown(type_name)}`"
            self.report.error(spot / "type", "unknown-type", message, nearest(type_name, what))
            return None
        required = value.get("required", True)
        if not isinstance(required, bool):
            self.report.error(spot / "required", "definition", "`required` is true or false")
        entry, key = value.get("entry_schema"), value.get("key_schema")
        return Schema(
            type_name,
            required is not False,
            value.get("default", MISSING),
            self._clauses(value.get("constraints"), spot / "constraints"),
            None if entry is None else self.schema(entry, spot / "entry_schema", is_typed=False),
            spot,
            None if key is None else self.schema(key, spot / "key_schema", is_typed=False),
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
