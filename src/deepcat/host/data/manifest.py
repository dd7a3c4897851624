"""Which files make up a data set, each with its checksum; the hash that names all of them. Pure.

It is written as `sha256sum` writes it, so that `sha256sum --check` reads it: a line for each file,
its sha256, two blanks, its path.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from deepcat.host.failure import StepError

MOST_FILES = 100_000
MOST_TEXT = 32 << 20
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)\Z")
_MOST_PATH, _MOST_NAME = 1000, 250
# What some systems take for something else than a plain name.
_SIGNS = re.compile(r'[\x00-\x1f\x7f-\x9f\\<>:"|?*]')


@dataclass(frozen=True)
class Piece:
    """One file.

    Attributes:
        path: POSIX path below the data set's folder.
        sha256: 64 hexadecimal digits.
    """

    path: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """All files of a data set, sorted by path."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """As `sha256sum` writes it."""
        return "".join(f"{each.sha256}  {each.path}\n" for each in self.pieces)

    @property
    def digest(self) -> str:
        """sha256 of the text: the name of the data."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


def made_of(pieces: Iterable[Piece]) -> Manifest:
    """The manifest of some files.

    Raises:
        StepError: a path is none, or two are one to some systems (``data/manifest``).
    """
    found = tuple(sorted(pieces, key=lambda each: each.path))
    if not found:
        raise _unfit("the data set has no file")
    if len(found) > MOST_FILES:
        raise _unfit(f"the data set has more than {MOST_FILES} files")
    for each in found:
        if fault := fault_of(each.path):
            raise _unfit(f"{shown(each.path)} {fault}")
    _require_apart(found)
    return Manifest(found)


def parsed(text: str) -> Manifest:
    """The manifest that a text holds.

    Raises:
        StepError: it holds none (``data/manifest``).
    """
    if len(text) > MOST_TEXT:
        raise _unfit(f"the manifest is larger than {MOST_TEXT >> 20} MiB")
    pieces = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.match(line)
        if not found:
            raise _unfit(f"line {number} of the manifest is no checksum with a path")
        pieces.append(Piece(found[2], found[1]))
    return made_of(pieces)


def fault_of(path: str) -> str:
    """What keeps a path from being one of a data set's files; empty where it is one."""
    if len(path.encode("utf-8", "replace")) > _MOST_PATH:
        return f"is longer than {_MOST_PATH} bytes"
    if _SIGNS.search(path) or any(unicodedata.category(sign) in ("Cf", "Cs") for sign in path):
        return "has a sign that is none of a plain name"
    parts = path.split("/")
    if path.startswith("/") or "" in parts or "." in parts or ".." in parts:
        return "leaves the data set's folder"
    if any(part != part.strip() or part.endswith(".") for part in parts):
        return "has a name that begins or ends with a blank, or ends with a dot"
    if any(len(part.encode("utf-8", "replace")) > _MOST_NAME for part in parts):
        return f"has a name that is longer than {_MOST_NAME} bytes"
    return ""


def shown(path: str) -> str:
    """A path for a person, on one line and not for ever."""
    return ascii(path[:60])


def _require_apart(pieces: Iterable[Piece]) -> None:
    """Two files must not be one where a system tells no capital letters, nor one a folder, too."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for each in pieces:
        folded = _folded(each.path)
        other = files.setdefault(folded, each.path)
        if other != each.path:
            raise _unfit(f"{shown(other)} and {shown(each.path)} are one to some systems")
        if folded in folders:
            raise _unfit(f"{shown(each.path)} is a file and a folder")
        parts = each.path.split("/")
        for end in range(1, len(parts)):
            folder = "/".join(parts[:end])
            known = folders.setdefault(_folded(folder), folder)
            if known != folder:
                raise _unfit(f"{shown(known)} and {shown(folder)} are one to some systems")
            if _folded(folder) in files:
                raise _unfit(f"{shown(folder)} is a file and a folder")
    seen = [each.path for each in pieces]
    if len(seen) != len(set(seen)):
        raise _unfit("a path stands twice in the manifest")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _unfit(message: str) -> StepError:
    hint = "write it anew: `deepcat data add` does, and so does `sha256sum`"
    return StepError("module", "data/manifest", message, hint)
