"""A store of models in a registry of OCI: artifacts as ORAS makes them, tagged by their sha256.

The registry takes a model by its digest alone, and its tag says that it was read back. What no
tag names any more is collected by the registry's own means.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.loop.trained.stores.seam import Found, Place, failed, stem_of
from deepcat.runtime import reference
from deepcat.runtime.artifacts import EMPTY, artifact, list_referrer, referrer
from deepcat.runtime.image import MANIFEST, named
from deepcat.runtime.logins import login_as, login_of
from deepcat.runtime.registry import Blob, Registry
from deepcat.secrets.resolve import resolve

KIND = "application/vnd.deepcat.model.v1"
_STATEMENT = "application/vnd.in-toto+json"
_CREATED = "org.opencontainers.image.created"
_TITLE = "org.opencontainers.image.title"
_TAG = re.compile(r"[0-9a-f]{64}")


class Artifacts:
    """A store in one repository of a registry.

    Args:
        place: with an address as ``oci://HOST[:PORT]/NAME``.

    Raises:
        DeepcatError: the address is none (``store/failed``), or no login is found
            (``registry/login``).
    """

    def __init__(self, place: Place) -> None:
        try:
            where = reference.parse(place.address.partition("://")[2])
        except DeepcatError as error:
            raise failed(place, error.message) from None
        if where.tag:
            raise failed(place, "its address names a tag; each model has one of its own")
        login = (
            login_as(resolve(place.key), place.secret and resolve(place.secret), "`store`")
            if place.key
            else login_of(where.host, where.name)
        )
        self._place = place
        self._registry = Registry(where, login)
        self._sizes = dict[str, int]()  # of what was written, by digest
        self._public = place.public or f"https://{where.host}/v2/{where.name}/blobs"

    def address(self, name: str, size: int) -> str:  # noqa: ARG002 - of others
        """See `Backend`."""
        return f"{self._public}/sha256:{stem_of(name)}"

    def beside(self, name: str, size: int) -> Mapping[str, bytes]:  # noqa: ARG002 - of others
        """See `Backend`."""
        return {}

    def write(self, archive: Path) -> str:
        """See `Backend`."""
        with archive.open("rb") as stream:
            digest = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
        size = self._sizes[digest] = archive.stat().st_size
        if not self._registry.holds(digest):
            self._registry.send(Blob(digest, size, lambda: archive.open("rb")))
        return digest

    def read(self, path: str) -> Iterator[bytes]:
        """See `Backend`."""
        return self._registry.blob(path)

    def name(self, path: str, name: str) -> None:
        """See `Backend`."""
        size = self._sizes[path]
        file = name.rpartition("/")[2]
        kind = "application/zip" if name.endswith(".zip") else "application/gzip"
        layer = {"mediaType": kind, "digest": path, "size": size, "annotations": {_TITLE: file}}
        created = datetime.now(UTC).isoformat()
        if not self._registry.holds(EMPTY.digest):
            self._registry.send(EMPTY)
        tag, before = stem_of(name), self._registry.digest_of(stem_of(name))
        self._registry.name(tag, artifact(KIND, [layer], {_CREATED: created}), MANIFEST)
        if before and before != self._registry.digest_of(tag):
            self._delete(before)

    def drop(self, path: str) -> None:
        """See `Backend`: a blob without a manifest goes by the registry's own means."""

    def lay(self, name: str, content: bytes) -> None:
        """See `Backend`."""
        # The very bytes count, so a manifest is described by what the registry says of it.
        tag = stem_of(name)
        subject = self._registry.described(tag)
        if not subject:
            raise failed(self._place, f"there is no model `{tag}`")
        blobs, manifest = referrer(_STATEMENT, content, subject)
        for blob in blobs:
            if not self._registry.holds(blob.digest):
                self._registry.send(blob)
        self._registry.name(named(MANIFEST, manifest)["digest"], manifest, MANIFEST)
        list_referrer(self._registry, subject["digest"], _STATEMENT, manifest)

    def find(self, name: str) -> Found | None:
        """See `Backend`."""
        return self._found(stem_of(name))

    def models(self) -> Mapping[str, Found]:
        """See `Backend`."""
        tags = filter(_TAG.fullmatch, self._registry.tags())
        return {tag: found for tag in tags if (found := self._found(tag))}

    def parts(self) -> tuple[Found, ...]:
        """See `Backend`."""
        return ()

    def delete(self, found: Found) -> None:
        """See `Backend`."""
        if digest := self._registry.digest_of(found.path.partition(":")[2]):
            self._delete(digest)

    def _delete(self, digest: str) -> None:
        for each in self._registry.referrers(digest):
            self._registry.delete(str(each["digest"]))
        if index := self._registry.digest_of(digest.replace(":", "-")):
            self._registry.delete(index)
        self._registry.delete(digest)

    def _found(self, tag: str) -> Found | None:
        """The model that a tag names, where it is one of ours."""
        told = self._registry.manifest(tag)
        digests = [_part(each, "digest") for each in told.get("layers") or () if each]
        if told.get("artifactType") != KIND or digests != [f"sha256:{tag}"]:
            return None
        return Found(digests[0], _when(str(_part(told.get("annotations"), _CREATED))))


def _part(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, Mapping) else None


def _when(created: str) -> float:
    try:
        return datetime.fromisoformat(created).timestamp()
    except ValueError:
        return time.time()
