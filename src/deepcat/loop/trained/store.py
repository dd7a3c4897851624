"""EDGE: the catalog's store of models, by content: a folder, or a bucket of S3, by fsspec.

A model lies at ``sha256/<2 digits>/<sha256><suffix>`` below the store's address. It is written
under another name first, read back, and only then gets its own: so what has a name is whole, and
nothing is ever written over. Who serves a model fetches it from the public address, by https.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from deepcat.errors import DeepcatError
from deepcat.extras import not_installed
from deepcat.secrets.mask import mask
from deepcat.secrets.resolve import resolve

_NAME = re.compile(r"sha256/[0-9a-f]{2}/([0-9a-f]{64})(\.tar\.gz|\.tgz|\.zip)\Z")
_SUFFIX = re.compile(r"(\.tar\.gz|\.tgz|\.zip)\Z")
_PARTS, _STATEMENT = "parts", ".intoto.json"
_CHUNK = 1 << 20
# What a run that is under way may be about to name.
YOUNG_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where models lie.

    Attributes:
        address: a folder, as ``file:///…``, or ``s3://BUCKET/…``.
        public: https address of the same, from which they are fetched.
        above: archives of more bytes go there; others stay in Git.
        endpoint: of S3, where it is not Amazon's.
        key: reference to the name by which one logs in there; empty where the environment says.
        secret: reference to the secret.
    """

    address: str
    public: str
    above: int = 5_000_000
    endpoint: str = ""
    key: str = ""
    secret: str = ""


def place_of(settings: Mapping[str, Any]) -> Place | None:
    """The store that `deepcat.yaml` names; None where it names none."""
    data = settings.get("store")
    if not isinstance(data, Mapping):
        return None
    return Place(
        str(data["address"]).rstrip("/"),
        str(data["public"]).rstrip("/"),
        int(float(data.get("above_MB", 5)) * 1_000_000),
        str(data.get("endpoint") or ""),
        str(data.get("key") or ""),
        str(data.get("secret") or ""),
    )


class ModelStore:
    """One store.

    Args:
        place: where.

    Raises:
        DeepcatError: from every method, where the store does not do it (``store/failed``).
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise not_installed("store", "fsspec", asks="the store of models") from None
        options: dict[str, Any] = {}
        if place.address.startswith("s3:"):
            options = {"key": place.key and resolve(place.key), "use_listings_cache": False}
            options |= {"secret": place.secret and resolve(place.secret)}
            options |= {"endpoint_url": place.endpoint}
            options = {name: value for name, value in options.items() if value not in ("", None)}
        try:
            self._files, self._root = url_to_fs(place.address, **options)
        except ImportError:
            raise DeepcatError(
                f"the store `{place.address}` is reached by the package `s3fs`",
                hint="pip install s3fs",
                code="extra/missing",
            ) from None
        except (ValueError, OSError) as error:
            raise _failed(place, error) from None

    def address(self, sha256: str, archive: str) -> str:
        """The https address that an archive of this checksum and file name is fetched from."""
        return f"{self.place.public}/{_name(sha256, archive)}"

    def put(self, archive: Path, sha256: str) -> None:
        """Let the store have an archive, whole and read back."""
        path = f"{self._root}/{_name(sha256, archive.name)}"
        try:
            # One that may soon be swept is written anew: a commit is about to name it.
            if not (self._is_young(path) and self._sum(path) == sha256):
                self._write(archive, path, sha256)
        except DeepcatError:
            raise
        except Exception as error:
            raise _failed(self.place, error) from None

    def _is_young(self, path: str) -> bool:
        if not self._files.exists(path):
            return False
        return time.time() - _when(self._files.info(path)) < YOUNG_S / 2

    def put_statement(self, sha256: str, statement: Mapping[str, Any]) -> None:
        """Let where a model came from lie beside it."""
        path = f"{self._root}/sha256/{sha256[:2]}/{sha256}{_STATEMENT}"
        try:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(path, mask(json.dumps(statement, indent=1)).encode())
        except Exception as error:
            raise _failed(self.place, error) from None

    def _write(self, archive: Path, path: str, sha256: str) -> None:
        part = f"{self._root}/{_PARTS}/{uuid4().hex}"
        try:
            self._files.makedirs(part.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(archive), part)
            if self._sum(part) != sha256:
                raise _failed(self.place, OSError("what was read back is not what was written"))
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.mv(part, path)
        finally:
            with suppress(Exception):
                self._files.rm_file(part)

    def names(self) -> dict[str, tuple[str, float]]:
        """sha256 -> the path of each model there, and its age in seconds."""
        found = {}
        try:
            below = f"{self._root}/sha256"
            rows = self._files.find(below, detail=True) if self._files.exists(below) else {}
        except Exception as error:
            raise _failed(self.place, error) from None
        for path, facts in rows.items():
            if match := _NAME.search(path):
                found[match[1]] = (path, time.time() - _when(facts))
        return found

    def sweep(self, named: Collection[str], *, dry_run: bool = False) -> tuple[str, ...]:
        """Delete the models that nothing names and that are old enough; gives their sha256.

        Args:
            named: sha256 of those that stay.
            dry_run: whether none is deleted.
        """
        old = {
            sha256: path
            for sha256, (path, age) in self.names().items()
            if sha256 not in named and age > YOUNG_S
        }
        if not dry_run:
            self._sweep_parts()
        for path in () if dry_run else old.values():
            try:
                self._files.rm_file(path)
                beside = _SUFFIX.sub(_STATEMENT, path)
                if self._files.exists(beside):
                    self._files.rm_file(beside)
            except Exception as error:
                raise _failed(self.place, error) from None
        return tuple(sorted(old))

    def _sweep_parts(self) -> None:
        """Delete what was killed while it was written, long ago."""
        below = f"{self._root}/{_PARTS}"
        try:
            rows = self._files.find(below, detail=True) if self._files.exists(below) else {}
            for path, facts in rows.items():
                if time.time() - _when(facts) > YOUNG_S:
                    self._files.rm_file(path)
        except Exception as error:
            raise _failed(self.place, error) from None

    def _sum(self, path: str) -> str:
        known = hashlib.sha256()
        with self._files.open(path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                known.update(chunk)
        return known.hexdigest()


def _name(sha256: str, archive: str) -> str:
    suffix = next(each for each in (".tar.gz", ".tgz", ".zip") if archive.endswith(each))
    return f"sha256/{sha256[:2]}/{sha256}{suffix}"


def _when(facts: Mapping[str, Any]) -> float:
    """When a file was written, as its protocol tells; now where it does not."""
    for key in ("mtime", "LastModified", "created"):
        value = facts.get(key)
        if isinstance(value, int | float):
            return float(value)
        if value is not None and hasattr(value, "timestamp"):
            return float(value.timestamp())
    return time.time()


def _failed(place: Place, error: BaseException) -> DeepcatError:
    words = " ".join(str(error).split())[:300] or type(error).__name__
    return DeepcatError(
        f"the store `{place.address}` did not do it: {words}",
        hint="see `store` in `deepcat.yaml`, and whether it can be written",
        code="store/failed",
    )
