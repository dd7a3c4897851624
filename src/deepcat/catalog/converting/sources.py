"""What a person means to import: files, folders, patterns, repositories, what a catalog lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepcat.catalog.converting import disk, fetched, listings, origin
from deepcat.catalog.converting.bring import Ask
from deepcat.catalog.converting.folder import metadata, one
from deepcat.catalog.converting.origin import Origin
from deepcat.catalog.converting.outcome import Outcome, State, failed
from deepcat.errors import DeepcatError, UsageError

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Where modules are written.

    Attributes:
        root: the catalog's root.
        settings: the content of its `deepcat.yaml`.
        unboxed: whether what strangers wrote may be read where the machine gives no box.
        imported: where each module comes from that was imported, by the module's name.
    """

    root: Path
    settings: bytes
    unboxed: bool
    imported: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A metadata file here.

    Attributes:
        said: the file, as findings name it.
        folder: what it lies in.
        path: the file's, from there.
        alone: whether it was named by itself.
    """

    said: str
    folder: disk.DiskFolder
    path: str
    alone: bool


Source = OnDisk | Origin | Outcome


def sources_of(words: Iterable[str], ask: Ask) -> list[Source]:
    """What a person means by each word: files, folders, patterns, repositories."""
    found: list[Source] = []
    for word in words:
        try:
            found += _sources(word, ask)
        except DeepcatError as error:
            found.append(failed(word, error))
    return found


def known(catalog: Catalog) -> list[Source]:
    """Where the modules come from that were imported from repositories.

    What a module says of it is text of a pull request: unasked, only the web is fetched from.
    """
    found: list[Source] = []
    for name, came in catalog.imported.items():
        told = (str(came.get(key, "")) for key in ("source", "ref", "file"))
        source = origin.of_provenance(*told)
        why = "it comes from a place that is fetched from only when it is named"
        hint = "name it: `deepcat import SOURCE --update`"
        found.append(source or Outcome(name, State.SKIPPED, why, hint, name))
    return found


def listed_in(catalog: Catalog, word: str, tell: Tell) -> tuple[list[Source], str]:
    """The repositories that another catalog lists, and what of its list is not fetched.

    Args:
        catalog: ours.
        word: ``deep``, ``ai4os``, or the address of a repository.
        tell: learns what is done.

    Raises:
        DeepcatError: it cannot be had, or lists nothing.
    """
    theirs = _catalog_of(word)
    tell(f"Fetching the list of `{theirs}`")
    with fetched.fetch(theirs, unboxed=catalog.unboxed) as (commit, *_):
        paths = commit.paths()
        name = next((each for each in listings.LISTS if each in paths), "")
        if name:
            found = listings.of_list(commit.read(name) or b"", name, theirs)
        elif listings.SUBMODULES in paths:
            found = listings.of_submodules(commit.submodules(), theirs)
        else:
            found = listings.Listing(())
    if not found.origins:
        raise DeepcatError(
            f"`{theirs}` lists no modules",
            hint="a catalog lists repositories in `MODULES.yml` or `.gitmodules`",
            code="import/none",
        )
    return [*found.origins], found.said()


def _sources(word: str, ask: Ask) -> list[Source]:
    if origin.is_address(word) or word.startswith("-"):
        return [origin.parse(word)]
    if not Path(word).exists():
        of_path = origin.of_path(word)
        if of_path.ref and Path(of_path.address).is_dir():
            return [replace(of_path, address=str(Path(of_path.address).resolve()))]
        if origin.is_short(word):
            return [origin.parse(word)]
    found: list[Source] = []
    for path in disk.files_of(word):
        if not path.is_dir():
            disk.check_size(path)
            found.append(OnDisk(str(path), disk.DiskFolder(path.parent), path.name, alone=True))
        elif disk.is_repository(path):
            found.append(Origin(str(path.resolve())))
        else:
            found += _in_folder(path, ask)
    return found


def _in_folder(path: Path, ask: Ask) -> list[Source]:
    """The metadata of a folder, of the folders right below, or each of its files that is some."""
    whole = disk.DiskFolder(path)
    names = metadata(whole, ask.wanted)
    if not names:
        one(whole, str(path), ask.wanted)
    found: list[Source] = []
    for name in names:
        inner, _, file = name.rpartition("/")
        folder = disk.DiskFolder(path / inner)
        found.append(OnDisk(str(path / name), folder, file, alone=False))
    return found


def _catalog_of(word: str) -> Origin:
    if word in listings.KNOWN:
        return Origin(listings.KNOWN[word])
    if origin.is_address(word) or (origin.is_short(word) and not Path(word).exists()):
        return origin.parse(word)
    path = Path(word)
    if path.is_dir():
        return Origin(str(path.resolve()))
    known = " and ".join(f"`{each}`" for each in listings.KNOWN)
    raise UsageError(
        f"`{word}` is no catalog that is known",
        hint=f"known by a word are {known}; else give the address of a Git repository",
    )
