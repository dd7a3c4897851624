"""The rows of mutants: one decision each, and how it is spoilt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import case_files

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file that a quick test should notice.

    Attributes:
        room: the file of rows that it stands in, without its suffix.
        file: below ``src/deepcat``.
        old: text that occurs there exactly once.
        new: what stands in its place.
        why: the decision that is spoilt.
        tests: what is run against it.
    """

    room: str
    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Of its file, below the project's root."""
        return Path("src/deepcat", self.file)

    def spoil(self, text: str) -> str:
        """The file's text with the change made.

        Raises:
            ValueError: what shall be changed does not occur, or more than once.
        """
        if (times := text.count(self.old)) != 1:
            raise ValueError(
                f"{self.room}: {self.file}: {self.old!r} occurs {times} times, not once"
            )
        return text.replace(self.old, self.new)


def read(names: Iterable[str] = ()) -> Iterator[Mutant]:
    """All mutants, or those of some rooms."""
    for path in sorted(FOLDER.glob("*.yaml")):
        if names and path.stem not in names:
            continue
        given = case_files.read(path)
        for row in given["mutants"]:
            tests = tuple(row.pop("tests", given["tests"]))
            yield Mutant(room=path.stem, tests=tests, **row)
