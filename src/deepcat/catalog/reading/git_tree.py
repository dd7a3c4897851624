"""EDGE of the catalog: the files of a Git commit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from deepcat import git
from deepcat.catalog.reading.listing import BY_PATH, SETTLED, clean, files, folders, part_of
from deepcat.catalog.reading.tree import Entry, Outline

# So many parts of a commit are listed one by one.
_FEW_PARTS = 24


class GitTree:
    """A `Tree` of one commit; reads blobs through one `git cat-file --batch`.

    It is listed part by part, a module being a part, or at once when many parts are asked for.
    """

    def __init__(self, root: Path, commit: str) -> None:
        self.root = root
        self.commit = commit
        self._parts: dict[str, dict[str, Entry]] = {}
        self._is_whole = False
        self._blobs = git.Blobs(root)

    def _list(self) -> None:
        """List all parts at once."""
        if self._is_whole:
            return
        self._parts, self._is_whole = {}, True
        for path, entry in files(self._rows_of()).items():
            self._parts.setdefault(part_of(path), {})[path] = entry

    def _rows_of(self, *paths: str) -> bytes:
        return git.says(self.root, "ls-tree", "-r", "-l", "-z", self.commit, "--", *paths)

    def _part(self, path: str) -> dict[str, Entry]:
        """The files of the part that a path belongs to."""
        part = part_of(path)
        if part not in self._parts and not self._is_whole:
            if len(self._parts) == _FEW_PARTS:
                self._list()
            else:
                self._parts[part] = files(self._rows_of(part))
        return self._parts.get(part, {})

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        folder = clean(under) if under else ""
        if folder in ("", SETTLED):
            self._list()
            parts = sorted(self._parts)
            start = f"{folder}/" if folder else ""
            found = [
                e for part in parts if part.startswith(start) for e in self._parts[part].values()
            ]
            return tuple(sorted(found, key=BY_PATH))
        known = self._part(folder).items()
        return tuple(entry for path, entry in known if path.startswith(f"{folder}/"))

    def outline(self, under: str) -> Outline:
        """What lies below a folder; a module's folder is known by its tree's hash."""
        if under != SETTLED:
            return Outline({}, self.entries(under))
        listing = git.says(self.root, "ls-tree", "-l", "-z", self.commit, "--", f"{under}/")
        return Outline(folders(listing), tuple(files(listing).values()))

    def ask_ahead(self) -> None:
        """Nothing: a commit stays as it is."""

    def is_steady(self, entries: Iterable[Entry]) -> bool:  # noqa: ARG002 - as of a work tree
        """A commit stays as it is."""
        return True

    def read(self, path: str) -> bytes:
        """A file's content."""
        entry = self._entry(path)
        if entry is None or entry.is_link:
            raise FileNotFoundError(path)
        content = self._blobs.read(entry.fingerprint)
        if content is None:
            raise FileNotFoundError(path)
        return content

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it."""
        try:
            entry = self._entry(path)
        except FileNotFoundError:
            return None
        return None if entry is None or entry.is_link else entry.size

    def _entry(self, path: str) -> Entry | None:
        name = clean(path)
        return self._part(name).get(name)
