"""The data sets of a catalog: what there are, who uses them, and what of them lies here."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.datasets import asked
from deepcat.catalog.load import load, load_clouds, load_datasets
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import require_settings
from deepcat.catalog.wording import unknown
from deepcat.errors import DeepcatError, UsageError
from deepcat.host.data import cache, web
from deepcat.host.data import uses as used
from deepcat.host.data.address import CATALOG, FILE, RCLONE, Address, address_of
from deepcat.host.data.manifest import Manifest, Piece, made_of, parsed
from deepcat.host.failure import StepError
from deepcat.host.taking_away import away
from deepcat.runs import fetched, rclone
from deepcat.secrets.resolve import resolve

if TYPE_CHECKING:
    from deepcat.catalog.values import Catalog, Dataset

MOST_BYTES = 10**12
_SUMS = "SHA256SUMS"


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


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has now.

    Attributes:
        manifest: of its files.
        bytes: of all of them.
    """

    manifest: Manifest
    bytes: int


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


def named(root: Path, name: str) -> Dataset:
    """A data set without errors.

    Raises:
        UsageError: there is none such.
    """
    known = load_datasets(work_tree(root))
    if name not in known:
        raise unknown("data set", name, list(known))
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
        raise _told(error) from None


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
        raise _told(error) from None
    finally:
        away(apart)
    return ""


def looked_at(root: Path, data: Mapping[str, Any], listed: Path | None) -> Found:
    """What a source has now, whatever it is: all of it is fetched, and nothing kept.

    Args:
        root: the catalog's folder.
        data: what is said of the source: its `address`, and what else a data set's file says.
        listed: a list of its files with their checksums, where it is known.

    Raises:
        DeepcatError: it cannot be had.
    """
    settings = require_settings(work_tree(root))
    try:
        where = address_of(str(data["address"]))
    except ValueError as error:
        raise UsageError(f"the address {error}", hint="see `deepcat data add --help`") from None
    try:
        with tempfile.TemporaryDirectory(prefix="deepcat-data-") as scratch:
            source, whole = _source(root, where, data, settings, Path(scratch), listed)
            own = parsed(listed.read_text("utf-8")) if listed else None
            return _summed(source, whole, own)
    except StepError as error:
        raise _told(error) from None


def manifest_path(name: str) -> str:
    """Where the list of a data set's files lies in the catalog."""
    return f"datasets/{name}/{_SUMS}"


def _source(
    root: Path,
    where: Address,
    data: Mapping[str, Any],
    settings: Mapping[str, Any],
    scratch: Path,
    listed: Path | None,
) -> tuple[Path, bool]:
    """The file or folder with the content of a source, and whether it is a file."""
    allowed = fetched.allowed_of(settings)
    if where.kind in (CATALOG, FILE):
        path = root / where.base if where.kind == CATALOG else cache.within(where.base, allowed)
        if path.is_symlink() or not path.exists():
            raise UsageError(f"there is no `{where.base}`", hint="put it there first")
        return path, path.is_file()
    secret = resolve(str(data["credential"]), for_workload=True) if data.get("credential") else ""
    if where.kind == RCLONE:
        given = fetched.require_store(where, data, settings)
        rclone.copy(where, None, scratch, MOST_BYTES, given, secret)
        found = [path for path in scratch.rglob("*") if path.is_file()]
        is_one = len(found) == 1 and found[0] == scratch / where.name
        return (found[0], True) if is_one else (scratch, False)
    headers = web.letting_in(secret) if secret else {}
    if listed is None:
        wanted = web.File(where.url("", is_whole=True), "", MOST_BYTES, headers)
        web.fetch(wanted, scratch / "whole", allowed)
        renamed = (scratch / "whole").rename(scratch / (where.name or "whole"))
        return renamed, True
    for piece in parsed(listed.read_text("utf-8")).pieces:
        to = scratch / piece.path
        to.parent.mkdir(parents=True, exist_ok=True)
        url = where.url(piece.path, is_whole=False)
        web.fetch(web.File(url, piece.sha256, MOST_BYTES, headers), to, allowed)
    return scratch, False


def _summed(source: Path, is_whole: bool, own: Manifest | None) -> Found:
    paths = [source] if is_whole else sorted(source.rglob("*"))
    top = source.parent if is_whole else source
    pieces, size = [], 0
    for path in paths:
        if path.is_symlink() or not path.is_file() or path.name == _SUMS:
            continue
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        pieces.append(Piece(path.relative_to(top).as_posix(), digest))
        size += path.stat().st_size
    found = made_of(pieces)
    if own is not None and own != found:
        raise web.changed(str(source), found.digest, own.digest)
    return Found(found, size)


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


def _told(error: StepError) -> DeepcatError:
    return DeepcatError(error.message, hint=error.hint, code=error.code)
