"""The files of a stranger's repository that a module may begin with, bounded."""

from __future__ import annotations

from typing import Protocol

from deepcat.catalog.reading.paths import inside
from deepcat.catalog.reading.units import MODULE_FILE
from deepcat.errors import UsageError

MOST_FILES, _MOST_BYTES = 1000, 64 << 20
_MOST_LETTERS = 200
# What would say how Git, a forge or deepcat is to behave where it comes to lie.
_NEVER = ("deepcat.yaml",)


class Folder(Protocol):
    """Files of a commit."""

    def everything(self) -> tuple[str, ...]:
        """All of them."""

    def read(self, path: str) -> bytes | None:
        """A file's content; None where there is none, or it is too large."""


def taken(commit: Folder) -> tuple[dict[str, bytes], dict[str, str]]:
    """Path -> content, and path -> why it is left out.

    Args:
        commit: as it was fetched.

    Raises:
        UsageError: it holds a module already, which is imported.
    """
    paths = sorted(commit.everything())
    if MODULE_FILE in paths:
        hint = "bring it here with `deepcat import ADDRESS`, and develop it by its name"
        raise UsageError("the repository holds a module already", hint=hint)
    files: dict[str, bytes] = {}
    left: dict[str, str] = {}
    room = _MOST_BYTES
    for path in paths:
        content = None
        if why := _refused(path):
            left[path] = why
        elif len(files) >= MOST_FILES:
            left[path] = "there are too many files"
        elif (content := commit.read(path)) is None or len(content) > room:
            left[path] = "it is too large"
        else:
            files[path] = content
            room -= len(content)
    return files, left


def _refused(path: str) -> str:
    """Why a path is not taken; empty where it is."""
    parts = path.split("/")
    if not inside(path) or not path.isprintable() or len(path) > _MOST_LETTERS:
        return "its name"
    if any(part.lower().startswith(".git") and part != ".gitignore" for part in parts):
        return "it is Git's"
    return "it is a catalog's" if parts[-1] in _NEVER else ""
