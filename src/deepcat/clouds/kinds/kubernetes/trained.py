"""What a training's node asks for, as manifests need it; its environment is made here and goes
along."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.clouds.kinds.kubernetes import mounted, staged
from deepcat.clouds.manifests.fetching import MOST_CARRIED
from deepcat.clouds.manifests.jobs import Training
from deepcat.clouds.manifests.trainings import PACKAGES
from deepcat.clouds.manifests.values import Model
from deepcat.host.failure import StepError
from deepcat.host.job.training import pins
from deepcat.host.job.wanted import Wanted
from deepcat.runtime import environments
from deepcat.runtime.build import packed

Values = Mapping[str, Any]
# How long what a training made is kept where the cloud's file does not say.
HOLDS_S = 86_400
_VERSION = ".".join(map(str, sys.version_info[:2]))


def brought(wanted: Wanted, files: Path) -> tuple[Model, ...]:
    """The environment that a training's lock names, as what comes along; none without a lock.

    Args:
        wanted: what its node asks for.
        files: the module's.

    Raises:
        StepError: it cannot be made, or is too large to come along (``run/environment``).
    """
    named = pins(wanted.training, files) if wanted.training else ()
    if not named:
        return ()
    made = packed(environments.built(named, _VERSION), "gz")
    if made.size > MOST_CARRIED:
        message = f"the training's environment takes {made.size / 1e6:.0f} MB"
        hint = "train with the packages of the cloud's image, without a lock, or on a host"
        most = f"and no more than {MOST_CARRIED // 1_000_000} MB can come along"
        raise StepError("cloud", "run/environment", f"{message}, {most}", hint)
    content = made.path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return (Model(PACKAGES, 1, digest, content=content, is_plain=True),)


def training(wanted: Wanted, own: Values, head: str, folder: str, brings: bool) -> Training | None:
    """What a job has besides that is a training; None for any other.

    Args:
        wanted: what its node asks for.
        own: the kind's part of the cloud's file.
        head: what the names of its node's objects begin with.
        folder: where its checkpoints lie on a claim, told from those of other goals.
        brings: whether its environment comes along.
    """
    if wanted.training is None:
        return None
    jobs, held, mounts = own.get("jobs") or {}, wanted.training.data, mounted.mounts(wanted)
    disk = int(wanted.limits.get("disk_bytes") or 0)
    claim = str(jobs.get("checkpoints") or "")
    return Training(
        runs={
            "argv": wanted.argv,
            "inputs": [list(each) for each in wanted.training.inputs],
            "environment": dict(wanted.environment),
            "python": _VERSION if brings else "",
            "for_python": wanted.training.python,
            "data": [[each.name, each.digest] for each in held if not each.is_mounted],
            **({"mounted": [each.name for each in mounts]} if mounts else {}),
            "evaluate": wanted.training.evaluate,
            "begins_from": wanted.training.begins_from,
            "old": wanted.old,
            "retries": wanted.retries,
            "keep": int((wanted.limits.get("checkpoint") or {}).get("keep") or 0),
            "file_bytes": disk,
        },
        held={
            "limits": limits(wanted),
            "holds_s": int(jobs.get("holds") or HOLDS_S),
            "environment": dict(wanted.environment),  # which may be secret, and is not told
        },
        disk_bytes=disk,
        brings=brings,
        claim=claim,
        folder=f"{head}/{folder}" if claim else "",
        staging=staged.staging(wanted),
        mounts=mounts,
    )


def limits(wanted: Wanted) -> dict[str, Any]:
    """What a training is held to now, as its watch reads it."""
    found = {"time_s": wanted.time_s, **wanted.limits}
    return {**found, "halt": wanted.halt} if wanted.halt else found
