"""Modules as the history of a tree had them, judged by today's rules and settings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from deepcat.catalog.judging.choosing import Choice, Nothing, Tip, choose
from deepcat.catalog.judging.judge import judge
from deepcat.catalog.judging.verdict import Verdict, Version
from deepcat.catalog.keeping import row_file
from deepcat.catalog.keeping.cache import FOLDER, Cache, row_of
from deepcat.catalog.reading.git_tree import GitTree
from deepcat.catalog.reading.history import Carried, History
from deepcat.catalog.reading.listing import BY_PATH, clean
from deepcat.catalog.reading.tree import Entry, Tree
from deepcat.catalog.reading.units import Unit, UnitKind
from deepcat.catalog.reading.work_tree import WorkTree

_OWNER = "history/1"
_MOST_ROWS = 4096
SHALLOW = "this clone was cut off: `git fetch --unshallow` brings what it lacks"


class PastTree:
    """A `Tree` of today in which one module's folder is as history had it.

    Attributes:
        commit: of today's tree.
    """

    def __init__(self, today: Tree, history: History, name: str, folder: str) -> None:
        self.commit = today.commit
        self._today = today
        self._history = history
        self._path = f"modules/{name}"
        self._own = history.entries(name, folder)

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        if self._is_own(under):
            start = f"{clean(under)}/"
            return tuple(each for path, each in self._own.items() if path.startswith(start))
        if under not in ("", "modules"):
            return self._today.entries(under)
        others = (each for each in self._today.entries(under) if not self._is_own(each.path))
        return tuple(sorted([*others, *self._own.values()], key=BY_PATH))

    def read(self, path: str) -> bytes:
        """A file's content."""
        if not self._is_own(path):
            return self._today.read(path)
        entry = self._own.get(clean(path))
        if entry is None or entry.is_link:
            raise FileNotFoundError(path)
        return self._history.read(entry)

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it."""
        if not self._is_own(path):
            return self._today.size(path)
        with suppress(FileNotFoundError):
            entry = self._own.get(clean(path))
            return None if entry is None or entry.is_link else entry.size
        return None

    def _is_own(self, path: str) -> bool:
        return path == self._path or path.startswith(f"{self._path}/")


class Past:
    """What the history that led to a tree knows of its modules.

    Args:
        tree: today's.
        root: its folder.
        settings: today's `deepcat.yaml`.
        cached: whether what is found is kept for the next time, and taken from the last.
    """

    def __init__(self, tree: Tree, root: Path, settings: Mapping[str, Any], cached: bool) -> None:
        self._tree = tree
        self._file = root / FOLDER / "history.txt" if cached else None
        self._settings = settings
        self._root = root
        self._rows: dict[str, str] = {}
        self._versions: dict[tuple[str, str], Version] = {}

    @cached_property
    def _cache(self) -> Cache:
        """The verdicts of what was carried; also what nobody asked for this time is kept."""
        file = self._file.with_name("check-past.txt") if self._file else None
        return Cache(file, self._settings, lasts=True)

    @cached_property
    def _history(self) -> History:
        """Opened when somebody asks; of a clone that was cut off, nothing is kept."""
        history = History(self._root, self._tree.commit)
        if self._file and not history.is_shallow:
            history.rows = row_file.read(self._file, _OWNER)[1]
            self._rows = dict(history.rows)
        return history

    def of(self, names: Iterable[str]) -> Mapping[str, Sequence[Carried]]:
        """Name -> the versions that a module had; Git is asked once for all names."""
        return self._history.of(names)

    def fingerprints(self, names: Collection[str]) -> dict[str, str]:
        """Name -> what changes whenever another version of a module can be had."""
        known = self.of(names)
        cut = self.is_shallow
        texts = {name: f"{known.get(name)!r} {cut}" for name in sorted(names)}
        return {
            name: blake2b(text.encode(), digest_size=16).hexdigest() for name, text in texts.items()
        }

    def choose(self, name: str, wish: str, tip: Tip | None, ran: str = "") -> Choice | Nothing:
        """What a wish for a module gets.

        Args:
            name: the module's.
            wish: a version or a range.
            tip: the module as it is today.
            ran: the commit that what runs was taken from.
        """
        known = self.of((name,)).get(name, ())
        before = self._history.at(ran, name) if ran and not (tip and tip.is_sound) else None
        found = choose(name, wish, tip, known, before)
        if isinstance(found, Nothing) and found.why and self._history.is_shallow:
            return Nothing(found.why, SHALLOW, found.goes_on)
        return found

    @property
    def is_shallow(self) -> bool:
        """Whether this clone was cut off, so that it may not know what others know."""
        return self._history.is_shallow

    def at(self, name: str, carried: Carried) -> Version:
        """A module as it was."""
        key = (name, carried.folder)
        if key not in self._versions:
            tree = PastTree(self._tree, self._history, name, carried.folder)
            path = f"modules/{name}"
            unit = Unit(UnitKind.MODULE, name, path, carried.folder, True, tree.entries)
            self._versions[key] = Version(carried, tree, unit, self._judged(tree, unit))
        return self._versions[key]

    def at_commit(self, name: str, commit: str) -> Version | None:
        """A module as a commit that led to the tree had it."""
        carried = self._history.at(commit, name)
        return self.at(name, carried) if carried else None

    def _judged(self, tree: PastTree, unit: Unit) -> Verdict:
        name = f"{unit.name} {unit.fingerprint}"
        known = self._cache.get(name, unit.fingerprint)
        if known is None:
            known = judge(tree, unit, self._settings)
            self._cache.put(name, row_of(unit.fingerprint, known))
        return known

    def save(self) -> None:
        """Keep what was found for the next time."""
        if "_cache" in self.__dict__:
            self._cache.save()
        if "_history" not in self.__dict__:
            return
        rows = dict(list(self._history.rows.items())[-_MOST_ROWS:])
        if self._file and rows != self._rows and not self._history.is_shallow:
            with suppress(OSError):  # a full or read-only disk costs speed, not the answer
                row_file.write(self._file, _OWNER, rows)


def past_of(tree: Tree, settings: Mapping[str, Any], *, cached: bool = True) -> Past | None:
    """The past of a tree; None of one that is neither on the disk nor in Git."""
    if isinstance(tree, (GitTree, WorkTree)):
        return Past(tree, tree.root, settings, cached)
    return None
