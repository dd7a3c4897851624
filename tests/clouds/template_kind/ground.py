"""Two folders of this machine, as the clouds that the suite tries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.grounds.here import Here

from deepcat.catalog.identity import identity


class Folders(Here):
    """One host a cloud."""

    kind = "folders"

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.faults = {**self.faults, "silent": self._hide, "cut": self._hide}

    def folder(self, root: Path, cloud: str) -> Path:
        return self.scratch / cloud / identity(root)

    def clouds(self, root: Path) -> Mapping[str, Mapping[str, Any]]:
        for name in ("first", "second"):
            (self.scratch / name).mkdir(exist_ok=True)
        return {
            name: {"kind": "folders", "price": price, "folders": {"hosts": {name: str(folder)}}}
            for price, (name, folder) in enumerate(
                (each, self.scratch / each) for each in ("first", "second")
            )
        }

    def _hide(self, root: Path, name: str) -> None:
        folder = self.scratch / "first"
        hidden = folder.with_name("hidden")
        folder.rename(hidden)
        self.undo.callback(hidden.rename, folder)


GROUND = Folders
