"""What data a job asks for, and how it is brought: plain data to values.

A data set comes with its manifest beside the module's files, in the folder ``data/<digest>`` that
the run brought: `sums`, and `files` where its content came along, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from deepcat.host.data import address, cache
from deepcat.host.data.address import MOUNT, Address, address_of
from deepcat.host.data.manifest import MOST_TEXT, Piece, parsed
from deepcat.host.data.web import Allowed, File, Kept, fetch
from deepcat.host.failure import StepError

# Of the files that a run brings.
BROUGHT, SUMS, FILES = "data", "sums", "files"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Datum:
    """Data that a job sees as a folder.

    Attributes:
        name: by which the module calls it; `DEEPCAT_DATA_<NAME>` names the folder.
        digest: the hash of its manifest, by which all hosts call it.
        address: where it lies.
        bytes: of all files together.
        how: ``mount`` where it is mounted while the job runs; empty where it is staged before.
        store: `endpoint`, `region` and `tenant` of what is mounted, where they are named.
    """

    name: str
    digest: str
    address: str
    bytes: int
    how: str = ""
    store: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_mounted(self) -> bool:
        """Whether it is not staged."""
        return self.how == MOUNT

    @property
    def where(self) -> Address:
        """Its address, understood."""
        return address_of(self.address)


def data_of(held: Mapping[str, Any]) -> tuple[Datum, ...]:
    """The data that a node's property `data` asks for, sorted by name.

    Raises:
        StepError: a value cannot be used (``run/values``).
    """
    found = []
    for name, each in sorted((held or {}).items()):
        digest = str((each or {}).get("digest") or "")
        if not _NAME.match(str(name)) or not _DIGEST.match(digest):
            message = f"{str(name)[:80]!r} is no data that a job can be given"
            raise StepError("module", "run/values", message, "name a data set of the catalog")
        where, size, how = str(each.get("address") or ""), int(each["bytes"]), each.get("how")
        store = {str(key): str(value) for key, value in (each.get("store") or {}).items()}
        if how not in (None, MOUNT):
            message = f"the data `{name}` comes by {str(how)[:40]!r}, which nothing here does"
            raise StepError("module", "run/values", message, f"say `how: {MOUNT}`, or nothing")
        found.append(Datum(str(name), digest, where, size, how or "", store))
    return tuple(found)


def variable(name: str) -> str:
    """The variable that names the folder of some data."""
    return f"DEEPCAT_DATA_{name.upper()}"


def stage(local: Path, datum: Datum, brought: Path, allowed: Allowed) -> cache.Staged:
    """Bring data into this host's cache, unless it is there.

    Args:
        local: the folder that holds a catalog's deployments on this host.
        datum: what is wanted.
        brought: what the run brought of all data.
        allowed: whom to ask, and what to read here.

    Raises:
        StepError: it cannot be had (``data/…``).
    """
    own = brought / datum.digest
    try:
        with (own / SUMS).open(encoding="utf-8") as stream:
            manifest = parsed(stream.read(MOST_TEXT + 1))
    except (OSError, UnicodeDecodeError):
        manifest = None
    if manifest is None or manifest.digest != datum.digest:
        message = f"the list of the files of the data `{datum.name}` did not arrive"
        raise StepError("cloud", "data/manifest", message, "run the same command again")
    data = cache.Data(manifest, datum.bytes)
    with Kept() as kept:
        way = _way(datum, own / FILES, data, allowed, kept)
        return cache.staged(local / cache.FOLDER, data, way)


def _way(datum: Datum, files: Path, data: cache.Data, allowed: Allowed, kept: Kept) -> cache.Bring:
    """How each file comes: as it was brought, from a folder of the host, or from the web."""
    is_whole = len(data.manifest.pieces) == 1

    def bring(piece: Piece, target: Path) -> int:
        if files.is_dir():
            return cache.copied(files / piece.path, piece, target, datum.bytes)
        where = address.address_of(datum.address)
        if where.kind == address.FILE:
            whole = is_whole and where.name == piece.path
            path = where.base if whole else f"{where.base.rstrip('/')}/{piece.path}"
            return cache.copied(cache.within(path, allowed), piece, target, datum.bytes)
        if where.kind == address.WEB:
            url = where.url(piece.path, is_whole=is_whole and where.name == piece.path)
            return fetch(File(url, piece.sha256, datum.bytes), target, allowed, kept)
        message = f"the data `{datum.name}` did not arrive, and this host cannot fetch it"
        raise StepError("cloud", "data/source", message, "run the same command again")

    return partial(bring)
