"""A store of models in a forge's Git LFS, by its batch interface: what lies there is known by its
sha256 alone, which is checked as it comes.

Nobody is told what lies there, and nothing is deleted by us: a pointer in the module's folder says
to the forge what commits need, and the forge's own means collect the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.host.members import POINTER
from deepcat.loop.trained.stores.seam import POINTED, Found, Place, failed, stem_of
from deepcat.loop.trained.stores.web import Web, basic

_KIND = "application/vnd.git-lfs+json"


class Lfs:
    """A store in one repository's LFS.

    Args:
        place: with an address as ``lfs://HOST[:PORT]/OWNER/NAME``.

    Raises:
        DeepcatError: the secret cannot be had (``secret/…``).
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        repository = place.address.partition("://")[2].removesuffix(".git")
        self._root = f"https://{repository}.git/info/lfs"
        login = basic(place)
        self._web = Web(place, f"https://{repository.partition('/')[0]}", login=login)
        # Where the forge says itself what lets us in; else, at its own host, our login does.
        self._told, self._nobody = Web(place, login=login), Web(place)
        self._sizes = dict[str, int]()  # of what was written, by its sha256

    def address(self, name: str, size: int) -> str:
        """See `Backend`."""
        return f"{self._root}/objects/{stem_of(name)}?size={size}"

    def beside(self, name: str, size: int) -> Mapping[str, bytes]:
        """See `Backend`."""
        return {POINTED: POINTER + f"v1\noid sha256:{stem_of(name)}\nsize {size}\n".encode()}

    def write(self, archive: Path) -> str:
        """See `Backend`."""
        with archive.open("rb") as stream:
            oid = hashlib.file_digest(stream, "sha256").hexdigest()
        size = self._sizes[oid] = archive.stat().st_size
        actions, is_let_in = self._batch("upload", oid)
        web = self._told if is_let_in else self._web
        if "upload" in actions:
            url, headers = self._action(actions, "upload")
            web.send("PUT", url, headers, archive)
        if "verify" in actions:
            url, headers = self._action(actions, "verify")
            web.said("POST", url, {"oid": oid, "size": size}, _KIND, headers)
        return oid

    def read(self, path: str) -> Iterator[bytes]:
        """See `Backend`."""
        # As a host does, which has no log-in.
        actions, _ = self._batch("download", path)
        yield from self._nobody.read(*self._action(actions, "download"))

    def name(self, path: str, name: str) -> None:
        """See `Backend`: it has its name."""

    def drop(self, path: str) -> None:
        """See `Backend`: it is named by its own content, and collected by the forge."""

    def lay(self, name: str, content: bytes) -> None:
        """See `Backend`: beside what is known by its content alone there is no place."""

    def find(self, name: str) -> Found | None:  # noqa: ARG002 - of others
        """See `Backend`: `write` asks for it, with its size, and sends nothing that is there."""
        return None

    def models(self) -> Mapping[str, Found]:
        """See `Backend`."""
        raise DeepcatError(
            f"`{self._place.address}` tells nobody what it keeps: Git LFS has no word for that",
            hint="what no pointer in a commit names goes by the forge's own means, if it has any",
            code="store/sweep",
        )

    def parts(self) -> tuple[Found, ...]:
        """See `Backend`."""
        return ()

    def delete(self, found: Found) -> None:
        """See `Backend`: `models` gives none."""

    def _batch(self, operation: str, oid: str) -> tuple[Mapping[str, Any], bool]:
        """What may be done with an object, by name; and whether that lets us in by itself."""
        wanted = {"oid": oid, "size": self._sizes[oid]}
        asked = {"operation": operation, "transfers": ["basic"], "hash_algo": "sha256"}
        web = self._web if operation == "upload" else self._nobody
        told = web.said(
            "POST", f"{self._root}/objects/batch", {**asked, "objects": [wanted]}, _KIND
        )
        objects = told.get("objects") if isinstance(told, Mapping) else None
        found = [each for each in objects or () if isinstance(each, Mapping)]
        if told is None or len(found) != 1 or found[0].get("oid") != oid:
            raise failed(self._place, "there is no Git LFS, or no such repository")
        if (told.get("transfer") or "basic") != "basic":
            raise failed(self._place, "its Git LFS takes no file by the transfer `basic`")
        if (told.get("hash_algo") or "sha256") != "sha256":
            raise failed(self._place, "its Git LFS knows objects by another sum than sha256")
        error = found[0].get("error")
        if error:
            raise failed(self._place, f"its Git LFS says: {_part(error, 'message')}")
        actions = found[0].get("actions")
        return actions if isinstance(actions, Mapping) else {}, bool(found[0].get("authenticated"))

    def _action(self, actions: Mapping[str, Any], name: str) -> tuple[str, Mapping[str, str]]:
        """Its address, and the headers that go along."""
        headers = _part(actions.get(name), "header") or {}
        url = _part(actions.get(name), "href")
        if not isinstance(url, str) or not isinstance(headers, Mapping):
            raise failed(self._place, f"its Git LFS does not say how to {name}")
        return url, headers


def _part(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, Mapping) else None
