"""The data sets of a catalog: what there are, who uses them, and what of them lies here."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.catalog.datasets import asked
from deepcat.catalog.load import load, load_clouds, load_datasets
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.reading.units import UnitKind, units
from deepcat.catalog.settings import require_settings
from deepcat.catalog.wording import unknown
from deepcat.errors import DeepcatError, UsageError
from deepcat.host.data import cache
from deepcat.host.data import uses as used
from deepcat.host.failure import StepError
from deepcat.host.taking_away import away
from deepcat.runs import fetched

if TYPE_CHECKING:
    from deepcat.catalog.values import Catalog, Dataset

SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Row:
    """A data set, and who names it.

    Attributes:
        data: the data set.
        modules: names of modules whose training reads it.
        deployments: names of wishes that name it.
    """

    data: Dataset
    modules: tuple[str, ...]
    deployments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Data that lies on this machine.

    Attributes:
        digest: its name.
        dataset: the data set that has this content now; empty where none has.
        place: ``fetched``, or the name of the cloud that this machine is.
        path: the folder.
        bytes: of all its files.
        deployments: that use it.
    """

    digest: str
    dataset: str
    place: str
    path: Path
    bytes: int
    deployments: tuple[str, ...] = ()


def rows(root: Path) -> tuple[Row, ...]:
    """Every data set, by name."""
    catalog = load(work_tree(root))
    wishes = {name: _of_wish(catalog, name) for name in catalog.deployments}
    return tuple(
        Row(
            data,
            tuple(sorted(each for each, named in catalog.reads.items() if name in named)),
            tuple(sorted(each for each, named in wishes.items() if name in named)),
        )
        for name, data in sorted(catalog.datasets.items())
    )


def _of_wish(catalog: Catalog, name: str) -> set[str]:
    wish = catalog.deployments[name]
    if wish.profile != "train":
        return set()
    module = catalog.modules.get(wish.module)
    training = module.data.get("training") if module else None
    named = asked(training if isinstance(training, Mapping) else {}, wish.data)
    return {str(each.get("dataset") or "") for each in named.values()}


def left_out(root: Path, known: Collection[str]) -> tuple[str, ...]:
    """The files of data sets that have errors, sorted.

    Args:
        root: the catalog's folder.
        known: names of those without.
    """
    every = units(work_tree(root))
    mine = (each for each in every if each.kind is UnitKind.DATASET and each.name not in known)
    return tuple(sorted(each.path for each in mine))


def unknown_set(root: Path, name: str, known: Collection[str]) -> UsageError:
    """The error for a name that none of the data sets without errors has."""
    path = f"datasets/{name}.yaml"
    if path in left_out(root, known):
        return UsageError(f"the data set `{name}` has errors", hint=f"see `deepcat check {path}`")
    return unknown("data set", name, known)


def named(root: Path, name: str) -> Dataset:
    """A data set without errors.

    Raises:
        UsageError: there is none such.
    """
    known = load_datasets(work_tree(root))
    if name not in known:
        raise unknown_set(root, name, known)
    return known[name]


def pulled(root: Path, name: str) -> cache.Staged:
    """A data set's files on this machine.

    Raises:
        DeepcatError: they cannot be had.
    """
    tree = work_tree(root)
    try:
        return fetched.here(
            named(root, name), fetched.folder(root), require_settings(tree), tree.read
        )
    except StepError as error:
        raise told(error) from None


def compared(root: Path, name: str) -> str:
    """What of a source is otherwise than its data set says; empty for nothing. All is fetched anew.

    Raises:
        DeepcatError: it cannot be had, for another reason than that it changed.
    """
    tree, data = work_tree(root), named(root, name)
    apart = fetched.folder(root) / ".checks"
    try:
        fetched.here(data, apart, require_settings(tree), tree.read)
    except StepError as error:
        if error.code in ("data/changed", "data/size"):
            return error.message
        raise told(error) from None
    finally:
        away(apart)
    return ""


def manifest_path(name: str) -> str:
    """Where the list of a data set's files lies in the catalog."""
    return f"datasets/{name}/{SUMS}"


def kept(root: Path) -> tuple[Kept, ...]:
    """All data that lies on this machine, of this catalog."""
    known = {data.digest: name for name, data in load_datasets(work_tree(root)).items()}
    found = []
    for place, folder in _places(root).items():
        names = used.named(folder.parent) if folder.name == cache.FOLDER else {}
        for digest, size, _ in cache.held(folder):
            path, by = cache.path_of(folder, digest), names.get(digest, ())
            found.append(Kept(digest, known.get(digest, ""), place, path, size, by))
    return tuple(found)


def collected(root: Path, most: int) -> tuple[Kept, ...]:
    """Take away what no deployment uses, the oldest first, until no more than `most` bytes stay.

    Args:
        root: the catalog's folder.
        most: bytes, in each place.
    """
    before, gone = kept(root), set()
    for place, folder in _places(root).items():
        names = used.named(folder.parent) if folder.name == cache.FOLDER else {}
        gone |= {(place, name) for name in cache.swept(folder, names, most)}
    return tuple(each for each in before if (each.place, each.digest) in gone)


def _places(root: Path) -> dict[str, Path]:
    from deepcat.clouds.kind import Means
    from deepcat.clouds.registry import is_here, kind_of

    found = {"fetched": fetched.folder(root)}
    for name, cloud in sorted(load_clouds(work_tree(root)).items()):
        if is_here(cloud):
            place = kind_of(cloud).reach(cloud, Means(root), "x", "").place
            found[name] = Path(place).parent / cache.FOLDER
    return found


def put(found: cache.Staged, into: Path) -> None:
    """Copy data that lies here into a folder that is not there yet.

    Raises:
        UsageError: it is there.
    """
    if into.exists():
        raise UsageError(f"there is a `{into}` already", hint="name a folder that is not there")
    shutil.copytree(found.path, into)
    for path in (into, *into.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def told(error: StepError) -> DeepcatError:
    """What a host's step says, for a person."""
    return DeepcatError(error.message, hint=error.hint, code=error.code)
