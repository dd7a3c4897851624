"""A store of models in a release of GitLab, as links to files of its registry of packages.

A model is a generic package, whose version is its sha256; it is a model's once a link of the
release names it. GitLab has a file whole or not at all, and of two that have one name in a package
it gives the newest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.loop.trained.stores.release import last_of, whole_of
from deepcat.loop.trained.stores.seam import (
    SUFFIXES,
    Found,
    Place,
    failed,
    statement_of,
    stem_of,
    sum_of,
)
from deepcat.loop.trained.stores.web import Web, bearer

_MOST_ROWS = 100_000
_KEPT = "kept-"


class GitLabRelease:
    """A store in one release of GitLab.

    A file's path is ``PACKAGE/FILE/NAME``: two ids, and the file's name. Of what is found FILE is
    the newest of its package.

    Args:
        place: with an address as ``gitlab-release://HOST/GROUP/…/NAME/TAG``.

    Raises:
        DeepcatError: the secret cannot be had (``secret/…``).
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        host, _, rest = place.address.partition("://")[2].partition("/")
        project, _, self._tag = rest.rpartition("/")
        self._project = f"https://{host}/api/v4/projects/{project.replace('/', '%2F')}"
        self._packages = f"{self._project}/packages"
        self._links = f"{self._project}/releases/{self._tag}/assets/links"
        self._web = Web(place, f"https://{host}/api/v4/projects", login=bearer(place))
        self._nobody = Web(place)

    def address(self, name: str, size: int) -> str:  # noqa: ARG002 - of others
        """See `Backend`."""
        file = last_of(name)
        return f"{self._packages}/generic/{self._tag}/{stem_of(file)}/{file}"

    def beside(self, name: str, size: int) -> Mapping[str, bytes]:  # noqa: ARG002 - of others
        """See `Backend`."""
        return {}

    def write(self, archive: Path) -> str:
        """See `Backend`."""
        if not isinstance(self._nobody.said("GET", self._project), Mapping):
            raise failed(
                self._place,
                "there is no such project that everybody may read",
                "hosts fetch models without a log-in: name a public project, which may be one for"
                " models alone",
            )
        with archive.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        suffix = next(each for each in SUFFIXES if archive.name.endswith(each))
        return self._put(f"{sha256}{suffix}", archive)

    def read(self, path: str) -> Iterator[bytes]:
        """See `Backend`."""
        # As a host does, which has no log-in.
        yield from self._nobody.read(self.address(last_of(path), 0), {})

    def name(self, path: str, name: str) -> None:
        """See `Backend`."""
        url = self.address(name, 0)
        if all(each.get("url") != url for each in self._listed(self._links)):
            self._made()
            link = {"name": last_of(name), "url": url, "link_type": "package"}
            try:
                self._web.said("POST", self._links, link)
            except DeepcatError:
                # Somebody named the same at the same moment, or the answer was lost.
                if all(each.get("url") != url for each in self._listed(self._links)):
                    raise
        self._drop_older(path)

    def drop(self, path: str) -> None:
        """See `Backend`."""
        package, file, _ = path.split("/")
        with suppress(DeepcatError):
            self._take_away(package, file)

    def lay(self, name: str, content: bytes) -> None:
        """See `Backend`."""
        self._drop_older(self._put_small(last_of(statement_of(name)), content))

    def renew(self, path: str) -> None:
        """See `Renewing`: a small file beside it says when, by its name and its age."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        kept = f"{stem_of(path)}.{_KEPT}"
        self._drop_older(self._put_small(f"{kept}{now}", b"kept\n"), like=kept)

    def find(self, name: str) -> Found | None:
        """See `Backend`."""
        sha256 = stem_of(name)
        return self._found(f"&package_version={sha256}", named=True).get(sha256)

    def models(self) -> Mapping[str, Found]:
        """See `Backend`."""
        return self._found(named=True)

    def parts(self) -> tuple[Found, ...]:
        """See `Backend`."""
        return tuple(self._found(named=False).values())

    def delete(self, found: Found) -> None:
        """See `Backend`: the files that it was found with, for others write to the same package."""
        package, newest, name = found.path.split("/")
        url = self.address(name, 0)
        links = [each for each in self._listed(self._links) if each.get("url") == url]
        files = [int(each["id"]) for each in self._files(package)]
        if any(each > int(newest) for each in files):
            return  # somebody keeps it anew
        for each in links:
            self._web.said("DELETE", f"{self._links}/{int(each['id'])}")
        self._take_away(package, *files)

    def _put(self, name: str, file: Path) -> str:
        url = f"{self.address(name, 0)}?select=package_file"
        told = read_json(self._web.send("PUT", url, {}, file), 1 << 20)
        if not isinstance(told, Mapping) or told.get("size") != file.stat().st_size:
            raise failed(self._place, "it does not say that it took the whole file")
        return f"{int(told['package_id'])}/{int(told['id'])}/{name}"

    def _put_small(self, name: str, content: bytes) -> str:
        with TemporaryDirectory(prefix="deepcat-beside-") as folder:
            file = Path(folder, name)
            file.write_bytes(content)
            return self._put(name, file)

    def _take_away(self, package: str, *files: object) -> None:
        """Delete files of a package, and it with its last one."""
        for each in files:
            self._web.said("DELETE", f"{self._packages}/{package}/package_files/{each}")
        if not self._files(package):
            self._web.said("DELETE", f"{self._packages}/{package}")

    def _drop_older(self, path: str, like: str = "") -> None:
        """Take away the older files that have the same name, or that begin alike."""
        package, own, name = path.split("/")
        for each in self._files(package):
            file, other = int(each["id"]), each["file_name"]
            if file < int(own) and (other.startswith(like) if like else other == name):
                self.drop(f"{package}/{file}/{other}")

    def _found(self, which: str = "", *, named: bool) -> dict[str, Found]:
        """The packages that have, or have not, a link of the release: by their sha256."""
        links = {each.get("url") for each in self._listed(self._links)}
        words = f"?package_type=generic&package_name={self._tag}{which}"
        found = {}
        for each in self._listed(f"{self._packages}{words}"):
            # GitLab looks for what is like the name.
            if each["name"] != self._tag or not sum_of(whole_of(f"{each['version']}.zip")):
                continue
            files = self._files(each["id"])
            models = [f for f in files if sum_of(whole_of(f["file_name"])) == each["version"]]
            last = max(models, key=lambda file: int(file["id"]), default=None)
            newest = max((int(file["id"]) for file in files), default=0)
            name = last["file_name"] if last else f"{each['version']}.zip"
            written = max((file["created_at"] for file in files), default=each["created_at"])
            if (last is not None and self.address(name, 0) in links) is named:
                path = f"{int(each['id'])}/{newest}/{name}"
                found[each["version"]] = Found(path, datetime.fromisoformat(written).timestamp())
        return found

    def _files(self, package: Any) -> list[Any]:
        return self._listed(f"{self._packages}/{int(package)}/package_files")

    def _listed(self, url: str) -> list[Any]:
        """All pages of a list; nothing of what is not there."""
        found: list[Any] = []
        for rows in self._web.pages(url, nowhere=True):
            found += rows
            if len(found) > _MOST_ROWS:
                raise failed(self._place, f"it lists more than {_MOST_ROWS:,} of one thing")
        return found

    def _made(self) -> None:
        """Make the release where it is not there."""
        url = f"{self._project}/releases/{self._tag}"
        if self._web.said("GET", url) is not None:
            return
        told = self._web.said("GET", self._project)
        branch = told.get("default_branch") if isinstance(told, Mapping) else None
        body = "Files of models, kept by deepcat: see `store` in `deepcat.yaml`."
        made = {"tag_name": self._tag, "name": self._tag, "description": body, "ref": branch}
        try:
            self._web.said("POST", f"{self._project}/releases", made)
        except DeepcatError:
            # Somebody made it at the same moment.
            if self._web.said("GET", url) is None:
                raise
