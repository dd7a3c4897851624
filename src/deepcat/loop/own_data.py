"""Data of one's own for a training without a file: by an address, known by what lies there now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.wording import shown, unknown
from deepcat.errors import UsageError
from deepcat.host.data.address import MOUNT, mount_fault_at
from deepcat.loop.data import unknown_set
from deepcat.loop.looked import looked_at

if TYPE_CHECKING:
    from deepcat.catalog.values import Dataset
    from deepcat.records.record import Record

MOST_FILES = 1000
_DATASET = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def entries(
    root: Path, module: str, given: Mapping[str, str], mounted: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """What a deployment's file would say as `data`; what lies at an address is fetched for it.

    Args:
        root: the catalog's folder.
        module: that reads it.
        given: name -> a data set of the catalog, or an address.
        mounted: names of what is mounted, and so not fetched: of these, or the module's own.

    Raises:
        DeepcatError: the module reads none of that name, there is no such data set, or what lies
            at the address cannot be had, or not be mounted.
    """
    if not given and not mounted:
        return {}
    catalog = load(work_tree(root))
    own = catalog.modules.get(module)
    training = own.data.get("training") if own else None
    read = training.get("data") if isinstance(training, Mapping) else None
    for name in (*given, *mounted):
        if own and name not in (read or {}):
            raise _unread(module, name, list(read or {}))
    found = {}
    for name, text in given.items():
        if _DATASET.match(text):
            if text not in catalog.datasets:
                raise unknown_set(root, text, catalog.datasets)
            found[name] = {"dataset": text}
        elif name in mounted:
            found[name] = {"address": text}
        else:
            found[name] = _seen(root, text)
    for name in mounted:
        found[name] = {**found.get(name, (read or {}).get(name) or {}), "how": MOUNT}
        _require_mounted(name, found[name], catalog.datasets)
    return found


def _unread(module: str, name: str, known: list[str]) -> UsageError:
    if known:
        return unknown(f"data that `{module}` reads by the name", name, known)
    return UsageError(
        f"`{module}` names no data that it reads, so none by the name {shown(name)}",
        hint="say under `training.data` of its `module.yaml` what its script reads",
    )


def _require_mounted(name: str, entry: Mapping[str, Any], known: Mapping[str, Dataset]) -> None:
    own = known.get(str(entry.get("dataset")))
    if fault := mount_fault_at(str(entry.get("address") or (own.address if own else ""))):
        raise UsageError(
            f"`--mount {name}`: its address {fault}", hint="leave it out: then it is fetched"
        )


def changed(
    records: Iterable[Record], module: str, data: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Data by whose address another training of the module has read something else.

    Args:
        records: what is known of deployments, and so of trainings without a file.
        module: that is trained.
        data: what it is asked to read now.

    Yields:
        Its name, and the deployment that read something else.
    """
    for record in sorted(records, key=lambda each: each.updated, reverse=True):
        asked = record.state.asked
        before = asked.get("data") if asked.get("module") == module else None
        for name, now in data.items():
            then = before.get(name) if isinstance(before, Mapping) else None
            if (
                isinstance(then, Mapping)
                and "address" in now
                and then.get("address") == now["address"]
                and MOUNT not in (then.get("how"), now.get("how"))
                and dict(then) != dict(now)
            ):
                yield name, record.name


def _seen(root: Path, address: str) -> dict[str, Any]:
    found = looked_at(root, {"address": address}, None)
    pieces = found.manifest.pieces
    if len(pieces) > MOST_FILES:
        raise UsageError(
            f"`{address[:200]}` has {len(pieces)} files, and {MOST_FILES} may be asked for",
            hint="name them in the catalog: `deepcat data add`",
        )
    entry: dict[str, Any] = {"address": address, "bytes": found.bytes}
    if found.is_file:
        return {**entry, "sha256": pieces[0].sha256}
    return {**entry, "sums": {each.path: each.sha256 for each in pieces}}
