"""Data fetched here: what lies in a store, or needs a secret, which goes no further than here."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Dataset
from deepcat.host.data import cache, web
from deepcat.host.data.address import CATALOG, FILE, RCLONE, WEB, Address, address_of
from deepcat.host.data.manifest import Piece
from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError
from deepcat.runs import rclone
from deepcat.secrets.resolve import resolve

_OPTIONS = ("endpoint", "region", "tenant")


def folder(root: Path) -> Path:
    """Where data lies that was fetched here."""
    return root / ".deepcat" / "cache" / "data"


def is_brought(data: Dataset) -> bool:
    """Whether a host cannot or must not fetch it by itself."""
    return address_of(data.address).kind == RCLONE or bool(data.data.get("credential"))


def allowed_of(settings: Mapping[str, Any]) -> Allowed:
    """From where data may be had, as the catalog's owners say."""
    said = settings.get("allowed_data") or {}
    return Allowed(tuple(said.get("hosts") or ()), tuple(said.get("folders") or ()))


def here(
    data: Dataset, kept: Path, settings: Mapping[str, Any], read: Callable[[str], bytes]
) -> cache.Staged:
    """The data on this machine, which is there then.

    Args:
        data: what is wanted.
        kept: the folder of all data that is fetched here.
        settings: of the catalog.
        read: gives the content of a file of the catalog.

    Raises:
        StepError: it cannot be had (``data/…``).
        DeepcatError: its secret cannot be looked up (``secret/…``).
    """
    where, allowed = address_of(data.address), allowed_of(settings)
    secret, wanted = "", cache.Data(data.manifest, data.bytes)
    target = cache.path_of(kept, data.digest)
    if not target.is_dir() and (reference := data.data.get("credential")):
        secret = resolve(str(reference), for_workload=True)
    is_whole = bool(data.data.get("sha256"))
    side = kept / f".{data.digest}.came"

    def one(piece: Piece, to: Path) -> int:
        below = "" if is_whole else f"/{piece.path}"
        if where.kind == CATALOG:
            return _written(read(f"{where.base.rstrip('/')}{below}"), piece, to)
        if where.kind == FILE:
            path = cache.within(f"{where.base.rstrip('/')}{below}", allowed)
            return cache.copied(path, piece, to, data.bytes)
        if where.kind == WEB:
            headers = web.letting_in(secret) if secret else {}
            url = where.url(piece.path, is_whole=is_whole)
            return web.fetch(web.File(url, piece.sha256, data.bytes, headers), to, allowed)
        if not (side / piece.path).is_file():
            given = require_store(where, data.data, settings)
            rclone.copy(where, data.manifest, side, data.bytes, given, secret)
        return _moved(side / piece.path, piece, to)

    try:
        return cache.staged(kept, wanted, one)
    finally:
        if target.is_dir():
            shutil.rmtree(side, ignore_errors=True)


def require_store(
    where: Address, data: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, str]:
    """What a data set says of its store, where that may be asked.

    Raises:
        StepError: it may not (``data/host``), or is not named.
    """
    if where.store == "remote":
        if where.remote not in ((settings.get("allowed_data") or {}).get("remotes") or ()):
            message = f"the remote `{where.remote}` of rclone is not for data sets"
            hint = "let the catalog's owners name it: `allowed_data: {remotes: […]}`"
            raise StepError("module", "data/host", message, hint)
        return {}
    asked = where.remote or str(data.get("endpoint") or "")
    if not asked and where.store == "swift":
        message = "the data set names no `endpoint`, at which Swift lets us in"
        raise StepError("module", "data/source", message, "add it")
    if asked:
        try:
            web.require_host(asked, allowed_of(settings))
        except OSError as error:
            message = f"`{web.bare(asked)}` cannot be found: {error.strerror or error}"
            raise StepError("cloud", "data/source", message, "see the address") from None
    return {name: str(data[name]) for name in _OPTIONS if data.get(name)}


def _written(content: bytes, piece: Piece, to: Path) -> int:
    found = hashlib.sha256(content).hexdigest()
    if found != piece.sha256:
        raise web.changed(piece.path, found, piece.sha256)
    to.write_bytes(content)
    return len(content)


def _moved(source: Path, piece: Piece, to: Path) -> int:
    """Take a file that came, once it is the one that was wanted."""
    if source.is_symlink() or not source.is_file():
        message = f"the store has no file {piece.path[:80]!r}"
        raise StepError("module", "data/source", message, "see whether the address is right")
    with source.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != piece.sha256:
        source.unlink()
        raise web.changed(piece.path, found, piece.sha256)
    size = source.stat().st_size
    source.replace(to)
    return size
