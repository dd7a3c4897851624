"""EDGE of the host: a model of a module, unpacked where a box reads it."""

from __future__ import annotations

import shutil
from pathlib import Path

from deepcat.host import archive
from deepcat.host.failure import StepError
from deepcat.host.place import open_up
from deepcat.host.within import open_within

_MOST_UNPACKED = 4096 << 20


def bring(folder: Path, name: str, into: Path) -> None:
    """Lay the model of an archive where its box reads it.

    Args:
        folder: that holds the archive.
        name: of the archive in it; empty for none.
        into: where it shall lie; it is not there, or is an empty folder.

    Raises:
        OSError: it cannot be written.
        StepError: there is none, or it is none.
    """
    draft = into.parent / f".{into.name}"
    try:
        unpack(folder, name, draft)
        lay(draft, into)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def lay(draft: Path, into: Path) -> None:
    """Take the model out of what was unpacked."""
    found = archive.model_folder(draft)
    open_up(found)
    found.replace(into)


def unpack(folder: Path, name: str, draft: Path) -> None:
    """Unpack an archive.

    Raises:
        StepError: there is none, or it is none.
    """
    stream = open_within(folder, Path(name)) if name else None
    if stream is None:
        raise StepError("module", "job/no-output", "there is no archive of it", "see `model`")
    packed = draft.with_suffix(".packed")
    try:
        with stream, packed.open("wb") as target:
            shutil.copyfileobj(stream, target)
        archive.unpack(packed, draft, limit=_MOST_UNPACKED)
    finally:
        packed.unlink(missing_ok=True)
