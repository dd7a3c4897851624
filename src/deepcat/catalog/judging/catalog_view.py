"""The whole catalog as the rules see it: the facts of every unit, and places when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from deepcat.catalog.findings import Place
from deepcat.catalog.judging.verdict import Verdict
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit, UnitKind


class CatalogView:
    """Every unit with its verdict.

    Attributes:
        units: by path.
        verdicts: by path.
    """

    def __init__(
        self, tree: Tree, units: Mapping[str, Unit], verdicts: Mapping[str, Verdict]
    ) -> None:
        self.units = units
        self.verdicts = verdicts
        self._tree = tree
        self._documents: dict[str, Document | None] = {}

    def facts(self, kind: UnitKind) -> Mapping[str, Mapping[str, Any]]:
        """The facts of every unit of a kind, by its name."""
        return self._facts[kind]

    @cached_property
    def _facts(self) -> dict[UnitKind, dict[str, Mapping[str, Any]]]:
        found: dict[UnitKind, dict[str, Mapping[str, Any]]] = {kind: {} for kind in UnitKind}
        for path, unit in self.units.items():
            found[unit.kind][unit.name] = self.verdicts[path].facts
        return found

    def of(self, kind: UnitKind) -> Iterator[tuple[Unit, Mapping[str, Any]]]:
        """Every unit of a kind with its facts."""
        for path, unit in self.units.items():
            if unit.kind is kind:
                yield unit, self.verdicts[path].facts

    def place(self, unit: Unit, *pointer: str | int) -> Place:
        """Where a value of a unit's document stands."""
        document = self.document(unit)
        return document.place(pointer) if document else Place(unit.document)

    def document(self, unit: Unit) -> Document | None:
        """A unit's document as it stands; None when it cannot be read."""
        if unit.path not in self._documents:
            self._documents[unit.path] = self._read(unit)
        return self._documents[unit.path]

    def _read(self, unit: Unit) -> Document | None:
        try:
            return read_bytes(self._tree.read(unit.document), unit.document)[0]
        except FileNotFoundError:
            return None
