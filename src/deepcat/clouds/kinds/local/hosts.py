"""Where a deployment lies on this machine, and how Ansible gets there. Pure."""

from __future__ import annotations

import sys
from pathlib import Path

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Reach

LOOPBACK = "127.0.0.1"


def local_folder(root: Path) -> Path:
    """The folder that holds all that this machine runs for a catalog."""
    return root / ".deepcat" / "local"


def reach(cloud: Cloud, root: Path, deployment: str) -> Reach:
    """This very machine, without a shell in between."""
    return Reach(
        connection={
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        },
        place=str(local_folder(root) / deployment),
        address=str(cloud.data.get("address") or LOOPBACK),
    )
