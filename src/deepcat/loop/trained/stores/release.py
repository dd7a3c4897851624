"""A store of models in a release of a forge, as files attached to it; of Gitea's interface.

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
from deepcat.loop.trained.stores.seam import Found, Place, failed, name_of, statement_of, sum_of
from deepcat.loop.trained.stores.web import Web

_PART = "part-"


class Release:
    """A store in one release.

    Args:
        place: with an address as ``gitea-release://HOST[:PORT]/OWNER/NAME/TAG``.

    Raises:
        DeepcatError: the secret cannot be had (``secret/…``).
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        host, owner, name, tag = place.address.partition("://")[2].split("/")
        self._files = f"https://{host}/{owner}/{name}/releases/download/{tag}"
        self._tag = tag
        self._releases = f"https://{host}/api/v1/repos/{owner}/{name}/releases"
        self._web = Web(place, f"https://{host}")
        self._nobody = Web(place, f"https://{host}", as_nobody=True)
        self._known = ""  # the release's own address, once it is there

    def address(self, name: str, size: int) -> str:  # noqa: ARG002 - of others
        """See `Backend`."""
        return f"{self._files}/{_last(name)}"

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
        yield from self._nobody.read(str(told.get("browser_download_url")), {})

    def name(self, path: str, name: str) -> None:
        """See `Backend`."""
        before = [each.path for each in self._found(_last(name))]
        self._web.said("PATCH", self._asset(path), {"name": _last(name)})
        for each in before:
            self._web.said("DELETE", self._asset(each))

    def drop(self, path: str) -> None:
        """See `Backend`."""
        with suppress(DeepcatError):
            self._web.said("DELETE", self._asset(path))

    def lay(self, name: str, content: bytes) -> None:
        """See `Backend`."""
        beside = _last(statement_of(name))
        before = self._found(beside)
        with TemporaryDirectory(prefix="deepcat-statement-") as folder:
            file = Path(folder, beside)
            file.write_bytes(content)
            self._attach(beside, file)
        for each in before:
            self.drop(each.path)

    def find(self, name: str) -> Found | None:
        """See `Backend`."""
        return next(iter(self._found(_last(name))), None)

    def models(self) -> Mapping[str, Found]:
        """See `Backend`."""
        return {found: each for name, each in self._listed() if (found := sum_of(_whole(name)))}

    def parts(self) -> tuple[Found, ...]:
        """See `Backend`."""
        return tuple(each for name, each in self._listed() if name.startswith(_PART))

    def delete(self, path: str) -> None:
        """See `Backend`."""
        listed = self._listed()
        names = [name for name, each in listed if each.path == path and sum_of(_whole(name))]
        beside = {_last(statement_of(_whole(name))) for name in names}
        for each in (path, *(each.path for name, each in listed if name in beside)):
            self._web.said("DELETE", self._asset(each))

    def _attach(self, name: str, file: Path) -> str:
        url = f"{self._release(make=True)}/assets?name={name}"
        told = read_json(self._web.send("POST", url, {}, file), 1 << 20)
        size = file.stat().st_size
        if not isinstance(told, Mapping) or told.get("size") != size:
            raise failed(self._place, "it does not say that it took the whole file")
        return str(int(told["id"]))

    def _found(self, name: str) -> list[Found]:
        return [each for other, each in self._listed() if other == name]

    def _listed(self) -> list[tuple[str, Found]]:
        """Every attached file: its name, with its id for a path."""
        release = self._release(make=False)
        rows: Any = self._web.said("GET", f"{release}/assets") if release else []
        if not isinstance(rows, list):
            raise failed(self._place, "it does not say what its release has")
        return [
            (
                str(row["name"]),
                Found(str(int(row["id"])), datetime.fromisoformat(row["created_at"]).timestamp()),
            )
            for row in rows
        ]

    def _release(self, *, make: bool) -> str:
        """Its address; empty where there is none and none is to be made."""
        if self._known:
            return self._known
        told = self._web.said("GET", f"{self._releases}/tags/{self._tag}")
        if told is None and make:
            body = "Files of models, kept by deepcat: see `store` in `deepcat.yaml`."
            asked = {"tag_name": self._tag, "name": self._tag, "body": body}
            told = self._web.said("POST", self._releases, asked)
        if told is None and not make:
            return ""
        if not isinstance(told, Mapping) or told.get("draft"):
            raise failed(self._place, "there is no such repository, or the release is a draft")
        self._known = f"{self._releases}/{int(told['id'])}"
        return self._known

    def _asset(self, path: str) -> str:
        return f"{self._release(make=False)}/assets/{path}"


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _whole(name: str) -> str:
    """A model's name as all stores have it; what is none stays none."""
    try:
        return name_of(name.partition(".")[0], name)
    except StopIteration:
        return name
