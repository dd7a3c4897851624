"""One YAML file, parsed: its data, and the place of each value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deepcat.catalog.findings import Place
from deepcat.catalog.reading.profile import STRICT, Pointer, Profile, Written

_FIRST = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*([ ]*)(?=[\w\"'{])")
_KEY = re.compile(r"[a-zA-Z][\w-]*\Z")


@dataclass(frozen=True)
class Document:
    """One YAML file, parsed.

    Attributes:
        path: POSIX path relative to the catalog's root.
        data: plain Python values: dict with text keys, list, str, int, float, bool, None.
        text: what was parsed.
        profile: how it was parsed.
    """

    path: str
    data: Any
    text: str
    profile: Profile = STRICT

    @cached_property
    def written(self) -> Written:
        """What the text alone tells; found by reading it again, when it is asked for."""
        from deepcat.catalog.reading.parse_events import read_events

        return read_events(self.text, self.path, self.profile)[1]

    @property
    def marks(self) -> dict[Pointer, tuple[int, int]]:
        """The line and column of each value by its pointer; of a mapping's value, of its key."""
        return self.written.marks

    @property
    def texts(self) -> dict[Pointer, str]:
        """What was written for each scalar that is not text, by its pointer."""
        return self.written.texts

    def place(self, pointer: Pointer = ()) -> Place:
        """The place of a value, or of its nearest known ancestor."""
        if "written" not in self.__dict__ and (near := self._near(pointer)):
            return Place(self.path, *near)
        while pointer and pointer not in self.marks:
            pointer = pointer[:-1]
        line, column = self.marks.get(pointer, (1, 1))
        return Place(self.path, line, column)

    def _near(self, pointer: Pointer) -> tuple[int, int] | None:
        """Line and column of the whole, or of a key of the outermost mapping, by a look alone.

        Most findings point there, and reading the text again costs more than all rules together.
        None where a look does not tell for sure.
        """
        first = _FIRST.match(self.text) if len(pointer) < 2 else None
        if first is None or not isinstance(self.data, dict):
            return None
        if not pointer:
            return self.text.count("\n", 0, first.end()) + 1, len(first[1]) + 1
        key = pointer[0]
        if first[1] or not isinstance(key, str) or key not in self.data or not _KEY.match(key):
            return None
        found = re.findall(rf"^{key}[ ]*:(?=\s|$)", self.text, re.M)
        if len(found) != 1:
            return None
        start = 0 if self.text.startswith(found[0]) else self.text.index(f"\n{found[0]}") + 1
        return self.text.count("\n", 0, start) + 1, 1
