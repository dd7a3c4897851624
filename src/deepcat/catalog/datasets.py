"""What data a module or a wish names, as values. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from deepcat.catalog.values import Dataset
from deepcat.host.data.address import MOUNT, address_of, is_only_mounted, mount_fault
from deepcat.host.data.manifest import Manifest, Piece, made_of, parsed
from deepcat.host.failure import StepError

# A file, and a folder.
_WHOLE = ({"address", "sha256", "bytes"}, {"address", "sums", "bytes"})
# Of what is mounted nobody knows more.
_MOUNTED = ({"address"}, {"address", "bytes"})


def manifest_of(data: Mapping[str, Any], read: Callable[[str], bytes]) -> Manifest:
    """The files of a data set.

    Args:
        data: its file, or an address with its checksum, as parsed.
        read: gives the content of a file of the catalog.

    Raises:
        ValueError: its address is none, or it names no checksum.
        StepError: its list of files cannot be used (``data/manifest``).
        FileNotFoundError: its list of files is not there.
    """
    where = address_of(data["address"])
    if listed := data.get("manifest"):
        return parsed(read(listed).decode("utf-8", "replace"))
    if sums := data.get("sums"):
        return made_of([Piece(str(path), str(each)) for path, each in sums.items()])
    if not data.get("sha256"):
        if data.get("how") == MOUNT:
            return Manifest(())
        raise ValueError("it names no checksum: give `sha256`, or `manifest`")
    return made_of([Piece(where.name, data["sha256"])])


def asked(own: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Name -> what data that is: what the module says, and where a wish says otherwise, that.

    Args:
        own: `training` of the module, as parsed.
        wish: the deployment, as parsed.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for given in (own.get("data"), wish.get("data")):
        found |= given if isinstance(given, Mapping) else {}
    return found


def form_fault(entry: Mapping[str, Any]) -> str:
    """What keeps an entry from naming data in one of its ways; empty for nothing."""
    keys = set(entry) - {"how"}
    if "how" in entry and keys in _MOUNTED:
        return ""
    if keys == {"dataset"} or keys in _WHOLE:
        return ""
    if "dataset" in keys:
        return "names a data set, and something else besides"
    if {"sha256", "sums"} <= keys:
        return "names both `sha256`, of one file, and `sums`, of a folder"
    wanted = _WHOLE["sums" in keys]
    lacking = ", ".join(f"`{each}`" for each in sorted(wanted - keys))
    return f"names an address without {lacking}"


def found(
    entry: Mapping[str, Any], known: Mapping[str, Dataset], read: Callable[[str], bytes]
) -> Dataset:
    """The data that an entry names.

    Args:
        entry: as parsed.
        known: the catalog's data sets.
        read: gives the content of a file of the catalog.

    Raises:
        ValueError: there is none such; the message says why.
    """
    if fault := form_fault(entry):
        raise ValueError(fault)
    if name := entry.get("dataset"):
        if name not in known:
            raise ValueError(
                f"names the data set `{name}`, which the catalog has not, or not whole"
            )
        own = known[name]
        own = replace(own, data={**own.data, "how": entry["how"]}) if "how" in entry else own
        _require_mountable(own)
        return own
    try:
        manifest = manifest_of(entry, read)
    except StepError as error:
        raise ValueError(error.message) from None
    size = int(entry.get("bytes") or 0)
    own = Dataset("", "", str(entry["address"]), manifest, size, entry)
    _require_mountable(own)
    return own


def _require_mountable(data: Dataset) -> None:
    if not data.is_mounted and is_only_mounted(address_of(data.address)):
        raise ValueError("can be mounted alone: say `how: mount`")
    if data.is_mounted and (fault := mount_fault(address_of(data.address))):
        raise ValueError(f"cannot be mounted: its address {fault}")
