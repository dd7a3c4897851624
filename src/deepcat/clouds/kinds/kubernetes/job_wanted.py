"""What a job's node asks for, as manifests need it; of the run, only module's files are read."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat.clouds.kinds.kubernetes import names, staged, trained
from deepcat.clouds.kinds.kubernetes.wanted import card_of
from deepcat.clouds.manifests.fetching import MOST_CARRIED
from deepcat.clouds.manifests.jobs import FILES, Batch
from deepcat.clouds.manifests.values import Model, Served
from deepcat.host.failure import StepError
from deepcat.host.job.wanted import Wanted
from deepcat.tosca.workloads import schedules

Values = Mapping[str, Any]
# What of the cloud's file is for jobs.
SECTION = "jobs"
_REGISTRY = "docker://"


def batch(
    wanted: Wanted,
    generation: int,
    goal: str,
    values: Values,
    own: Values,
    catalog: str,
    folder: str = "",
) -> Batch:
    """A job of a deployment, without what it goes with.

    Args:
        wanted: what its node asks for.
        generation: of those of its node.
        goal: what tells it from others.
        values: of the step.
        own: the kind's part of the cloud's file.
        catalog: the catalog's id.
        folder: where a training's checkpoints lie; by its goal where empty.

    Raises:
        StepError: this cloud cannot run it.
    """
    deployment, keeper = str(values["deployment"]), values.get("keeper") or {}
    needs = keeper.get("needs") or {}
    node = str(values["node"]["name"])
    head = names.server_name(catalog, deployment, node)
    content = packed(Path(str(values["files"]), "module"))
    files = Model(FILES, 1, hashlib.sha256(content).hexdigest(), content=content, is_plain=True)
    brought = trained.brought(wanted, Path(str(values["files"]), "module"))
    data = staged.brought(wanted, Path(str(values["files"])), packed)
    fetcher = str(own.get("fetcher") or own["image"])
    what = Served(
        f"{head}-{generation}-{goal[:8]}",
        fetcher if wanted.training else _image(wanted, own),
        (files, *brought, *data),
        namespace=str(own["namespace"]),
        fetcher=fetcher,
        cpus=float(needs.get("cpus") or 1.0),
        memory_MiB=int(needs.get("memory_MiB") or 0),
        card=card_of(node, values, str(keeper.get("shape") or "")),
        pull_secret=str(own.get("pull_secret") or ""),
        labels=names.labels(catalog, deployment),
    )
    return Batch(
        what,
        wanted.line,
        wanted.retries,
        math.ceil(wanted.time_s),
        outputs=dict(wanted.outputs),
        volumes=wanted.volumes,
        folders=_folders(wanted, own),
        connects=wanted.connects,
        environment=dict(wanted.environment),
        schedule=_cron(wanted.schedule),
        training=trained.training(wanted, own, head, folder or goal[:16], bool(brought)),
    )


def _cron(schedule: str) -> str:
    """When it is run again and again, as the cluster has it.

    Raises:
        StepError: cron has no words for it, or it begins later (``run/values``).
    """
    if not schedule:
        return ""
    try:
        found, begins = schedules.cron(schedule), schedules.begins(schedule)
    except ValueError as error:
        hint = "let it repeat by even parts of an hour or a day, or each day, week, month or year"
        raise StepError("module", "run/values", f"the job's `schedule` {error}", hint) from None
    if begins > datetime.now(UTC):
        message = f"the job's `schedule` begins at {begins.isoformat()}, and cron has no beginning"
        raise StepError("module", "run/values", message, "let it begin at a time that has been")
    return found


def packed(folder: Path) -> bytes:
    """A module's files as one archive, the same for the same files.

    Raises:
        StepError: they are too large to come along (``run/source``).
    """
    raw = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if not path.is_file() or path.is_symlink():
                continue
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            member.size, member.mode = path.stat().st_size, 0o644
            with path.open("rb") as content:
                tar.addfile(member, content)
    if len(raw.getvalue()) > MOST_CARRIED:
        message = f"the module's files take more than {MOST_CARRIED // 1_000_000} MB"
        hint = "let the job fetch what is large, or run it on a host"
        raise StepError("cloud", "run/source", f"{message}, and no more can come along", hint)
    return raw.getvalue()


def _image(wanted: Wanted, own: Values) -> str:
    """Of a registry: no other kind is there for a cluster."""
    image = wanted.image or str((own.get(SECTION) or {}).get("image") or "")
    if not image:
        message = "the job names no image of a container, and neither does the cloud's file"
        raise StepError("cloud", "run/image", message, "say `jobs: {image: …}` there")
    return registered(image)


def registered(image: str) -> str:
    """An image as a cluster names it.

    Raises:
        StepError: it is none of a registry (``run/image``).
    """
    name = image.removeprefix(_REGISTRY)
    if not name or "://" in name or name.startswith(("/", ".")):
        message = f"`{image[:80]}` is no image of a registry, and a cluster takes no other"
        raise StepError("cloud", "run/image", message, "push it to one, or run it on a host")
    return name


def _folders(wanted: Wanted, own: Values) -> dict[str, str]:
    """The claims of the namespace that the folders are which the catalog's owners let it change."""
    known = (own.get(SECTION) or {}).get("folders") or {}
    for each in wanted.folders:
        if each not in known:
            message = f"the cloud's file says no claim for the folder `{each}`"
            hint = "name one as `jobs: {folders: …}` there, or take it out of `allowed_folders`"
            raise StepError("cloud", "run/folder", message, hint)
    return {each: str(known[each]) for each in wanted.folders}
