"""The catalog's store of models, by content: whatever kind of store `deepcat.yaml` names.

A model's name there is ``sha256/<2 digits>/<sha256><suffix>``. It is written without that first,
read back, and only then gets it: so what has a name is whole, and nothing is ever written over. Who
serves a model fetches it from the public address, by https.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.loop.trained.stores.artifacts import Artifacts
from deepcat.loop.trained.stores.copied import Copied
from deepcat.loop.trained.stores.files import Files
from deepcat.loop.trained.stores.github_release import GitHubRelease
from deepcat.loop.trained.stores.gitlab_release import GitLabRelease
from deepcat.loop.trained.stores.lfs import Lfs
from deepcat.loop.trained.stores.release import Release
from deepcat.loop.trained.stores.seam import (
    SUFFIXES,
    Backend,
    Found,
    Place,
    Renewing,
    digest_of,
    failed,
    name_of,
    place_of,
    stem_of,
    sum_of,
)
from deepcat.secrets.mask import mask

__all__ = ["ModelStore", "Place", "place_of"]

# What a run that is under way may be about to name.
YOUNG_S = 24 * 3600.0
_TRIES = 3
_KINDS: Mapping[str, Callable[[Place], Backend]] = {
    "file": Files,
    "s3": Copied,
    "webdav": Copied,
    "webdavs": Copied,
    "swift": Copied,
    "oci": Artifacts,
    "lfs": Lfs,
    "gitea-release": Release,
    "forgejo-release": Release,
    "github-release": GitHubRelease,
    "gitlab-release": GitLabRelease,
}


class ModelStore:
    """One store.

    Args:
        place: where.

    Raises:
        DeepcatError: from every method, where the store does not do it (``store/failed``), or what
            it is reached by is not installed (``extra/missing``).
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        with self._asked():
            self._backend = _KINDS[place.address.partition(":")[0]](place)

    def address(self, sha256: str, archive: str, size: int) -> str:
        """The https address that an archive of this checksum, file name and size lies at."""
        return self._backend.address(name_of(sha256, archive), size)

    def beside(self, sha256: str, archive: str, size: int) -> Mapping[str, bytes]:
        """Files that the module's folder has to hold for it, by path."""
        return self._backend.beside(name_of(sha256, archive), size)

    def put(self, archive: Path, sha256: str) -> None:
        """Let the store have an archive, whole and read back."""
        name = name_of(sha256, archive.name)
        with self._asked():
            found = self._backend.find(name)
            if found is not None and self._stays(found, name, archive.stat().st_size):
                return
            for _ in range(_TRIES):
                self._written(archive, sha256, name)
                # Who sweeps may have looked before, and taken this one for the old one.
                if found is None or self._backend.find(name) is not None:
                    return
            raise failed(self.place, "it is swept as often as it is written")

    def _stays(self, found: Found, name: str, size: int) -> bool:
        """Whether what has a name is whole, and stays until a commit names it.

        One that may soon be swept is made young, or has to be written anew.
        """
        is_young = time.time() - found.written < YOUNG_S / 2
        renewing = self._backend if isinstance(self._backend, Renewing) else None
        can_stay = is_young or renewing is not None
        if not can_stay or self._sum(found.path, size) != sum_of(name):
            return False
        if is_young or renewing is None:
            return True
        renewing.renew(found.path)
        # Who sweeps may have looked before.
        return self._backend.find(name) is not None

    def _written(self, archive: Path, sha256: str, name: str) -> None:
        path = self._backend.write(archive)
        try:
            if self._sum(path, archive.stat().st_size) != sha256:
                raise failed(self.place, "what was read back is not what was written")
            self._backend.name(path, name)
        except BaseException:
            self._backend.drop(path)
            raise

    def put_statement(self, sha256: str, archive: str, statement: Mapping[str, Any]) -> None:
        """Let where a model came from lie beside it."""
        content = mask(json.dumps(statement, indent=1)).encode()
        with self._asked():
            self._backend.lay(name_of(sha256, archive), content)

    def names(self) -> dict[str, tuple[str, float]]:
        """sha256 -> the path of each model there, and its age in seconds."""
        with self._asked():
            found = self._backend.models()
        return {sha256: (each.path, time.time() - each.written) for sha256, each in found.items()}

    def sweep(self, named: Collection[str], *, dry_run: bool = False) -> tuple[str, ...]:
        """Delete the models that nothing names and that are old enough; gives their sha256.

        Each is looked at once more just before, for who keeps it anew does not wait for us.

        Args:
            named: sha256 of those that stay.
            dry_run: whether none is deleted.
        """
        old = {
            sha256: path
            for sha256, (path, age) in self.names().items()
            if sha256 not in named and age > YOUNG_S
        }
        if dry_run:
            return tuple(sorted(old))
        gone = []
        with self._asked():
            for each in self._backend.parts():  # killed while it was written, long ago
                # Where a part is known by its content, it may be a model whose name others took.
                is_named = stem_of(each.path) in named
                if time.time() - each.written > YOUNG_S and not is_named:
                    self._backend.delete(each)
            for sha256, path in sorted(old.items()):
                found = self._found(sha256, path)
                if found is not None and time.time() - found.written > YOUNG_S:
                    self._backend.delete(found)
                    gone.append(sha256)
        return tuple(gone)

    def _found(self, sha256: str, path: str) -> Found | None:
        """A model as it is now; its path says its suffix, or nothing of it."""
        ends = [each for each in SUFFIXES if path.endswith(each)] or SUFFIXES
        found = (self._backend.find(name_of(sha256, each)) for each in ends)
        return next((each for each in found if each is not None), None)

    def _sum(self, path: str, most: int) -> str:
        """The sha256 of what lies there; empty where it is larger than it can be."""
        return digest_of(self._backend.read(path), most)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except DeepcatError:
            raise
        except Exception as error:
            raise failed(self.place, error) from None
