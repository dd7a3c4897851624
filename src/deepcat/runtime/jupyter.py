"""What JupyterLab's environment is made of, wherever somebody develops."""

from __future__ import annotations

from pathlib import Path


def lock() -> bytes:
    """The lock: each package by version and checksums."""
    return Path(__file__).with_name("jupyter.lock").read_bytes()


def extension() -> dict[str, bytes]:
    """Our extension of JupyterLab's, which it loads as it is: path -> content."""
    folder = Path(__file__).with_name("lab")
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
