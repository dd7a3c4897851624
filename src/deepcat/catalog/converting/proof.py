"""What `deepcat check` would say of a module that lies nowhere yet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from deepcat.catalog.check import below, examine
from deepcat.catalog.findings import Finding
from deepcat.catalog.reading.tree import Entry


@dataclass(frozen=True)
class Files:
    """A `Tree` of files in memory.

    Attributes:
        files: POSIX path -> content.
        commit: always empty.
    """

    files: Mapping[str, bytes]
    commit: str = ""

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        return tuple(
            Entry(path, len(content), False, hashlib.sha256(content).hexdigest())
            for path, content in sorted(self.files.items())
            if not under or path.startswith(f"{under}/")
        )

    def read(self, path: str) -> bytes:
        """A file's content."""
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it."""
        return len(self.files[path]) if path in self.files else None


def prove(name: str, files: Mapping[str, bytes], settings: bytes) -> tuple[Finding, ...]:
    """The findings of a module's folder.

    Args:
        name: the module's name.
        files: path inside the folder -> content.
        settings: the content of the catalog's `deepcat.yaml`.
    """
    folder = f"modules/{name}"
    tree = Files(
        {"deepcat.yaml": settings} | {f"{folder}/{path}": data for path, data in files.items()}
    )
    findings = examine(tree, cached=False).findings
    return below(findings, [folder])
