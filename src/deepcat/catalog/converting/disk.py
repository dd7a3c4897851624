"""EDGE of the conversion: metadata files, the files beside them, and module folders on the disk."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from deepcat import git
from deepcat.catalog.converting.origin import is_address, parse
from deepcat.catalog.reading.parse import MAX_BYTES, read_bytes, too_large
from deepcat.catalog.reading.paths import inside
from deepcat.errors import DeepcatError, UsageError

_MOST_PATHS = 20_000
_MAX_FILE = 10_000_000


@dataclass(frozen=True, slots=True)
class DiskFolder:
    """A `Folder` on the disk; links in it are not followed.

    Attributes:
        path: where it lies.
    """

    path: Path

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.resolve().name

    def paths(self) -> tuple[str, ...]:
        """The files in it and in the folders right below."""
        found = (
            f"{inner}{name}"
            for inner, names in _two_levels(self.path)
            for name in sorted(names)
            if not (self.path / f"{inner}{name}").is_symlink()
        )
        return tuple(islice(found, _MOST_PATHS))

    def below(self, path: str) -> tuple[str, ...]:
        """The files in a folder in it and however deep below, by their path in it."""
        found = (
            (Path(here) / name).relative_to(self.path).as_posix()
            for here, _, names in os.walk(self.path / path)
            for name in names
            if not Path(here, name).is_symlink()
        )
        return tuple(sorted(islice(found, _MOST_PATHS)))

    def read(self, path: str) -> bytes | None:
        """A file's content; None where there is none, it is too large, or it leads out."""
        place = self.path / path
        try:
            if not inside(path) or place.resolve() != self.path.resolve() / path:
                return None
            if not place.is_file() or place.stat().st_size > _MAX_FILE:
                return None
            with place.open("rb") as stream:
                return stream.read(_MAX_FILE)
        except OSError:
            return None


def _two_levels(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for here, folders, names in os.walk(folder):
        inner = Path(here).relative_to(folder)
        yield (f"{inner.as_posix()}/" if inner.parts else ""), names
        folders[:] = [] if inner.parts else sorted(n for n in folders if not n.startswith("."))


def files_of(source: str) -> list[Path]:
    """The paths that a person means by one word: a path, or a pattern such as `cards/*.md`.

    Raises:
        UsageError: there is none.
    """
    path = Path(source)
    if path.exists():
        return [path]
    if any(sign in source for sign in "*?["):
        found = sorted(glob.glob(str(path)))  # noqa: PTH207 - `Path.glob` takes no absolute pattern
        if found:
            return [Path(name) for name in found]
        raise UsageError(f"no file matches `{source}`", hint="see where the pattern begins")
    raise UsageError(f"there is no file `{source}`", hint="name a metadata file or its folder")


def is_repository(path: Path) -> bool:
    """Whether a folder is a bare repository."""
    return all((path / name).exists() for name in ("HEAD", "objects", "refs"))


def check_size(path: Path) -> None:
    """Raise what is wrong with a metadata file that was named by its path.

    Raises:
        DeepcatError: it cannot be read, or is larger than any metadata.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            finding = too_large(str(path), size)
            raise DeepcatError(f"{path}: {finding.message}", hint=finding.hint, code=finding.code)
        with path.open("rb"):
            pass
    except OSError as error:
        raise DeepcatError(f"`{path}` cannot be read: {error.strerror}") from error


def page_of(folder: Path, catalog: Path) -> str:
    """The web address of the repository that a folder lies in; empty for none, or the catalog's."""
    top = git.says(folder, "rev-parse", "--show-toplevel").decode(errors="replace").strip()
    if not top or catalog.resolve().is_relative_to(Path(top).resolve()):
        return ""
    address = git.says(folder, "remote", "get-url", "origin").decode(errors="replace").strip()
    try:
        return parse(address).page if is_address(address) else ""
    except UsageError:
        return ""


def imported(root: Path) -> dict[str, Mapping[str, Any]]:
    """Where each module comes from that was imported from a repository, by the module's name."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted((root / "modules").glob("*/module.yaml")):
        content = DiskFolder(path.parent).read(path.name) or b""
        if b"provenance" not in content:
            continue
        document, _ = read_bytes(content, str(path))
        data = document.data if document and isinstance(document.data, dict) else {}
        if isinstance(provenance := data.get("provenance"), dict) and "source" in provenance:
            found[path.parent.name] = provenance
    return found


def check_free(root: Path, name: str, *, force: bool) -> None:
    """Raise what `write_folder` would of a module's name.

    Raises:
        UsageError: the folder is there and must not be touched.
    """
    _target(root, name, force=force)


def _target(root: Path, name: str, *, force: bool) -> Path:
    target = root / "modules" / name
    if target.is_symlink() or target.parent.is_symlink():
        raise UsageError(f"`{target}` is a link", hint="remove it, or choose another `--name`")
    if target.exists() and not force:
        raise UsageError(
            f"there is a module `{name}` already",
            hint="choose another with `--name`, or replace its files with `--force`",
            code="import/clash",
        )
    return target


def write_folder(root: Path, name: str, files: Mapping[str, bytes], *, force: bool) -> None:
    """Write a module's folder whole, or single files of one that is there; never half a file.

    Args:
        root: the catalog's root.
        name: the module's name.
        files: path inside the folder -> content.
        force: whether files that are there may be replaced; others are left as they are.

    Raises:
        UsageError: the folder is there and must not be touched.
        DeepcatError: the disk refuses.
    """
    target = _target(root, name, force=force)
    try:
        _put(root, target, files)
    except OSError as error:
        raise DeepcatError(f"`{target}` cannot be written: {error.strerror}") from error


def _put(root: Path, target: Path, files: Mapping[str, bytes]) -> None:
    (root / ".deepcat").mkdir(exist_ok=True)
    target.parent.mkdir(exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix="import-", dir=root / ".deepcat"))
    try:
        folder = staging / target.name
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        if not target.exists():
            folder.rename(target)
            return
        for path in files:
            place = target / path
            if place.parent.resolve() != (target.resolve() / path).parent:
                raise UsageError(f"`{place}` leads out of the module's folder")
        for path in files:
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            (folder / path).replace(place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_file(path: Path, text: str, *, force: bool) -> None:
    """Write one file whole or not at all.

    Raises:
        UsageError: it is there and must not be replaced.
        DeepcatError: the disk refuses.
    """
    if path.exists() and not force:
        raise UsageError(f"`{path}` is there already", hint="replace it with `--force`")
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise DeepcatError(f"`{path}` cannot be written: {error.strerror}") from error
