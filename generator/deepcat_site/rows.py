"""What each module is found by, kept from build to build below `.deepcat/cache/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from deepcat.catalog.keeping import row_file
from deepcat_site.digests import shard_of

_FORMAT = "deepcat-words/2"
# A fixed number: a changed module has one of them read and written again.
_FILES = 64


class Rows:
    """The rows of the last build, and those of the modules that this one made."""

    def __init__(self, folder: Path, made: Mapping[str, str]) -> None:
        self._folder = folder
        self._read: dict[int, dict[str, str]] = {}
        self._anew: dict[str, str] = {}
        self.made = made

    def before(self, name: str) -> str | None:
        """A module's row of the last build."""
        return self._file(shard_of(name, _FILES)).get(name)

    def now(self, name: str) -> str | None:
        """A module's row of this build; None where it is not known any more."""
        return self.made.get(name) or self._anew.get(name) or self.before(name)

    def learn(self, name: str, row: str) -> None:
        """A row that was lost, worked out again."""
        self._anew[name] = row

    def keep(self, names: Iterable[str]) -> None:
        """Write the rows of these modules, where a file of them changed."""
        mine: dict[int, set[str]] = {number: set() for number in self._read}
        for name in (*self.made, *self._anew):
            mine.setdefault(shard_of(name, _FILES), set()).add(name)
        there = set(names)
        for number, known in mine.items():
            found = sorted(known.union(self._file(number)) & there)
            rows = {name: row for name in found if (row := self.now(name))}
            if rows and rows != self._file(number):
                with suppress(OSError):  # a full disk costs speed, not the build
                    row_file.write(self._path(number), _FORMAT, rows)

    def _file(self, number: int) -> dict[str, str]:
        if number not in self._read:
            self._read[number] = row_file.read(self._path(number), _FORMAT)[1]
        return self._read[number]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.txt"
