"""Data fetched here: what lies in a store, or needs a secret, which goes no further than here."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from deepcat.catalog.values import Dataset
from deepcat.host.data import cache, web
from deepcat.host.data.address import (
    CATALOG,
    DOI,
    FILE,
    GIT,
    RCLONE,
    STORE,
    WEB,
    Address,
    address_of,
)
from deepcat.host.data.manifest import Piece
from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError
from deepcat.runs import depositories, rclone, repositories
from deepcat.secrets.resolve import resolve

# Files of a store that are larger on average come one by one, each on from where it was cut.
_LARGE = 64 << 20


def folder(root: Path) -> Path:
    """Where data lies that was fetched here."""
    return root / ".deepcat" / "cache" / "data"


def is_brought(data: Dataset) -> bool:
    """Whether a host cannot or must not fetch it by itself."""
    kind = address_of(data.address).kind
    return kind in (RCLONE, GIT, DOI) or bool(data.data.get("credential"))


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
    if data.is_mounted:
        message = f"the data set `{data.name or data.address}` is mounted, and nothing is fetched"
        hint = "take `how: mount` away, and name its checksums"
        raise StepError("module", "data/mount", message, hint)
    secret, wanted = "", cache.Data(data.manifest, data.bytes)
    target = cache.path_of(kept, data.digest)
    if not target.is_dir() and (reference := data.data.get("credential")):
        secret = resolve(str(reference), for_workload=True)
    side = kept / f".{data.digest}.came"
    try:
        with web.Kept() as connections:
            source = _Source(data, settings, read, secret, side, connections)
            return cache.staged(kept, wanted, source.bring)
    finally:
        if target.is_dir():
            shutil.rmtree(side, ignore_errors=True)


@dataclass
class _Source:
    """Where the files of some data come from; asked for several at once.

    Attributes:
        data: that is wanted.
        settings: of the catalog.
        read: gives the content of a file of the catalog.
        secret: that lets us in; empty for none.
        side: the folder for what comes as a whole.
        kept: connections of all files.
    """

    data: Dataset
    settings: Mapping[str, Any]
    read: Callable[[str], bytes]
    secret: str = field(repr=False)
    side: Path
    kept: web.Kept
    lock: Lock = field(default_factory=Lock)

    @cached_property
    def where(self) -> Address:
        return address_of(self.data.address)

    @cached_property
    def allowed(self) -> Allowed:
        return allowed_of(self.settings)

    @property
    def is_whole(self) -> bool:
        return bool(self.data.data.get("sha256"))

    @cached_property
    def store(self) -> Mapping[str, str]:
        return require_store(self.where, self.data.data, self.settings)

    @cached_property
    def listed(self) -> Mapping[str, str]:
        resolver = str(self.data.data.get("endpoint") or "")
        return depositories.files(self.where, resolver, self.allowed)

    def bring(self, piece: Piece, to: Path) -> int:
        """One file; as `cache.staged` asks for it."""
        where = self.where
        below = "" if self.is_whole else f"/{piece.path}"
        if where.kind == CATALOG:
            return _written(self.read(f"{where.base.rstrip('/')}{below}"), piece, to)
        if where.kind == FILE:
            path = cache.within(f"{where.base.rstrip('/')}{below}", self.allowed)
            return cache.copied(path, piece, to, self.data.bytes)
        if where.kind == DOI:
            with self.lock:
                url = self.listed.get(where.base if self.is_whole else piece.path)
            if url is None:
                raise _lacks(piece)
            return self._fetched(url, piece, to)
        if where.kind == WEB or where.is_webdav:
            return self._fetched(where.url(piece.path, is_whole=self.is_whole), piece, to)
        if where.kind == RCLONE and self.data.bytes > _LARGE * len(self.data.manifest.pieces):
            file = f"{where.base.rstrip('/')}{below}"
            return rclone.pour(where, file, piece, to, self.data.bytes, self.store, self.secret)
        with self.lock:
            if not (self.side / piece.path).is_file():
                self._gather()
        return _moved(self.side / piece.path, piece, to)

    def _fetched(self, url: str, piece: Piece, to: Path) -> int:
        headers = depositories.letting_in(url, self.where, self.data.data, self.secret)
        wanted = web.File(url, piece.sha256, self.data.bytes, headers)
        return web.fetch(wanted, to, self.allowed, self.kept)

    def _gather(self) -> None:
        if self.where.kind == GIT:
            require_repository(self.where, self.allowed)
            repositories.copy(self.where, self.side, self.data.bytes, self.secret)
            return
        given, most = self.store, self.data.bytes
        rclone.copy(self.where, self.data.manifest, self.side, most, given, self.secret)


def require_repository(where: Address, allowed: Allowed) -> None:
    """See that a repository's host may be asked.

    Raises:
        StepError: it may not (``data/host``), or is not found.
    """
    _require_found(where.remote, allowed)


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
        _require_found(asked, allowed_of(settings))
    return {name: str(data[name]) for name in STORE if data.get(name)}


def _require_found(url: str, allowed: Allowed) -> None:
    try:
        web.require_host(url, allowed)
    except OSError as error:
        message = f"`{web.bare(url)}` cannot be found: {error.strerror or error}"
        raise StepError("cloud", "data/source", message, "see the address") from None


def _lacks(piece: Piece) -> StepError:
    message = f"the source has no file {piece.path[:80]!r}"
    return StepError("module", "data/source", message, "see whether the address is right")


def _written(content: bytes, piece: Piece, to: Path) -> int:
    found = hashlib.sha256(content).hexdigest()
    if found != piece.sha256:
        raise web.changed(piece.path, found, piece.sha256)
    to.write_bytes(content)
    return len(content)


def _moved(source: Path, piece: Piece, to: Path) -> int:
    """Take a file that came, once it is the one that was wanted."""
    if source.is_symlink() or not source.is_file():
        raise _lacks(piece)
    with source.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != piece.sha256:
        source.unlink()
        raise web.changed(piece.path, found, piece.sha256)
    size = source.stat().st_size
    source.replace(to)
    return size
