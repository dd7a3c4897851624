"""What tells this clone on this machine from every other one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from deepcat.host.machine import machine


def clone(root: Path) -> str:
    """An id of a catalog's folder on this machine, which tells nobody where it lies."""
    return hashlib.sha256(f"{machine()}:{root.resolve()}".encode()).hexdigest()[:16]
