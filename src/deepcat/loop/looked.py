"""What a source of data has now, whatever it is: all of it is fetched, and nothing kept."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import require_settings
from deepcat.errors import UsageError
from deepcat.host.data import cache, web
from deepcat.host.data.address import CATALOG, DOI, FILE, GIT, RCLONE, Address, address_of
from deepcat.host.data.cache import room
from deepcat.host.data.manifest import Manifest, Piece, made_of, parsed
from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError
from deepcat.loop.data import SUMS, told
from deepcat.runs import depositories, fetched, rclone, repositories
from deepcat.secrets.resolve import resolve

MOST_BYTES = 10**12


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has now.

    Attributes:
        manifest: of its files.
        bytes: of all of them.
        is_file: whether the address is that of the one file, and not of a folder.
    """

    manifest: Manifest
    bytes: int
    is_file: bool


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
        own = parsed(listed.read_text("utf-8")) if listed else None
        with tempfile.TemporaryDirectory(prefix="deepcat-data-") as scratch:
            source, is_one = _source(root, data, settings, Path(scratch), own)
            return _summed(source, is_one, own)
    except StepError as error:
        raise told(error) from None


def _source(
    root: Path,
    data: Mapping[str, Any],
    settings: Mapping[str, Any],
    scratch: Path,
    own: Manifest | None,
) -> tuple[Path, bool]:
    """The file or folder with the content of a source, and whether it is a file."""
    where, allowed = _where(data), fetched.allowed_of(settings)
    if where.kind in (CATALOG, FILE):
        path = root / where.base if where.kind == CATALOG else cache.within(where.base, allowed)
        if path.is_symlink() or not path.exists():
            raise UsageError(f"there is no `{where.base}`", hint="put it there first")
        return path, path.is_file()
    most = min(MOST_BYTES, room(scratch))  # whoever sends without end fills no disk
    secret = resolve(str(data["credential"]), for_workload=True) if data.get("credential") else ""
    if where.kind in (RCLONE, GIT):
        if where.kind == GIT:
            fetched.require_repository(where, allowed)
            repositories.copy(where, scratch, most, secret)
        else:
            given = fetched.require_store(where, data, settings)
            rclone.copy(where, None, scratch, most, given, secret)
        found = [path for path in scratch.rglob("*") if path.is_file()]
        is_one = bool(where.name) and found == [scratch / where.name]
        return (found[0], True) if is_one else (scratch, False)
    urls, is_one = _urls(where, data, allowed, own)
    checked = {each.path: each.sha256 for each in own.pieces} if own else {}
    for name, url in urls.items():
        headers = depositories.letting_in(url, where, data, secret)
        to = scratch / name
        to.parent.mkdir(parents=True, exist_ok=True)
        web.fetch(web.File(url, checked.get(name, ""), most, headers), to, allowed)
        most -= to.stat().st_size
    return (scratch / next(iter(urls)), True) if is_one else (scratch, False)


def _urls(
    where: Address, data: Mapping[str, Any], allowed: Allowed, own: Manifest | None
) -> tuple[dict[str, str], bool]:
    """Path -> address of each file of the web, and whether the source's is that of a file."""
    if depositories.is_listed(where) and (own is None or where.kind == DOI):
        listed = depositories.files(where, str(data.get("endpoint") or ""), allowed)
        if where.kind != DOI or not where.base:
            return listed, False
        if where.base not in listed:
            message = f"`doi:{where.remote}` has no file `{where.base[:200]}`"
            raise UsageError(message, hint="leave out what follows `#` for all files")
        return {where.name: listed[where.base]}, True
    if own is not None:
        return {each.path: where.url(each.path, is_whole=False) for each in own.pieces}, False
    if not where.name:
        hint = "give the file's address, or name the files of a folder: `--files`"
        raise UsageError(f"`{web.bare(where.base)}` names no file", hint=hint)
    return {where.name: where.url("", is_whole=True)}, True


def _where(data: Mapping[str, Any]) -> Address:
    try:
        return address_of(str(data["address"]))
    except ValueError as error:
        raise UsageError(f"the address {error}", hint="see `deepcat data add --help`") from None


def _summed(source: Path, is_whole: bool, own: Manifest | None) -> Found:
    paths = [source] if is_whole else sorted(source.rglob("*"))
    top = source.parent if is_whole else source
    pieces, size = [], 0
    for path in paths:
        if path.is_symlink() or not path.is_file() or path.name == SUMS:
            continue
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        pieces.append(Piece(path.relative_to(top).as_posix(), digest))
        size += path.stat().st_size
    found = made_of(pieces)
    if own is not None and own != found:
        raise web.changed(str(source), found.digest, own.digest)
    return Found(found, size, is_whole)
