"""A store of models in a release of GitHub, as files attached to it.

GitHub takes files at another host than its interface, keeps what was cut in the middle as a file
that is none (`starter`), and lets no two files of a release have one name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.loop.trained.stores.release import Release, last_of, whole_of
from deepcat.loop.trained.stores.seam import digest_of, failed, sum_of
from deepcat.loop.trained.stores.web import Web, bearer

# A file has to be smaller, and a release has no more files.
_LESS_THAN = 2 << 30
_MOST_FILES = 1000
_TRIES = 3
_KEPT = re.compile(r".+, kept (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")


class GitHubRelease(Release):
    """A store in one release of GitHub.

    Args:
        place: with an address as ``github-release://HOST/OWNER/NAME/TAG``, whose host is
            ``github.com`` or one that runs GitHub Enterprise.

    Raises:
        DeepcatError: the secret cannot be had (``secret/…``).
    """

    def write(self, archive: Path) -> str:
        """See `Backend`."""
        if archive.stat().st_size >= _LESS_THAN:
            raise failed(
                self._place,
                "GitHub keeps no file of 2 GiB or more in a release",
                "name another kind of store, such as `oci://…` or `s3://…`",
            )
        told = self._web.said("GET", self._repository)
        if not isinstance(told, Mapping) or told.get("private"):
            raise failed(
                self._place,
                "there is no such repository that everybody may read",
                "hosts fetch models without a log-in: name a public repository, which may be one"
                " for models alone, and a token that may write its contents",
            )
        if self._release(make=True).get("immutable"):
            raise failed(
                self._place,
                "its release is immutable, and takes no more files",
                "let the repository's releases be changed, or name a repository where they can",
            )
        if len(self._listed(half=True)) >= _MOST_FILES:
            raise failed(
                self._place,
                f"its release has {_MOST_FILES:,} files, and takes no more",
                "let `deepcat store sweep` delete what no commit names, or name another tag",
            )
        return super().write(archive)

    def name(self, path: str, name: str) -> None:
        """See `Backend`."""
        if self._is_named(path, name):
            return
        try:
            self._rename(path, name)
        except DeepcatError:
            # Somebody named the same at the same moment, or the answer was lost.
            if not self._is_named(path, name):
                raise

    def renew(self, path: str) -> None:
        """See `Renewing`: a label says when, which GitHub shows in the place of the name."""
        row = self._web.said("GET", self._asset(path))
        if isinstance(row, Mapping):
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._web.said("PATCH", self._asset(path), {"label": f"{row['name']}, kept {now}"})

    def _is_named(self, path: str, name: str) -> bool:
        """Whether a whole file has a name already, and ours is not needed; what is none goes."""
        sha256 = sum_of(whole_of(last_of(name)))  # none of a statement
        whole = {each.path for each in self._found(last_of(name))} if sha256 else set()
        for each in self._found(last_of(name), half=True):
            if each.path == path:
                return True
            if each.path in whole and digest_of(self.read(each.path), _LESS_THAN) == sha256:
                self.renew(each.path)
                self.drop(path)
                return True
            self._web.said("DELETE", self._asset(each.path))
        return False

    def _attach(self, name: str, file: Path) -> str:
        for _ in range(_TRIES - 1):
            try:
                return super()._attach(name, file)
            except DeepcatError:
                left = self._found(name, half=True)
                if not left:
                    raise
                for each in left:
                    self._web.said("DELETE", self._asset(each.path))
        return super()._attach(name, file)

    def _api(self) -> str:
        if self._host == "github.com" or self._host.endswith(".ghe.com"):
            return f"https://api.{self._host}"
        return f"https://{self._host}/api/v3"

    def _asking(self) -> Web:
        roots = (f"{self._api()}/repos", *self._takers())
        return Web(self._place, *roots, login=bearer(self._place))

    def _takers(self) -> tuple[str, ...]:
        """Where files may be brought."""
        return f"https://uploads.{self._host}", f"https://{self._host}/api/uploads"

    def _made(self) -> dict[str, Any]:
        return {**super()._made(), "make_latest": "false"}

    def _uploads(self, release: Mapping[str, Any]) -> str:
        url = str(release.get("upload_url")).partition("{")[0]
        if not url.startswith(tuple(f"{each}/" for each in self._takers())):
            raise failed(self._place, f"it wants files at `{url[:200]}`, which is not its own")
        return url

    def _rows(self, release: Mapping[str, Any]) -> list[Any]:
        found: list[Any] = []
        for rows in self._web.pages(f"{self._releases}/{int(release['id'])}/assets"):
            found += rows
            if len(found) > _MOST_FILES:
                break
        return found

    def _written(self, row: Mapping[str, Any]) -> float:
        kept = _KEPT.fullmatch(str(row.get("label")))
        return datetime.fromisoformat(kept[1] if kept else row["created_at"]).timestamp()

    def _asset(self, path: str) -> str:
        return f"{self._releases}/assets/{path}"
