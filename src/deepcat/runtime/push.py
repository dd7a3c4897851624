"""Bring an image that lies in an OCI archive to a registry, and its list of parts beside it.

What the registry has already is not sent again: so a push that was cut off goes on where it stood.
The tag is given last, when all that it names is there.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.plain import plain
from deepcat.runtime.artifacts import list_referrer, referrer
from deepcat.runtime.image import MANIFEST, REFERENCE, named
from deepcat.runtime.reference import Reference, is_tag
from deepcat.runtime.registry import Blob, Registry
from deepcat.runtime.sbom import MEDIA_TYPE

_MOST_MANIFEST = 4 * 2**20
_LARGE = 10_000_000
_STEPS = 4

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Image:
    """One image of an archive.

    Attributes:
        digest: of its manifest.
        manifest: the very bytes.
        blobs: what it names, in its order: its configuration, then its layers.
        tag: that it was given as it was made; empty for none.
    """

    digest: str
    manifest: bytes
    blobs: tuple[Blob, ...]
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one thing that a registry is to have.

    Attributes:
        what: ``config``, ``layer``, ``image``, ``sbom`` or ``sbom-manifest``.
        digest: of it.
        size: bytes.
        state: ``there`` already, ``sent``, or ``due`` where nothing is sent.
    """

    what: str
    digest: str
    size: int
    state: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def image_of(archive: Path) -> Image:
    """The one image in an OCI archive, every blob of it held against its digest.

    Raises:
        DeepcatError: it is none, or broken (``registry/archive``).
    """
    try:
        with tarfile.open(archive, "r:") as tar:
            (head,) = _json(_content(tar, "index.json"))["manifests"]
            manifest = _content(tar, _path(head["digest"]))
            told = _json(manifest)
            wanted = [told["config"], *told["layers"]]
            found = [_blob(archive, tar, each["digest"]) for each in wanted]
            tag = str((head.get("annotations") or {}).get(REFERENCE, "")).rpartition(":")[2]
    except (OSError, tarfile.TarError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise _broken(archive, str(error) or type(error).__name__) from error
    if _digest(io.BytesIO(manifest)) != head["digest"]:
        raise _broken(archive, "its manifest is not what its index names")
    if tag and not is_tag(tag):
        raise _broken(archive, f"`{plain(tag)}` is no tag")
    return Image(head["digest"], manifest, tuple(found), tag)


def pushed(
    registry: Registry,
    where: Reference,
    image: Image,
    sbom: bytes = b"",
    *,
    only_look: bool = False,
    say: Say = lambda _: None,
) -> Iterator[Pushed]:
    """Give a registry what it lacks, in order; what became of each thing.

    Args:
        registry: of `where`.
        where: it goes, with its tag.
        image: the image.
        sbom: its list of parts; empty for none.
        only_look: send nothing.
        say: called with a line for what takes time.

    Raises:
        DeepcatError: the registry does not take it (``registry/…``).
    """
    give = partial(_blob_given, registry, only_look=only_look, say=say)
    for number, blob in enumerate(image.blobs):
        yield give("layer" if number else "config", blob)
    yield _named(registry, "image", where.tag, image.manifest, image.digest, only_look)
    if sbom:
        yield from _sbom_given(registry, image, sbom, give, only_look)


def _sbom_given(
    registry: Registry,
    image: Image,
    sbom: bytes,
    give: Callable[[str, Blob], Pushed],
    only_look: bool,
) -> Iterator[Pushed]:
    """The list as a referrer of the image, as OCI 1.1 has it; where that is unknown, by a tag."""
    blobs, manifest = referrer(MEDIA_TYPE, sbom, named(MANIFEST, image.manifest))
    for what, blob in zip(("config", "sbom"), blobs, strict=True):
        yield give(what, blob)
    digest = _digest(io.BytesIO(manifest))
    yield _named(registry, "sbom-manifest", digest, manifest, digest, only_look)
    if not only_look:
        list_referrer(registry, image.digest, MEDIA_TYPE, manifest)


def _blob_given(registry: Registry, what: str, blob: Blob, *, only_look: bool, say: Say) -> Pushed:
    if registry.holds(blob.digest):
        return Pushed(what, blob.digest, blob.size, "there")
    if only_look:
        return Pushed(what, blob.digest, blob.size, "due")
    registry.send(blob, _progress(what, blob, say))
    return Pushed(what, blob.digest, blob.size, "sent")


def _named(
    registry: Registry, what: str, tag: str, manifest: bytes, digest: str, only_look: bool
) -> Pushed:
    if registry.digest_of(tag) == digest:
        return Pushed(what, digest, len(manifest), "there")
    if not only_look:
        registry.name(tag, manifest, MANIFEST)
    return Pushed(what, digest, len(manifest), "due" if only_look else "sent")


def _progress(what: str, blob: Blob, say: Say) -> Callable[[int], None]:
    """Says each quarter of what is large."""
    done, told = 0, 0

    def sent(count: int) -> None:
        nonlocal done, told
        done += count
        quarter = _STEPS * done // blob.size
        if blob.size >= _LARGE and quarter > told:
            told = quarter
            say(f"{what} {blob.digest[7:19]}: {done / 1e6:.0f} of {blob.size / 1e6:.0f} MB")

    return sent


def _blob(archive: Path, tar: tarfile.TarFile, digest: str) -> Blob:
    member = tar.getmember(_path(digest))
    stream = tar.extractfile(member)
    if stream is None or _digest(stream) != digest:
        raise ValueError(f"`{digest}` is not what its name says")
    return Blob(digest, member.size, partial(_opened, archive, member.offset_data))


def _opened(archive: Path, offset: int) -> IO[bytes]:
    stream = archive.open("rb")
    stream.seek(offset)
    return stream


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(name)
    if stream is None:
        raise ValueError(f"`{name}` is no file")
    return stream.read(_MOST_MANIFEST)


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in iter(lambda: stream.read(1 << 20), b""):
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def _json(content: bytes) -> Any:
    return read_json(content, _MOST_MANIFEST)


def _broken(archive: Path, why: str) -> DeepcatError:
    return DeepcatError(
        f"`{archive}` is no OCI archive of one image: {why}",
        hint="make one by `deepcat runtime build --form oci`",
        code="registry/archive",
    )
