"""EDGE: new folders and files on the disk, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from deepcat.errors import DeepcatError, UsageError


def put_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder that is not there yet, or is empty; a repository may hold other things.

    Args:
        target: the folder; the one above it must exist.
        files: path inside the folder -> content.

    Raises:
        UsageError: it is there already, with something in it that is in the way, or the one above
            is not.
        DeepcatError: the disk refuses.
    """
    _must_be_free(target, files)
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
    require_none(target)
    _put(target, content)


def require_none(target: Path) -> None:
    """Raise UsageError where a file, or anything else, is there already."""
    if target.exists() or target.is_symlink():
        raise UsageError(f"there is a `{target}` already", hint="choose another name")


def replace_files(root: Path, files: Mapping[str, bytes], gone: Iterable[Path] = ()) -> None:
    """Write files that may be there already, each whole, and remove what they leave behind.

    Args:
        root: the folder.
        files: path inside the folder -> content.
        gone: files that shall not be there any more.

    Raises:
        DeepcatError: the disk refuses.
    """
    for path, content in files.items():
        _put(root / path, content)
    for left in gone:
        left.unlink(missing_ok=True)


def _put(target: Path, content: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).rename(target)
    except OSError as error:
        raise _refused(target, error) from error


def _must_be_free(target: Path, files: Iterable[str]) -> None:
    if (target / ".git").exists():
        tops = {path.partition("/")[0] for path in files}
        for there in sorted(each.name for each in target.iterdir() if each.name in tops):
            raise UsageError(
                f"there is a `{there}` in `{target}` already",
                hint="move it away, or begin elsewhere",
            )
    elif target.is_symlink() or (target.exists() and not _is_empty(target)):
        raise UsageError(
            f"there is a `{target}` already",
            hint="choose another name, or `git init` it first: a repository keeps what it holds",
        )
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder `{target.parent}`", hint="make it first")


def _is_empty(target: Path) -> bool:
    return target.is_dir() and not any(target.iterdir())


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _refused(target: Path, error: OSError) -> DeepcatError:
    return DeepcatError(
        f"`{target}` cannot be written: {error.strerror}",
        hint="see that the disk has space and can be written, and that its folder is yours",
        code="tree/write",
    )
