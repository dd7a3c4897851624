"""Build what a host without a package index is given for an author's plug-in: its environment."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from deepcat.host.environments import shared
from deepcat.runtime import interpreter
from deepcat.runtime.build import archived, compiled, noted
from deepcat.runtime.values import PLUGIN, Archive

_FORMAT = 2


class Fill(Protocol):
    """As `shared.fill`."""

    def __call__(self, target: Path, named: Sequence[str], *, version: str = "") -> None:
        """Fill a folder."""


def built(pins: Sequence[str], version: str, fill: Fill = shared.fill) -> Archive:
    """The archive of an environment, built unless it lies there already.

    Args:
        pins: that the plug-in's lock names.
        version: of the host's Python, as ``3.11``.
        fill: fills a folder with what pins name.

    Raises:
        StepError: it cannot be made here (``run/environment``).
    """
    told = interpreter.about(getattr(sys, "_base_executable", sys.executable))
    own = told["version"] == version
    about = {**told, "version": version}
    key = json.dumps([_FORMAT, version, told["machine"], told["release"] if own else "", *pins])
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return noted(f"{PLUGIN}-{digest}", partial(_made, about, pins, fill, own=own))


def _made(told: dict[str, str], pins: Sequence[str], fill: Fill, *, own: bool) -> Archive:
    with tempfile.TemporaryDirectory(prefix="deepcat-plugin-") as made:
        folder = Path(made, "environment")
        folder.mkdir()
        fill(folder, pins, version="" if own else told["version"])
        paths = (path for path in folder.rglob("*") if path.is_file())
        # pip's own bytecode holds by dates, which an archive has none of.
        files = {
            path.relative_to(folder).as_posix(): path for path in paths if path.suffix != ".pyc"
        }
        bytecode = compiled(told, files) if own else {}
        return archived(PLUGIN, told, False, {**files, **bytecode})
