"""EDGE: a store of models in a folder, by fsspec."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from deepcat.extras import not_installed
from deepcat.loop.trained.stores.seam import CHUNK, Found, Place, statement_of, sum_of


class Files:
    """A store of files that can be moved.

    Args:
        place: with an address as ``file:///…``.

    Raises:
        DeepcatError: what it is reached by is not installed (``extra/missing``).
    """

    def __init__(self, place: Place) -> None:
        self._public = place.public
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise not_installed("store", "fsspec", asks="the store of models") from None
        self._files, self._root = url_to_fs(place.address)

    def address(self, name: str, size: int) -> str:  # noqa: ARG002 - of others
        """See `Backend`."""
        return f"{self._public}/{name}"

    def beside(self, name: str, size: int) -> Mapping[str, bytes]:  # noqa: ARG002 - of others
        """See `Backend`."""
        return {}

    def write(self, archive: Path) -> str:
        """See `Backend`."""
        part = f"{self._root}/parts/{uuid4().hex}"
        try:
            self._files.makedirs(part.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(archive), part)
        except BaseException:
            self.drop(part)
            raise
        return part

    def read(self, path: str) -> Iterator[bytes]:
        """See `Backend`."""
        with self._files.open(path, "rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk

    def name(self, path: str, name: str) -> None:
        """See `Backend`."""
        to = f"{self._root}/{name}"
        self._files.makedirs(to.rpartition("/")[0], exist_ok=True)
        self._files.mv(path, to)

    def drop(self, path: str) -> None:
        """See `Backend`."""
        with suppress(Exception):
            self._files.rm_file(path)

    def lay(self, name: str, content: bytes) -> None:
        """See `Backend`."""
        path = f"{self._root}/{statement_of(name)}"
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(path, content)

    def find(self, name: str) -> Found | None:
        """See `Backend`."""
        path = f"{self._root}/{name}"
        if not self._files.exists(path):
            return None
        return Found(path, _when(self._files.info(path)))

    def models(self) -> Mapping[str, Found]:
        """See `Backend`."""
        return {found: each for each in self._below("sha256") if (found := sum_of(each.path))}

    def parts(self) -> tuple[Found, ...]:
        """See `Backend`."""
        return tuple(self._below("parts"))

    def delete(self, found: Found) -> None:
        """See `Backend`."""
        path = found.path
        self._files.rm_file(path)
        beside = statement_of(path) if sum_of(path) else ""
        if beside and self._files.exists(beside):
            self._files.rm_file(beside)

    def _below(self, folder: str) -> Iterator[Found]:
        below = f"{self._root}/{folder}"
        rows = self._files.find(below, detail=True) if self._files.exists(below) else {}
        for path, facts in rows.items():
            yield Found(str(path), _when(facts))


def _when(facts: Mapping[str, Any]) -> float:
    """When a file was written; now where its protocol does not tell."""
    return float(facts.get("mtime") or time.time())
