"""EDGE of the conversion: metadata files, the files beside them, and module folders on the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepcat.catalog.reading.parse import MAX_BYTES, too_large
from deepcat.catalog.reading.paths import inside
from deepcat.errors import DeepcatError, UsageError

README = "README.md"
# In a folder, the first of these is the metadata.
_NAMES = ("ai4-metadata.yml", "ai4-metadata.yaml", "ai4-metadata.json", "metadata.json")
_MAX_FILE = 10_000_000


def metadata(source: str) -> Path:
    """The metadata file that a person means by a file or a folder.

    Raises:
        UsageError: there is none.
    """
    if "://" in source:
        raise UsageError(
            f"`{source}` is an address, and nothing is fetched",
            hint="download it first, then import the file",
        )
    path = Path(source)
    if path.is_dir():
        found = [path / name for name in _NAMES if (path / name).is_file()]
        if not found:
            names = ", ".join(f"`{name}`" for name in _NAMES)
            raise UsageError(f"the folder `{source}` holds no metadata", hint=f"looked for {names}")
        return found[0]
    if not path.is_file():
        raise UsageError(f"there is no file `{source}`", hint="name a metadata file or its folder")
    return path


def content(path: Path) -> bytes:
    """A metadata file's bytes.

    Raises:
        DeepcatError: it cannot be read, or is larger than any metadata.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            finding = too_large(str(path), size)
            raise DeepcatError(f"{path}: {finding.message}", hint=finding.hint, code=finding.code)
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DeepcatError(f"`{path}` cannot be read: {error.strerror}") from error


def companions(source: Path, module: Mapping[str, Any]) -> dict[str, bytes]:
    """The README of a folder, and the files there that the module names: path -> content."""
    if not source.is_dir():
        return {}
    found = {}
    for name in {README, *_named(module)}:
        path = source / name
        if not inside(name) or path.resolve() != source.resolve() / name or not path.is_file():
            continue
        if path.stat().st_size <= _MAX_FILE:
            found[name] = path.read_bytes()
    return dict(sorted(found.items()))


def _named(module: Mapping[str, Any]) -> Iterator[str]:
    for key, part in (("model", "path"), ("training", "script")):
        yield module.get(key, {}).get(part, "")
    for key in ("topology", "image"):
        yield module.get(key, "")
    for sample in module.get("samples", ()):
        for key in ("request_file", "response_file"):
            yield sample.get(key, "")


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
    target = root / "modules" / name
    if target.is_symlink() or target.parent.is_symlink():
        raise UsageError(f"`{target}` is a link", hint="remove it, or choose another `--name`")
    if target.exists() and not force:
        raise UsageError(
            f"there is a module `{name}` already",
            hint="choose another with `--name`, or replace its files with `--force`",
        )
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
