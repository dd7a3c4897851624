"""EDGE: new folders and files on the disk, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deepcat.errors import DeepcatError, UsageError


def put_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder that is not there yet, or is empty but for its `.git`.

    Args:
        target: the folder; the one above it must exist.
        files: path inside the folder -> content.

    Raises:
        UsageError: it is there already, with something in it, or the one above is not.
        DeepcatError: the disk refuses.
    """
    _must_be_free(target)
    staging = None
    try:
        # A folder that is there keeps its place: somebody may stand in it.
        above = target if target.exists() else target.parent
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=above))
        staging.chmod(0o777 & ~_umask())
        for path, content in files.items():
            place = staging / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        if above == target:
            _move_all(staging, target)
        else:
            staging.rename(target)
    except OSError as error:
        raise _refused(target, error) from error
    finally:
        if staging:
            shutil.rmtree(staging, ignore_errors=True)


def _move_all(source: Path, target: Path) -> None:
    """Move what a folder holds into another; what was moved is taken back when one is refused."""
    moved: list[Path] = []
    try:
        for path in sorted(source.iterdir()):
            moved.append(path.rename(target / path.name))
    except OSError:
        for path in moved:
            path.rename(source / path.name)
        raise


def put_file(target: Path, content: bytes) -> None:
    """Write a file that is not there yet.

    Raises:
        UsageError: it is there already.
        DeepcatError: the disk refuses.
    """
    if target.exists() or target.is_symlink():
        raise UsageError(f"there is a `{target}` already", hint="choose another name")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).rename(target)
    except OSError as error:
        raise _refused(target, error) from error


def _must_be_free(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not _is_empty(target)):
        raise UsageError(f"there is a `{target}` already", hint="choose another name")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder `{target.parent}`", hint="make it first")


def _is_empty(target: Path) -> bool:
    return target.is_dir() and all(path.name == ".git" for path in target.iterdir())


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _refused(target: Path, error: OSError) -> DeepcatError:
    return DeepcatError(f"`{target}` cannot be written: {error.strerror}", code="tree/write")
