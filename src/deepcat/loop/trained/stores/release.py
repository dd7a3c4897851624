"""A store of models in a release of a forge, as files attached to it, by the interface that Gitea
and Forgejo have.

A file is attached under a name that is no model's, and renamed once it was read back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.loop.trained.stores.seam import (
    Found,
    Place,
    failed,
    name_of,
    statement_of,
    stem_of,
    sum_of,
)
from deepcat.loop.trained.stores.web import Web, basic

_PART = "part-"


class Release:
    """A store in one release.

    Args:
        place: with an address as ``gitea-release://HOST[:PORT]/OWNER/NAME/TAG``, or
            ``forgejo-release:``.

    Raises:
        DeepcatError: the secret cannot be had (``secret/…``).
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        host, owner, name, self._tag = place.address.partition("://")[2].split("/")
        self._host = host.lower()
        self._files = f"https://{self._host}/{owner}/{name}/releases/download/{self._tag}"
        self._repository = f"{self._api()}/repos/{owner}/{name}"
        self._releases = f"{self._repository}/releases"
        self._web, self._nobody = self._asking(), Web(place)
        self._known: Mapping[str, Any] = {}  # the release, once it is there

    def address(self, name: str, size: int) -> str:  # noqa: ARG002 - of others
        """See `Backend`."""
        return f"{self._files}/{last_of(name)}"

    def beside(self, name: str, size: int) -> Mapping[str, bytes]:  # noqa: ARG002 - of others
        """See `Backend`."""
        return {}

    def write(self, archive: Path) -> str:
        """See `Backend`."""
        return self._attach(f"{_PART}{uuid4().hex}", archive)

    def read(self, path: str) -> Iterator[bytes]:
        """See `Backend`."""
        told = self._web.said("GET", self._asset(path))
        if not isinstance(told, Mapping):
            raise failed(self._place, f"there is no file `{path}` in its release")
        # As a host does, which has no log-in.
        yield from self._nobody.read(f"{self._files}/{told.get('name')}", {})

    def name(self, path: str, name: str) -> None:
        """See `Backend`."""
        before = [each.path for each in self._found(last_of(name))]
        self._rename(path, name)
        for each in before:
            self._web.said("DELETE", self._asset(each))

    def drop(self, path: str) -> None:
        """See `Backend`."""
        with suppress(DeepcatError):
            self._web.said("DELETE", self._asset(path))

    def lay(self, name: str, content: bytes) -> None:
        """See `Backend`."""
        beside = last_of(statement_of(name))
        with TemporaryDirectory(prefix="deepcat-statement-") as folder:
            file = Path(folder, beside)
            file.write_bytes(content)
            path = self.write(file)
        self.name(path, beside)

    def find(self, name: str) -> Found | None:
        """See `Backend`."""
        return next(iter(self._found(last_of(name))), None)

    def models(self) -> Mapping[str, Found]:
        """See `Backend`."""
        return {found: each for name, each in self._listed() if (found := sum_of(whole_of(name)))}

    def parts(self) -> tuple[Found, ...]:
        """See `Backend`."""
        return tuple(each for name, each in self._listed(half=True) if name.startswith(_PART))

    def delete(self, found: Found) -> None:
        """See `Backend`."""
        listed = self._listed()
        now = [(name, each) for name, each in listed if each.path == found.path]
        if any(each.written > found.written for _, each in now):
            return  # somebody keeps it anew
        names = [name for name, _ in now if sum_of(whole_of(name))]
        beside = {last_of(statement_of(whole_of(name))) for name in names}
        for each in (found.path, *(each.path for name, each in listed if name in beside)):
            self._web.said("DELETE", self._asset(each))

    def _attach(self, name: str, file: Path) -> str:
        url = f"{self._uploads(self._release(make=True))}?name={name}"
        told = read_json(self._web.send("POST", url, {}, file), 1 << 20)
        size = file.stat().st_size
        if not isinstance(told, Mapping) or told.get("size") != size:
            raise failed(self._place, "it does not say that it took the whole file")
        return str(int(told["id"]))

    def _rename(self, path: str, name: str) -> None:
        if self._web.said("PATCH", self._asset(path), {"name": last_of(name)}) is None:
            raise failed(self._place, "what was written there is gone again")

    def _found(self, name: str, *, half: bool = False) -> list[Found]:
        return [each for other, each in self._listed(half=half) if other == name]

    def _listed(self, *, half: bool = False) -> list[tuple[str, Found]]:
        """Every attached file that is whole, or all: its name, with its id for a path."""
        release = self._release(make=False)
        rows = self._rows(release) if release else []
        return [
            (str(row["name"]), Found(str(int(row["id"])), self._written(row)))
            for row in rows
            if half or row.get("state", "uploaded") == "uploaded"
        ]

    def _release(self, *, make: bool) -> Mapping[str, Any]:
        """What the forge says of it; nothing where there is none and none is to be made."""
        if self._known:
            return self._known
        url = f"{self._releases}/tags/{self._tag}"
        told = self._web.said("GET", url)
        if told is None and make:
            try:
                told = self._web.said("POST", self._releases, self._made())
            except DeepcatError:
                # Somebody made it at the same moment.
                told = self._web.said("GET", url)
                if told is None:
                    raise
        if told is None and not make:
            return {}
        if not isinstance(told, Mapping) or told.get("draft"):
            raise failed(self._place, "there is no such repository, or the release is a draft")
        self._known = told
        return told

    # What forges do each in their own way.

    def _api(self) -> str:
        return f"https://{self._host}/api/v1"

    def _asking(self) -> Web:
        return Web(self._place, f"https://{self._host}", login=basic(self._place))

    def _made(self) -> dict[str, Any]:
        """What a release is made of."""
        body = "Files of models, kept by deepcat: see `store` in `deepcat.yaml`."
        return {"tag_name": self._tag, "name": self._tag, "body": body}

    def _uploads(self, release: Mapping[str, Any]) -> str:
        return f"{self._releases}/{int(release['id'])}/assets"

    def _rows(self, release: Mapping[str, Any]) -> list[Any]:
        """What the forge says of every attached file."""
        rows = self._web.said("GET", self._uploads(release))
        if not isinstance(rows, list):
            raise failed(self._place, "it does not say what its release has")
        return rows

    def _written(self, row: Mapping[str, Any]) -> float:
        return datetime.fromisoformat(row["created_at"]).timestamp()

    def _asset(self, path: str) -> str:
        return f"{self._uploads(self._release(make=False))}/{path}"


def last_of(name: str) -> str:
    """A model's name in a release, where there are no folders."""
    return name.rpartition("/")[2]


def whole_of(name: str) -> str:
    """A model's name as all stores have it; what is none stays none."""
    try:
        return name_of(stem_of(name), name)
    except StopIteration:
        return name
