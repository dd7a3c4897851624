"""CSAR archives, read in memory: bounded, nothing unpacked to the disk. Pure.

A file inside an archive has the path `ARCHIVE/INNER`, so that findings name both.
"""

from __future__ import annotations

import io
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deepcat.catalog.findings import Finding, Place
from deepcat.tosca.reading.report import Report, shown

MAX_ARCHIVE: Final = 8 * 1_048_576
MAX_ENTRIES: Final = 1_000
MAX_MEMBER: Final = 1_048_576
MAX_UNPACKED: Final = 64 * 1_048_576
# The end of a zip file tells how large its directory is; reading that costs memory by itself.
MAX_DIRECTORY: Final = 512 * 1024
_END: Final = b"PK\x05\x06"
_META: Final = "TOSCA-Metadata/TOSCA.meta"
_MAX_NAME: Final = 1_024
_MAX_PART: Final = 255  # bytes; file systems take no more
_YAML: Final = (".yaml", ".yml")
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


@dataclass(slots=True)
class Archive:
    """The files of an archive; see `files.Files`. Its folder is the archive itself."""

    archive: zipfile.ZipFile
    folder: str

    def read(self, path: str) -> bytes:
        """A file's content, or one byte more than is read of any template.

        Raises:
            FileNotFoundError: there is none, or it cannot be unpacked.
        """
        if self.size(path) is None:
            raise FileNotFoundError(path)
        try:
            with self.archive.open(path.removeprefix(f"{self.folder}/")) as member:
                return member.read(MAX_MEMBER + 1)
        except _BROKEN as error:
            raise FileNotFoundError(path) from error

    def size(self, path: str) -> int | None:
        """A file's bytes as the archive tells them; None where there is none."""
        entry = self.archive.NameToInfo.get(path.removeprefix(f"{self.folder}/"))
        return None if entry is None or entry.is_dir() else entry.file_size

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Each file's path and whole content; one that cannot be unpacked is left out."""
        for entry in self.archive.infolist():
            if entry.is_dir():
                continue
            try:
                # No more is unpacked than the entry tells, and all tell `MAX_UNPACKED` at most.
                content = self.archive.read(entry)
            except _BROKEN:
                continue
            yield f"{self.folder}/{entry.filename}", content


def open_archive(content: bytes, path: str, report: Report) -> tuple[Archive, str] | None:
    """An archive and the path of its template; None after reporting why it cannot be read."""
    problem = _no_directory(content)
    if not problem:
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except _BROKEN:
            problem = "this is no zip archive"
        else:
            problem = _unsafe(archive)
            entry = "" if problem else _entry(archive)
            if entry:
                return Archive(archive, path), f"{path}/{entry}"
    hint = "pack the module's folder anew, with `TOSCA-Metadata/TOSCA.meta`"
    message = problem or "the archive does not say which file is its template"
    report.add([Finding(Place(path), "tosca/csar", message, hint)])
    return None


def _no_directory(content: bytes) -> str:
    end = content.rfind(_END, max(0, len(content) - 66_000))
    if end < 0 or len(content) < end + 22:
        return "this is no zip archive"
    if int.from_bytes(content[end + 12 : end + 16], "little") > MAX_DIRECTORY:
        return "the archive's directory is too large"
    return ""


def _unsafe(archive: zipfile.ZipFile) -> str:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        return f"{len(entries):,} entries; at most {MAX_ENTRIES:,} are read"
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return f"unpacks to more than {MAX_UNPACKED:,} bytes"
    names = [entry.orig_filename for entry in entries]
    for entry, name in zip(entries, names, strict=True):
        problem = _unsafe_entry(entry, name)
        if problem or names.count(name) > 1:
            return f"the entry `{shown(name)}` {problem or 'stands twice'}"
    known = frozenset(names)
    above = (name[:end] for name in names for end, letter in enumerate(name) if letter == "/")
    both = next((name for name in above if name in known), "")
    return f"the entry `{shown(both)}` is a file and a folder" if both else ""


def _unsafe_entry(entry: zipfile.ZipInfo, name: str) -> str:
    plain = posixpath.normpath(name)
    tests = {
        "leaves the archive": name.startswith("/")
        or plain.startswith("..")
        or any(character in name for character in "\\:"),
        "has an unusual name": not name.isprintable()
        or plain != name.rstrip("/")
        or len(name) > _MAX_NAME
        or any(len(part.encode()) > _MAX_PART for part in name.split("/")),
        "is a link": stat.S_ISLNK(entry.external_attr >> 16),
        "is encrypted": bool(entry.flag_bits & 0x1),
    }
    return next((problem for problem, is_so in tests.items() if is_so), "")


def _entry(archive: zipfile.ZipFile) -> str:
    """The template's name: as the metadata says, else the only YAML file at the root."""
    names = archive.NameToInfo
    if _META in names:
        try:
            with archive.open(_META) as member:
                text = member.read(65_536).decode(errors="replace")
        except _BROKEN:
            return ""
        for line in text.splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "Entry-Definitions" and value.strip() in names:
                return value.strip()
        return ""
    roots = [name for name in names if "/" not in name and name.endswith(_YAML)]
    return roots[0] if len(roots) == 1 else ""
