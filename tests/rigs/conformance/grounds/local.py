"""This machine, as the cloud that it is without any setting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import notebooks

from conformance.grounds.here import Here
from deepcat.clouds.kinds.local.hosts import local_folder

_ADDRESSES = {"first": "127.0.0.1", "second": "127.0.0.2"}


class Local(Here):
    """Two addresses of this machine, so that one can be full while the other is not."""

    kind = "local"

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        own = {"full": lambda root, name: self.take_ports(root, name, _ADDRESSES["first"])}
        self.faults = {**self.faults, **own}

    def folder(self, root: Path, cloud: str) -> Path:
        return local_folder(root)

    def clouds(self, root: Path) -> Mapping[str, Mapping[str, Any]]:
        return {
            name: {"kind": "local", "price": price, "address": address}
            for price, (name, address) in enumerate(_ADDRESSES.items())
        }

    def lend(self, root: Path) -> None:
        notebooks.lend(local_folder(root))


GROUND = Local
