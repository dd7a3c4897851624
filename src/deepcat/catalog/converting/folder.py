"""A folder that holds metadata, wherever it lies; which of its files is the metadata. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from deepcat.catalog.converting.generation import Generation, generation
from deepcat.catalog.converting.licence_texts import is_licence, licence_of
from deepcat.catalog.converting.read import read
from deepcat.catalog.wording import listed
from deepcat.errors import UsageError

# The first of these that is metadata is the folder's; then what else is, by its content.
NAMES = (
    *("ai4-metadata.yml", "ai4-metadata.yaml", "ai4-metadata.json", "metadata.json"),
    *("rdf.yaml", "rdf.yml", "bioimageio.yaml", "MLmodel", "README.md"),
)
_MEANT = tuple(name for name in NAMES if name != "README.md")
_ENDINGS = (".yml", ".yaml", ".json", ".md", ".markdown")
_MOST_LOOKED_AT = 200


class Folder(Protocol):
    """Files of somebody else, read and never run."""

    @property
    def name(self) -> str:
        """What it is called."""

    def paths(self) -> tuple[str, ...]:
        """The files in it and in the folders right below, by their path in it."""

    def below(self, path: str) -> tuple[str, ...]:
        """The files in a folder in it and however deep below, by their path in it."""

    def read(self, path: str) -> bytes | None:
        """A file's content; None where there is none, it is too large, or it leads out."""


@dataclass(frozen=True, slots=True)
class Below:
    """A folder in a folder.

    Attributes:
        folder: the outer one.
        path: from there.
    """

    folder: Folder
    path: str

    @property
    def name(self) -> str:
        """What it is called; what tools call their folders says less than what is around."""
        own = self.path.rpartition("/")[2]
        return self.folder.name if own in {"model", "models"} else own

    def paths(self) -> tuple[str, ...]:
        """The files in it and in the folders right below, by their path in it."""
        start = f"{self.path}/"
        return tuple(
            path.removeprefix(start) for path in self.folder.paths() if path.startswith(start)
        )

    def below(self, path: str) -> tuple[str, ...]:
        """The files in a folder in it and however deep below, by their path in it."""
        found = self.folder.below(f"{self.path}/{path}")
        return tuple(each.removeprefix(f"{self.path}/") for each in found)

    def read(self, path: str) -> bytes | None:
        """A file's content; None where there is none, it is too large, or it leads out."""
        return self.folder.read(f"{self.path}/{path}")


def metadata(folder: Folder, wanted: Generation | None = None) -> tuple[str, ...]:
    """The metadata of a folder: the file that bears a name of metadata, or whatever is some.

    Where no file in it bears such a name, its other files count by their content, and one of such a
    name in each folder right below.

    Args:
        folder: the folder.
        wanted: the one format that counts.
    """
    every = folder.paths()
    here = [path for path in every if "/" not in path]
    found = next(_metadata(folder, [path for path in here if path in NAMES], wanted), "")
    if found:
        return (found,)
    below = list(_metadata(folder, [path for path in here if path not in NAMES], wanted))
    inner = dict.fromkeys(path.partition("/")[0] for path in every if "/" in path)
    for name in list(inner)[:_MOST_LOOKED_AT]:
        paths = [path for path in every if path.startswith(f"{name}/") and path.count("/") == 1]
        named = [path for path in paths if path.partition("/")[2] in NAMES]
        below += list(_metadata(folder, named, wanted))[:1]
    return tuple(below)


def one(folder: Folder, said: str, wanted: Generation | None = None) -> str:
    """The metadata of a folder that holds one module.

    Raises:
        UsageError: there is none (``import/none``), or more than one.
    """
    found = metadata(folder, wanted)
    if len(found) == 1:
        return found[0]
    if not found:
        what = f"metadata of the format `{wanted}`" if wanted else "metadata"
        hint = f"looked for {listed(NAMES)}, and for what else has the shape of metadata"
        raise UsageError(f"`{said}` holds no {what}", hint=hint, code="import/none")
    raise UsageError(
        f"`{said}` holds the metadata of several modules: {listed(found)}",
        hint="name one of these files, or its folder",
        code="import/none",
    )


def licence(folder: Folder) -> str:
    """The SPDX identifier of the licence whose text lies in a folder; empty for none."""
    found = {
        licence_of(folder.read(path) or b"")
        for path in folder.paths()
        if "/" not in path and is_licence(path)
    }
    return found.pop() if len(found) == 1 else ""


def _metadata(folder: Folder, paths: list[str], wanted: Generation | None) -> Iterator[str]:
    ranks = {name: rank for rank, name in enumerate(NAMES)}
    known = [path for path in paths if path.rpartition("/")[2] in ranks]
    known.sort(key=lambda path: (path.count("/"), ranks[path.rpartition("/")[2]], path))
    others = [p for p in sorted(paths) if p not in known and p.lower().endswith(_ENDINGS)]
    broken = []
    for path in (*known, *others[:_MOST_LOOKED_AT]):
        content = folder.read(path)
        source = read(content, path)[0] if content is not None else None
        if source is not None:
            kind = generation(source.data, front=source.is_front)
            if kind is not None and wanted in {None, kind}:
                yield path
        elif content is not None and path.endswith(_MEANT):
            broken.append(path)
    # What bears such a name and cannot be read is told, after what can be.
    yield from broken
