"""The private key that a cloud's file names: by its path, or as any other secret by reference."""

from __future__ import annotations

import atexit
import fcntl
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from deepcat.remote.ssh import own_folder
from deepcat.secrets.reference import parse
from deepcat.secrets.resolve import resolve

_PREFIX = "key-"


def private_key(named: str, root: Path) -> str:
    """Path of a private key; empty for the agent's.

    Args:
        named: a path, or a reference such as ``env:NAME``; empty for none.
        root: the catalog's folder, from which a path begins.

    Raises:
        DeepcatError: the secret is not where the reference points to, as `resolve`.
    """
    if not named:
        return ""
    reference = parse(named)
    if reference is None:
        return str(root / Path(named).expanduser())
    if reference.kind == "file":
        return str(Path(reference.name).expanduser())
    return str(_kept(f"{resolve(named).strip()}\n"))


@cache
def _kept(key: str) -> Path:
    """A file for `ssh` that nobody else may read, for as long as this process runs."""
    folder = own_folder()
    _sweep(folder)
    file, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
    # It stays open: so others see that somebody needs it.
    fcntl.flock(file, fcntl.LOCK_EX)
    os.write(file, key.encode())
    path = Path(name)
    atexit.register(path.unlink, missing_ok=True)
    return path


def _sweep(folder: Path) -> None:
    """Take away the files of those that were killed."""
    for path in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
