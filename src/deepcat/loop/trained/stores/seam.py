"""What a store of models is asked, and what its settings say. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from deepcat.catalog.stores import faults
from deepcat.errors import DeepcatError
from deepcat.secrets.mask import mask

SUFFIXES = (".tar.gz", ".tgz", ".zip")
CHUNK = 1 << 20
# In a module's folder: the pointer that says to a forge's LFS what its commits need.
POINTED = "model.lfs"
_NAME = re.compile(r"(?:.*/)?sha256/[0-9a-f]{2}/([0-9a-f]{64})(\.tar\.gz|\.tgz|\.zip)\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """Where models lie.

    Attributes:
        address: whose scheme says which kind of store it is, such as ``s3://BUCKET/…``.
        public: https address of the same, from which they are fetched; empty where the store's
            kind knows it.
        above: archives of more bytes go there; others stay in Git.
        endpoint: of S3, where it is not Amazon's; of Swift, where one logs in.
        key: reference to the name by which one logs in there; empty where the environment says.
        secret: reference to the secret.
        tenant: project of Swift.
    """

    address: str
    public: str
    above: int = 5_000_000
    endpoint: str = ""
    key: str = ""
    secret: str = ""
    tenant: str = ""


def place_of(settings: Mapping[str, Any]) -> Place | None:
    """The store that `deepcat.yaml` names; None where it names none.

    Raises:
        DeepcatError: it cannot be one (``catalog/store``).
    """
    data = settings.get("store")
    if not isinstance(data, Mapping):
        return None
    for fault in faults(data):
        words = f"`store` of `deepcat.yaml`: {fault.message}"
        raise DeepcatError(words, hint=fault.hint, code="catalog/store")
    return Place(
        str(data["address"]).rstrip("/"),
        str(data.get("public") or "").rstrip("/"),
        int(float(data.get("above_MB", 5)) * 1_000_000),
        *(str(data.get(name) or "") for name in ("endpoint", "key", "secret", "tenant")),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a store.

    Attributes:
        path: by which the store knows it.
        written: when, in seconds since 1970, by the store's own clock where it tells.
    """

    path: str
    written: float


class Backend(Protocol):
    """One kind of store. Every method may raise what its parts raise; the caller says so."""

    def address(self, name: str, size: int) -> str:
        """The https address that what has this name, and so many bytes, is fetched from."""

    def beside(self, name: str, size: int) -> Mapping[str, bytes]:
        """Files that the module's folder has to hold for this, by path."""

    def write(self, archive: Path) -> str:
        """Bring a file there under no model's name; gives the path that it has until it is named.

        Whatever ends it in the middle leaves nothing that `models` gives.
        """

    def read(self, path: str) -> Iterator[bytes]:
        """What lies there, piece by piece."""

    def name(self, path: str, name: str) -> None:
        """Let what was written have its name, at once and whole; what had it before goes."""

    def drop(self, path: str) -> None:
        """Take away what was written and got no name; what is not there is none to take."""

    def lay(self, name: str, content: bytes) -> None:
        """Let a statement lie beside the model of this name."""

    def find(self, name: str) -> Found | None:
        """The file of a model's name; None where there is none."""

    def models(self) -> Mapping[str, Found]:
        """All that have a name, by their sha256."""

    def parts(self) -> tuple[Found, ...]:
        """What was written and has no name."""

    def delete(self, found: Found) -> None:
        """Delete what `find`, `models` or `parts` gave, and what lies beside it.

        Where it may be renewed, or written to, it stays if that was done since.
        """


@runtime_checkable
class Renewing(Protocol):
    """A kind of store that can let what is there be young again, without its being sent."""

    def renew(self, path: str) -> None:
        """Let what `find` gave be written now."""


def name_of(sha256: str, archive: str) -> str:
    """A model's name in a store.

    Args:
        sha256: of it.
        archive: a file's name, for its suffix.
    """
    suffix = next(each for each in SUFFIXES if archive.endswith(each))
    return f"sha256/{sha256[:2]}/{sha256}{suffix}"


def statement_of(path: str) -> str:
    """The path of the statement beside a model's path."""
    suffix = next(each for each in SUFFIXES if path.endswith(each))
    return f"{path.removesuffix(suffix)}.intoto.json"


def sum_of(path: str) -> str:
    """The sha256 in a model's path; empty where it is no model's."""
    match = _NAME.match(path)
    return match[1] if match else ""


def stem_of(name: str) -> str:
    """What stands in a name before its suffixes: of a model its sha256, whatever store has it."""
    return name.rpartition("/")[2].partition(".")[0]


def digest_of(chunks: Iterable[bytes], most: int) -> str:
    """The sha256 of what is read; empty where that is more than so many bytes."""
    known, size = hashlib.sha256(), 0
    for chunk in chunks:
        known.update(chunk)
        size += len(chunk)
        if size > most:
            return ""
    return known.hexdigest()


def failed(
    place: Place,
    error: BaseException | str,
    hint: str = "see `store` in `deepcat.yaml`, and whether it can be written",
) -> DeepcatError:
    """The error of a store that does not do it."""
    words = mask(" ".join(str(error).split()))[:300] or type(error).__name__
    return DeepcatError(
        f"the store `{place.address}` did not do it: {words}",
        hint=hint,
        code="store/failed",
    )
