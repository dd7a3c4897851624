"""The whole catalog as the rules see it: the facts of every unit, and places when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Protocol

from deepcat.catalog.findings import Place
from deepcat.catalog.judging.choosing import Choice, Nothing, Tip, takes
from deepcat.catalog.judging.verdict import Verdict, Version
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.history import Carried
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit, UnitKind


class Past(Protocol):
    """What history knows of modules; see `deepcat.catalog.past.Past`."""

    def choose(self, name: str, wish: str, tip: Tip | None) -> Choice | Nothing:
        """What a wish for a module gets."""

    def at(self, name: str, carried: Carried) -> Version:
        """A module as it was."""


class CatalogView:
    """Every unit with its verdict.

    Attributes:
        units: by path.
        verdicts: by path.
        asked: the modules of which history was asked.
    """

    def __init__(
        self,
        tree: Tree,
        units: Mapping[str, Unit],
        verdicts: Mapping[str, Verdict],
        past: Past | None = None,
        all_facts: Callable[[], Mapping[str, Mapping[str, Any]]] | None = None,
    ) -> None:
        self._past = past
        self._all_facts = all_facts  # where they are read more quickly than one by one
        self.asked: set[str] = set()
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
            found[unit.kind][unit.name] = self._by_path[path]
        return found

    @cached_property
    def _by_path(self) -> Mapping[str, Mapping[str, Any]]:
        if self._all_facts:
            return self._all_facts()
        return {path: verdict.facts for path, verdict in self.verdicts.items()}

    def of(self, kind: UnitKind) -> Iterator[tuple[Unit, Mapping[str, Any]]]:
        """Every unit of a kind with its facts."""
        for path, unit in self.units.items():
            if unit.kind is kind:
                yield unit, self._by_path[path]

    def chosen(self, module: str, wish: str) -> Choice | Nothing | None:
        """What a wish for a module gets; None where nobody knows what there was."""
        if self._past is None:
            return None
        self.asked.add(module)
        facts = self.facts(UnitKind.MODULE).get(module)
        sound = f"modules/{module}" in self.verdicts and self.verdicts[f"modules/{module}"].sound
        tip = Tip(str(facts["version"]), sound) if facts is not None else None
        return self._past.choose(module, wish, tip)

    def version(self, module: str, choice: Choice) -> Version | None:
        """The module that history gives a wish; None for the tree's own."""
        if self._past is None or choice.carried is None:
            return None
        return self._past.at(module, choice.carried)

    def version_of(self, facts: Mapping[str, Any]) -> Version | None:
        """The module that history gives a deployment; None where the tree's own meets it, if any.

        Args:
            facts: of the deployment.
        """
        if not self.is_elsewhere(facts):
            return None
        found = self.chosen(facts["module"], facts["version"])
        return self.version(facts["module"], found) if isinstance(found, Choice) else None

    def is_elsewhere(self, facts: Mapping[str, Any]) -> bool:
        """Whether a deployment names a module that the tree lacks, or has in another version."""
        own = self.facts(UnitKind.MODULE).get(facts["module"])
        if own is None:
            return bool(facts["module"])
        return bool(own["version"]) and not takes(facts["version"], own["version"])

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
