"""What an archive's members may be, judged by their names and kinds before any is written. Pure.

`deepcat check` and the host that unpacks ask the same: what passes the one passes the other.
"""

from __future__ import annotations

import tarfile
import zipfile
from dataclasses import dataclass, field
from enum import Enum

# With what a file begins that stands in the place of another, which Git LFS keeps.
POINTER = b"version https://git-lfs.github.com/spec/"

MAX_MEMBERS = 10_000
MAX_DEPTH = 32
MAX_NAME = 1_024
MAX_PART = 255  # bytes of one name in a path
_LINK = 0o120000
_TYPE = 0o170000


class What(Enum):
    """What a member is."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a link"
    DEVICE = "a device"
    SPARSE = "a sparse file, whose size is none of its own"
    HIDDEN = "an encrypted file"


def of_tar(member: tarfile.TarInfo) -> What:
    """What a member of a tar archive is."""
    if member.issparse() or member.type == tarfile.GNUTYPE_SPARSE:
        return What.SPARSE
    if member.isdir():
        return What.FOLDER
    if member.isreg():
        return What.FILE
    return What.LINK if member.issym() or member.islnk() else What.DEVICE


def of_zip(member: zipfile.ZipInfo) -> What:
    """What a member of a zip archive is."""
    if member.flag_bits & 0x1:
        return What.HIDDEN
    mode = member.external_attr >> 16 & _TYPE
    if mode == _LINK:
        return What.LINK
    if mode not in (0, 0o100000, 0o040000):
        return What.DEVICE
    return What.FOLDER if member.is_dir() else What.FILE


@dataclass
class Members:
    """The members taken so far; each new one is held against them."""

    count: int = 0
    _files: set[str] = field(default_factory=set)
    _folders: set[str] = field(default_factory=set)

    def fault(self, name: str, what: What) -> str:
        """Why the next member cannot be taken, as the end of "the archive …"; empty when it can."""
        self.count += 1
        if self.count > MAX_MEMBERS:
            return f"holds more than {MAX_MEMBERS:,} files and folders"
        parts = [part for part in name.split("/") if part not in ("", ".")]
        longest = max((len(part.encode("utf-8", "surrogateescape")) for part in parts), default=0)
        if len(name) > MAX_NAME or longest > MAX_PART:
            return f"holds a name of {len(name):,} characters, longer than a file system takes"
        if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
            return f"holds {name!r}, which would leave the folder"
        if len(parts) > MAX_DEPTH:
            return f"holds folders in folders, {len(parts)} deep"
        if what not in (What.FILE, What.FOLDER):
            return f"holds {name!r}, which is {what.value}"
        return self._clash(name, parts, what)

    def _clash(self, name: str, parts: list[str], what: What) -> str:
        whole = "/".join(parts)
        above = {"/".join(parts[:length]) for length in range(1, len(parts))}
        if what is What.FOLDER:
            above.add(whole)
        elif whole in self._folders or not parts:
            return f"holds {name!r} as a file and as a folder"
        elif whole in self._files:
            return f"holds {name!r} twice"
        else:
            self._files.add(whole)
        self._folders |= above
        both = sorted(self._folders & self._files) if above & self._files else []
        return f"holds {both[0]!r} as a file and as a folder" if both else ""
