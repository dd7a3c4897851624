"""The box of a notebook: whose it is, and what a machine lacks for one."""

from __future__ import annotations

from pathlib import Path

from deepcat.host.box.layers import available, lacking


def name_of(kept: Path) -> str:
    """Whose box what works on a folder runs in; one user has all that lies there."""
    return f"notebook {kept}"


def lacks(*, unboxed: bool) -> str:
    """Why this machine gives no box with a network of its own; empty where it does.

    Args:
        unboxed: whether it may run without one where there is none at all.
    """
    found = available()
    if (found.suffices and found.isolates) or (unboxed and not found.suffices):
        return ""
    return "; ".join(lacking(found))
