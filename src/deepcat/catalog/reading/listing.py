"""What Git and the disk list, as entries; and which names are never part of a catalog. Pure."""

from __future__ import annotations

import os
from collections.abc import Iterator
from operator import attrgetter

from deepcat.catalog.reading.tree import Entry

# Never part of a catalog, wherever they lie; the last three only at its root.
JUNK = frozenset({".git", "__pycache__", ".ipynb_checkpoints", ".DS_Store"})
ROOT_JUNK = JUNK | {".deepcat", "_site", ".venv"}
_FORBIDDEN = JUNK | {"", ".", ".."}
# The folder that grows: each of its folders is known by the hash that Git has for it.
SETTLED = "modules"
BY_PATH = attrgetter("path")


def clean(path: str) -> str:
    """The path itself, where it stays below the root and names nothing that is left out.

    Raises:
        FileNotFoundError: it is absolute, or holds `.`, `..`, an empty part, a NUL or junk.
    """
    parts = path.rstrip("/").split("/")
    if "\0" in path or parts[0] in ROOT_JUNK or not _FORBIDDEN.isdisjoint(parts):
        raise FileNotFoundError(path)
    return "/".join(parts)


def part_of(path: str) -> str:
    """A module's folder, or what lies at the root."""
    names = path.split("/", 2)
    return "/".join(names[:2]) if names[0] == SETTLED else names[0]


def rows(listing: bytes) -> Iterator[tuple[list[str], str]]:
    """Of what `git ls-tree` lists: mode, kind, hash and (with `-l`) size; and the path."""
    for line in listing.split(b"\0"):
        facts, _, name = line.partition(b"\t")
        if name:
            yield facts.decode().split(), os.fsdecode(name)


def files(listing: bytes) -> dict[str, Entry]:
    """Files by path, sorted, without junk."""
    found = {}
    for fields, path in rows(listing):
        parts = path.split("/")
        if fields[1] == "blob" and parts[0] not in ROOT_JUNK and JUNK.isdisjoint(parts):
            found[path] = Entry(path, int(fields[3]), fields[0] == "120000", fields[2])
    return dict(sorted(found.items()))


def folders(listing: bytes) -> dict[str, str]:
    """Name of each folder -> its tree's hash."""
    start = len(SETTLED) + 1
    return {
        path[start:]: fields[2]
        for fields, path in rows(listing)
        if fields[1] == "tree" and path[start:] not in JUNK
    }
