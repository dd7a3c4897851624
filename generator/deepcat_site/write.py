"""EDGE of the website: writes files, and deletes those that no build made again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from deepcat.errors import DeepcatError

MARK = ".deepcat-site"
# A build of ours always has it; MkDocs, which leaves the mark where it is, deletes it.
_ALWAYS_THERE = "_headers"
# What MkDocs' and our own theme write into the page for what is not there.
_RENDERED = re.compile(rb'<meta name="generator" content="(?:deepcat|mkdocs-)')


@dataclass(slots=True)
class Output:
    """The folder that is written.

    Attributes:
        folder: such as `_site`.
        is_new: whether nothing lay there before, so that nothing needs to be compared.
        written: files written so far.
        made: paths of the files that shall lie there, but for those of modules.
    """

    folder: Path
    is_new: bool
    written: int = 0
    made: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, folder: Path) -> Output:
        """Take a folder over: an empty one, one of ours, or what `mkdocs build` wrote by hand.

        Raises:
            DeepcatError: it holds files that no build of ours made.
        """
        mark = folder / MARK
        if not folder.is_dir() or not any(folder.iterdir()):
            folder.mkdir(parents=True, exist_ok=True)
            mark.write_text("")
            return cls(folder, is_new=True)
        if not mark.is_file() and not _is_rendered(folder):
            raise DeepcatError(
                f"`{folder}` is not empty and was not made by `deepcat site build`",
                hint="name another folder with `--out`, or empty this one",
                code="site/folder",
            )
        return cls(folder, is_new=False)

    def beside(self) -> Output:
        """The same folder with counts of its own, for a part of the work."""
        return replace(self, written=0, made=set())

    def build_id(self) -> str:
        """Names the build that lies there; empty where none is whole, as after `mkdocs build`."""
        mark = self.folder / MARK
        is_ours = mark.is_file() and (self.folder / _ALWAYS_THERE).is_file()
        return mark.read_text("utf-8").strip() if is_ours else ""

    def begin(self) -> None:
        """Say that what lies there is no finished build, until `finish`."""
        (self.folder / MARK).write_text("")

    def finish(self, build_id: str) -> None:
        """Say that what lies there is a finished build."""
        (self.folder / MARK).write_text(f"{build_id}\n")

    def put(self, path: str, content: bytes) -> None:
        """Write a file of the website, unless it lies there already with the same content.

        Raises:
            ValueError: the path leaves the folder.
        """
        self.made.add(path)
        self.write(path, content)

    def write(self, path: str, content: bytes) -> None:
        """As `put`, for the files of modules, which are not kept in `made`."""
        if not path or path[0] == "/" or ".." in path.split("/") or "\0" in path:
            raise ValueError(f"not a path inside the website: {path!r}")
        target = f"{self.folder}/{path}"
        if not self.is_new and _reads(target) == content:
            return
        try:
            _write(target, content)
        except FileNotFoundError:
            _make_folder(target.rpartition("/")[0])
            _write(target, content)
        self.written += 1

    def delete(self, paths: Iterable[str]) -> int:
        """Delete files and the folders that are then empty; how many files there were."""
        count = 0
        for path in paths:
            target = self.folder / path
            if target.is_file() or target.is_symlink():
                target.unlink()
                count += 1
            self._prune(PurePosixPath(path).parent)
        return count

    def delete_folder(self, path: str, keep: Iterable[str] = ()) -> int:
        """Delete what lies in a folder, but for some files; how many files there were."""
        kept = {str(self.folder / name) for name in keep}
        count = 0
        for file in sorted((self.folder / path).rglob("*"), reverse=True):
            if file.is_dir() and not file.is_symlink():
                if not any(file.iterdir()):
                    file.rmdir()
            elif str(file) not in kept:
                file.unlink()
                count += 1
        self._prune(PurePosixPath(path))
        return count

    def others(self, known: set[str]) -> list[str]:
        """Files that lie there and are not known."""
        found: list[str] = []
        for place, _, files in os.walk(self.folder):
            here = Path(place).relative_to(self.folder).as_posix()
            prefix = "" if here == "." else f"{here}/"
            found.extend(f"{prefix}{name}" for name in files if f"{prefix}{name}" not in known)
        return [path for path in found if path != MARK]

    def _prune(self, folder: PurePosixPath) -> None:
        while folder.parts:
            try:
                os.rmdir(self.folder / folder)  # noqa: PTH106 - fails when it is not empty
            except OSError:
                return
            folder = folder.parent


def _is_rendered(folder: Path) -> bool:
    content = _reads(f"{folder}/404.html")
    return content is not None and _RENDERED.search(content) is not None


def _reads(target: str) -> bytes | None:
    try:
        with open(target, "rb", buffering=0) as file:  # noqa: PTH123 - quicker, and it counts
            return file.read()
    except (FileNotFoundError, IsADirectoryError):
        return None


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)  # noqa: PTH102 - most often only the last part is missing
    except OSError:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103 - likewise quicker


def _write(target: str, content: bytes) -> None:
    # A hundred thousand times: the plain calls take two thirds of `open`'s time.
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        done = os.write(handle, content)
        while done < len(content):
            done += os.write(handle, content[done:])
    finally:
        os.close(handle)
