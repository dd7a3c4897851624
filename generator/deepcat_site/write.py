"""EDGE of the website: writes files, and deletes those that no build made again."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from deepcat.errors import DeepcatError

MARK = ".deepcat-site"


def digest(content: bytes) -> str:
    """A short name for a content."""
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def put(out: Path, path: str, content: bytes) -> None:
    """Write one file, whole or not at all.

    Raises:
        ValueError: the path leaves the folder.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or any(part in {"..", "."} for part in parts):
        raise ValueError(f"not a path inside the website: {path!r}")
    target = out.joinpath(*parts)
    try:
        _write(target, content)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, content)


def _write(target: Path, content: bytes) -> None:
    with open(target, "wb") as file:  # noqa: PTH123 - quicker than Path.open, and it counts here
        file.write(content)


@dataclass(slots=True)
class Output:
    """The folder that is written, with what the last build left there.

    Attributes:
        folder: such as `_site`.
        before: path -> digest of what lies there.
        now: path -> digest of what shall lie there.
        written: files written by this build.
    """

    folder: Path
    before: dict[str, str] = field(default_factory=dict)
    now: dict[str, str] = field(default_factory=dict)
    written: int = 0

    @classmethod
    def open(cls, folder: Path) -> Output:
        """Take the folder over.

        Raises:
            DeepcatError: it holds files that no build of ours made.
        """
        mark = folder / MARK
        if not folder.is_dir() or not any(folder.iterdir()):
            return cls(folder)
        if not mark.is_file():
            raise DeepcatError(
                f"`{folder}` is not empty and was not made by `deepcat site build`",
                hint="name another folder with `--out`, or empty this one",
                code="site/folder",
            )
        try:
            before = json.loads(mark.read_text())
        except ValueError:
            before = {}
        return cls(folder, {str(key): str(value) for key, value in before.items()})

    def put(self, path: str, content: bytes) -> None:
        """Write a file unless it lies there already with the same content."""
        name = digest(content)
        self.now[path] = name
        if self.before.get(path) != name or not self.folder.joinpath(path).is_file():
            put(self.folder, path, content)
            self.written += 1

    def close(self) -> int:
        """Delete what this build did not make, and note what lies there; how many were deleted."""
        gone = [path for path in self.before if path not in self.now]
        for path in gone:
            (self.folder / path).unlink(missing_ok=True)
            self._prune(PurePosixPath(path).parent)
        if self.now != self.before or not (self.folder / MARK).is_file():
            text = json.dumps(self.now, indent=0, sort_keys=True)
            put(self.folder, MARK, text.encode())
        return len(gone)

    def _prune(self, folder: PurePosixPath) -> None:
        while folder.parts:
            try:
                os.rmdir(self.folder / folder)  # noqa: PTH106 - fails when it is not empty, as wanted
            except OSError:
                return
            folder = folder.parent
