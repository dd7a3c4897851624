"""Data that outlives machines stays on its cloud: a change that leaves it there is held back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.clouds.means import means
from deepcat.clouds.registry import answering, kind_of
from deepcat.clouds.resting import Outliving
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.plan.values import Action

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.plan.values import State
    from deepcat.runs.values import Job

_CODE = "run/volume"


def outlived(root: Path, cloud: Cloud, job: Job, before: State) -> tuple[Job, DeepcatError | None]:
    """The job without ways out to other clouds, where data would be left; or why it must not be.

    Args:
        root: the catalog's folder.
        cloud: that it is on.
        job: what is to be done.
        before: what is known of its deployment.
    """
    change = job.change
    if job.wish is None or job.aside or change.action is Action.DELETE:
        return job, None
    leaves = change.offer is not None and change.offer.cloud != cloud.name
    leaves = leaves or bool(change.renamed_from)
    there = tuple(each for each in change.fallbacks if each.cloud == cloud.name)
    if not leaves and len(there) == len(change.fallbacks):
        return job, None
    data = _data(root, cloud, before.name)
    if not data:
        return job, None
    if not leaves:
        return replace(job, change=replace(change, fallbacks=there)), None
    message = f"`{before.name}` has {data} on `{cloud.name}`, which would be lost by this change"
    hint = f"copy what lies there, then `deepcat destroy {before.name}` and apply it anew"
    return job, DeepcatError(message, hint=hint, code=_CODE)


def _data(root: Path, cloud: Cloud, name: str) -> str:
    """What a deployment has there, in words; empty for nothing."""
    kind: object = kind_of(cloud)
    if not isinstance(kind, Outliving):
        return ""
    try:
        with answering(cloud):
            return kind.outlives(cloud, means(root), name)
    except (DeepcatError, StepError) as error:
        return f"data perhaps, which nobody can tell now ({error.message}),"
