"""What data a module or a wish names, as values. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from deepcat.catalog.stores import Fault, is_in_the_open
from deepcat.catalog.values import Dataset
from deepcat.catalog.wording import shown
from deepcat.host.data.address import MOUNT, address_of, is_only_mounted, mount_fault
from deepcat.host.data.manifest import Manifest, Piece, made_of, parsed
from deepcat.host.failure import StepError

# A file, and a folder.
_WHOLE = ({"address", "sha256", "bytes"}, {"address", "sums", "bytes"})
# Of what is mounted nobody knows more.
_MOUNTED = ({"address"}, {"address", "bytes"})
_OPEN = ("catalog", "file", "nfs", "claim")
_FORMS = "see the guide on data for the forms that there are"


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


def faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the address of a data set or an entry, and with what lets us in there."""
    if "address" not in data:
        return
    try:
        where = address_of(data["address"])
    except ValueError as error:
        yield Fault("address", f"the address {shown(data['address'])} {error}", _FORMS)
        return
    if data.get("how") == MOUNT and (fault := mount_fault(where)):
        message = f"what lies at {shown(data['address'])} cannot be mounted: it {fault}"
        yield Fault("address", message, "take `how: mount` away")
    if data.get("how") != MOUNT and is_only_mounted(where):
        message = f"nothing fetches what lies at {shown(data['address'])}"
        yield Fault("address", message, "mount it: `how: mount`")
    asked = [data["address"], where.remote]
    endpoint = str(data.get("endpoint") or "")
    if where.store == "swift" or data.get("how") == MOUNT:
        asked.append(endpoint)  # it is told the secret itself
    is_plain = any(each.startswith("http:") for each in asked)
    if "credential" in data and (is_plain or (where.store == "s3" and is_in_the_open(endpoint))):
        message = "the address is asked without encryption, and a credential would go along"
        yield Fault("address", message, "use `https:` or `webdavs:`")
    if "credential" in data and where.kind == "doi" and "hosts" not in data:
        message = "whoever holds a DOI says where it leads, and a credential would go along"
        hint = "name the `hosts` that may be told it, or give the address that the DOI leads to"
        yield Fault("credential", message, hint)
    if "hosts" in data and not ("credential" in data and where.kind == "doi"):
        message = "`hosts` says who may be told the `credential` of a DOI, and there is none"
        yield Fault("hosts", message, "take `hosts` away")
    if "credential" in data and where.kind in _OPEN:
        message = "nobody is let in by a secret to what lies in the catalog, on a host or a cluster"
        yield Fault("credential", message, "take `credential` away")


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
