"""The data of a job that is mounted for as long as it runs: written down, held, forgotten.

What lets us in is written for who runs jobs here alone, and goes when the job has ended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.host.data import address, cache, mounting
from deepcat.host.data.mounting import Mounts, Wanted
from deepcat.host.data.wanted import Datum
from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError
from deepcat.host.place import read_json

# Why a job ended whose data was not there any more.
WHY = "mount"
_FILE = "mounts.json"


@dataclass
class Held:
    """What is mounted now.

    Attributes:
        fault: why not all of it is; empty where it is.
        told: name -> what its store listed.
    """

    mounts: Mounts
    fault: str = ""
    told: dict[str, Any] = field(default_factory=dict)

    def dead(self) -> str:
        """As of `Mounts`."""
        return self.mounts.dead()

    def odd(self) -> str:
        """As of `Mounts`."""
        return self.mounts.dead() or self.mounts.odd()


def lies(
    data: Iterable[Datum], held: Mapping[str, str], folder: Path, local: Path, allowed: Allowed
) -> dict[str, Path]:
    """Name -> the folder that a job of this host finds its data in.

    Args:
        data: that it asks for.
        held: name -> digest, of what it is given.
        folder: of the job.
        local: the folder that holds a catalog's deployments on this host.
        allowed: what to read here.

    Raises:
        StepError: a folder of the host may not be read (``data/folder``).
    """
    known = {each.name: each for each in data}
    found = {}
    for name, digest in held.items():
        datum = known.get(name)
        if datum is None or not datum.is_mounted:
            found[name] = cache.path_of(local / cache.FOLDER, digest)
        elif datum.where.kind == address.FILE:
            found[name] = mounting.folder(datum.where.base, allowed)
        else:
            found[name] = mounting.at_of(folder, name)
    return found


def require(data: Iterable[Datum], allowed: Allowed, *, here: bool) -> None:
    """See that what is to be mounted may be, and can be where the job runs on this very host.

    Raises:
        StepError: it may not, or it cannot (``data/…``).
    """
    for each in data:
        if not each.is_mounted:
            continue
        if each.where.kind == address.FILE:
            mounting.folder(each.where.base, allowed)
            continue
        mounting.require(each.address, each.store, allowed)
        if here and (why := mounting.lacking()):
            hint = "install it there, as by its cloud's file, or stage the data: no `how: mount`"
            raise StepError("cloud", "data/mount", f"nothing is mounted: {'; '.join(why)}", hint)


def lay(data: Iterable[Datum], secrets: Mapping[str, str], folder: Path) -> None:
    """Write down what is mounted before a job begins.

    Args:
        data: that it asks for.
        secrets: name -> what lets us in.
        folder: of the job.
    """
    rows = [
        {
            **{"name": each.name, "address": each.address, "store": dict(each.store)},
            **{"secret": secrets.get(each.name, ""), "bytes": each.bytes},
        }
        for each in data
        if each.is_mounted and each.where.kind != address.FILE
    ]
    if not rows:
        return
    handle = os.open(folder / _FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump({"mounts": rows}, stream)
        stream.flush()
        os.fsync(stream.fileno())


def forget(folder: Path) -> None:
    """Keep nothing of what lets us in: the job has ended."""
    with suppress(OSError):
        (folder / _FILE).unlink()


@contextmanager
def held(folder: Path, is_stopped: Callable[[], bool]) -> Iterator[Held]:
    """Hold what a job's data is mounted by; nothing where it has none such.

    Args:
        folder: of the job.
        is_stopped: whether somebody ends it meanwhile.
    """
    rows = read_json(folder / _FILE).get("mounts") or ()
    found = Held(Mounts(folder, is_stopped))
    if not rows:
        yield found
        return
    try:
        # Of jobs of this catalog on this very machine, whoever was killed there.
        with suppress(IndexError):
            mounting.swept(folder.parents[3])
        for row in rows:
            wanted = Wanted(row["name"], row["address"], row["store"], row["secret"])
            found.told[wanted.name] = found.mounts.begin(wanted, int(row["bytes"]) or 1 << 60)
    except StepError as error:
        found.fault = error.message
    try:
        yield found
    finally:
        found.mounts.end()
