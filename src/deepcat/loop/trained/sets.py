"""The data sets that a module learns from, where they are files of its catalog."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from deepcat.catalog.reading.parse import read_bytes
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree

_HERE = re.compile(r"datasets/[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)+\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_MOST = 512 << 20


def sets_of(tree: Tree, module: Mapping[str, Any]) -> dict[str, dict[str, bytes]]:
    """Name -> the files of each data set, by their names.

    Args:
        tree: the catalog as it was when the module was trained.
        module: `module.yaml`, as parsed.

    Raises:
        DeepcatError: one lies elsewhere, or is not what it was (``reproduce/data``).
    """
    told = (module.get("training") or {}).get("data") or {}
    return {name: _files(tree, name, each) for name, each in told.items()}


def _files(tree: Tree, name: str, said: Any) -> dict[str, bytes]:
    named = said.get("dataset") if isinstance(said, Mapping) else None
    data = _described(tree, str(named)) if named and _NAME.match(str(named)) else {}
    address = str(data.get("address") or "")
    if not _NAME.match(name) or not _HERE.match(address):
        raise _unfit(f"the data `{name}` are no file of the catalog")
    try:
        if (tree.size(address) or 0) > _MOST:
            raise _unfit(f"`{address}` is larger than {_MOST:,} bytes")
        content = tree.read(address)
    except FileNotFoundError:
        raise _unfit(f"`{address}` is no file of the catalog") from None
    if hashlib.sha256(content).hexdigest() != data.get("sha256"):
        raise _unfit(f"`{address}` is not what its data set says")
    return {PurePosixPath(address).name: content}


def _described(tree: Tree, name: str) -> Mapping[str, Any]:
    try:
        document, _ = read_bytes(tree.read(f"datasets/{name}.yaml"), name)
    except FileNotFoundError:
        return {}
    return document.data if document and isinstance(document.data, dict) else {}


def _unfit(why: str) -> DeepcatError:
    return DeepcatError(
        f"{why}, so the module cannot be trained again here",
        hint="train it on a cloud: `deepcat reproduce --on CLOUD`",
        code="reproduce/data",
    )
