"""How each kind of cloud is reached by Ansible, and where a deployment lies there. Pure."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.errors import DeepcatError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Where:
    """A deployment's place on a cloud.

    Attributes:
        place: the folder on the host that holds all of it.
        address: that its services listen on.
    """

    place: str
    address: str


def where(cloud: Cloud, root: Path, deployment: str) -> Where:
    """Where a deployment lies on a cloud."""
    address = str(cloud.data.get("address") or LOOPBACK)
    return Where(str(local(root) / deployment), address)


def local(root: Path) -> Path:
    """The folder that holds what the local cloud runs for a catalog."""
    return root / ".deepcat" / "local"


def connection(cloud: Cloud) -> Mapping[str, Any]:
    """Ansible's own variables for a host of the cloud.

    Raises:
        DeepcatError: clouds of its kind cannot be reached yet (``run/kind``).
    """
    if cloud.kind != "local":
        raise DeepcatError(
            f"nothing can be run on `{cloud.name}` yet: it is of the kind `{cloud.kind}`",
            hint="allow a cloud of the kind `local` in the deployment's `placement`",
            code="run/kind",
        )
    return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
