"""What a runtime is, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SITE, LITE, PYTHON, PLUGIN = "site", "lite", "python", "plugin"


@dataclass(frozen=True, slots=True)
class Packed:
    """An archive's tar, compressed.

    Attributes:
        path: where it lies.
        size: bytes.
        sha256: of the compressed file.
    """

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Archive:
    """One tree of files, known by its content.

    Attributes:
        part: `SITE`, what is imported; `LITE`, the same without TensorFlow's libraries, where
            LiteRT alone serves; `PYTHON`, an interpreter with its library; `PLUGIN`, what a
            plug-in of a module's author imports.
        id: the first 16 hexadecimal digits of its tar's sha256.
        python: the version that it holds or is for, as ``3.11``.
        machine: the processor that it is for, as `uname -m` says it.
        gpu: whether libraries of graphics cards are in it.
        files: how many it holds.
        unpacked: bytes of all its files.
        packed: compression (``zst``, ``gz``) -> its compressed tar.
    """

    part: str
    id: str
    python: str
    machine: str
    gpu: bool
    files: int
    unpacked: int
    packed: Mapping[str, Packed]

    @property
    def label(self) -> str:
        """Its file's name, without what compressed it."""
        gpu = "-gpu" if self.gpu else ""
        return f"deepcat-{self.part}-py{self.python}-{self.machine}{gpu}-{self.id}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data; `archive_of` reads it."""
        own = {name: getattr(self, name) for name in self.__slots__ if name != "packed"}
        packed = {
            how: {"file": each.path.name, "size": each.size, "sha256": each.sha256}
            for how, each in sorted(self.packed.items())
        }
        return {**own, "packed": packed}


def archive_of(data: Mapping[str, Any], folder: Path) -> Archive:
    """An archive from plain data and the folder that holds its files."""
    packed = {
        how: Packed(folder / each["file"], each["size"], each["sha256"])
        for how, each in data["packed"].items()
    }
    return Archive(**{**data, "packed": packed})


@dataclass(frozen=True, slots=True)
class Built:
    """What hosts are given.

    Attributes:
        site: what a serving process imports, for one version of Python.
        python: that version; None where it was not asked for.
    """

    site: Archive
    python: Archive | None = None
