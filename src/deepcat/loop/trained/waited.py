"""EDGE: a file in a clone, held for as long as somebody waits for what was trained elsewhere."""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER, _SUFFIX = Path(".deepcat", "reproduce"), ".waits"


@contextmanager
def waited_for(root: Path, name: str) -> Iterator[None]:
    """Hold what says that somebody waits for a deployment, for as long as this process lives.

    The file stays: `forget` takes it away once the deployment is gone.
    """
    path = _lock(root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # no child of ours inherits it
        yield


def held(root: Path, name: str) -> bool | None:
    """Whether somebody waits for a deployment; None where nobody here ever did."""
    path = _lock(root, name)
    return _is_held(path) if path.is_file() else None


def _is_held(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def forget(root: Path, known: Collection[str]) -> None:
    """Take away what killed ones left in this clone, of which there is nothing else any more.

    Args:
        root: the catalog's folder.
        known: names of what is recorded.
    """
    for path in (root / _FOLDER).glob(f"*{_SUFFIX}"):
        if path.name.removesuffix(_SUFFIX) not in known and not _is_held(path):
            path.unlink(missing_ok=True)


def _lock(root: Path, name: str) -> Path:
    return root / _FOLDER / f"{name}{_SUFFIX}"
