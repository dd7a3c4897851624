"""The data of a training, as a pod comes to it: along with it while it is little, else by itself.

No rule of a cluster's network tells an init step from the script beside, so that a pod fetches data
only where its training may call out. What it may not fetch is fetched here and comes along.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from deepcat.clouds.manifests.jobs import Staging
from deepcat.clouds.manifests.trainings import DATA
from deepcat.clouds.manifests.values import Model
from deepcat.host.data import address
from deepcat.host.data.wanted import BROUGHT, FILES, SUMS, Datum, stage
from deepcat.host.failure import StepError
from deepcat.host.job.wanted import Wanted

# Of all data together that comes along, beside the module's files and an environment.
_MOST = 4_000_000


def staging(wanted: Wanted) -> Staging | None:
    """What stages the data of a job; None where it asks for none."""
    asked = _asked(wanted)
    if not asked:
        return None
    told = tuple(
        {"name": each.name, "digest": each.digest, "address": each.address, "bytes": each.bytes}
        for each in asked
    )
    return Staging(told, wanted.allowed.hosts, sum(each.bytes for each in asked))


def brought(wanted: Wanted, files: Path, packed: Callable[[Path], bytes]) -> tuple[Model, ...]:
    """What comes along of a training's data: the lists of its files, and those a pod cannot fetch.

    Args:
        wanted: what its node asks for.
        files: that the run brought.
        packed: makes an archive of a folder.

    Raises:
        StepError: some cannot be had there (``data/…``), or is too large to come along.
    """
    asked = _asked(wanted)
    if not asked:
        return ()
    along = [each for each in asked if not _is_fetched(each, wanted)]
    if (size := sum(each.bytes for each in along)) > _MOST:
        raise _too_large(along, size, wanted)
    with TemporaryDirectory() as scratch:
        whole = Path(scratch, "whole")
        for each in {each.digest: each for each in asked}.values():
            own, came = whole / each.digest, files / BROUGHT / each.digest
            own.mkdir(parents=True)
            own.joinpath(SUMS).write_bytes((came / SUMS).read_bytes())
            if each in along:
                lies = stage(Path(scratch), each, files / BROUGHT, wanted.allowed).path
                shutil.copytree(lies, own / FILES)
        content = packed(whole)
    return (Model(DATA, 1, hashlib.sha256(content).hexdigest(), content=content, is_plain=True),)


def _asked(wanted: Wanted) -> tuple[Datum, ...]:
    """The data that is staged."""
    asked = wanted.training.data if wanted.training else ()
    return tuple(each for each in asked if not each.is_mounted)


def _is_fetched(datum: Datum, wanted: Wanted) -> bool:
    """Whether a pod fetches it by itself.

    Raises:
        StepError: it lies in a folder of a host (``data/folder``).
    """
    kind = address.address_of(datum.address).kind
    if kind == address.FILE:
        message = f"the data `{datum.name}` lies in a folder of a host, and a pod has none"
        raise StepError("cloud", "data/folder", message, "give its address of the web")
    return kind == address.WEB and wanted.connects


def _too_large(along: list[Datum], size: int, wanted: Wanted) -> StepError:
    named = ", ".join(f"`{each.name}`" for each in along)
    message = f"the data {named} takes {size / 1e6:.1f} MB, and {_MOST / 1e6:.0f} MB can come along"
    hint = "train on a host"
    if not wanted.connects:
        hint = "let the training call out, so that its pod fetches what is of the web, or " + hint
    return StepError("capacity", "data/space", message, hint)
