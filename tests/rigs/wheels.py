"""Wheels as small as can be, for a folder that stands for a package index."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path


def wheel(folder: Path, name: str, text: str) -> Path:
    """Version 0.1 of a package that is one module.

    Args:
        folder: where it is written; made if it is not there.
        name: of the package and of its module.
        text: of the module.
    """
    folder.mkdir(exist_ok=True)
    path, info = folder / f"{name}-0.1-py3-none-any.whl", f"{name}-0.1.dist-info"
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", text)
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
        file.writestr(f"{info}/WHEEL", tags)
        file.writestr(f"{info}/RECORD", "")
    return path


def pin(path: Path, name: str) -> str:
    """What a lock says of a file of that version."""
    return f"{name}==0.1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
