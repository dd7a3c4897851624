"""What JupyterLab's environment is made of, wherever somebody develops."""

from __future__ import annotations

from pathlib import Path


def lock() -> bytes:
    """The lock: each package by version and checksums."""
    return Path(__file__).with_name("jupyter.lock").read_bytes()
