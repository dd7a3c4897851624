"""What a run would alter on a cluster, by a trial that the API server carries out and forgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import (
    containers,
    jobs,
    notebooks,
    outside,
    queues,
    rollout,
    scaling,
    wanted,
)
from deepcat.clouds.kinds.kubernetes.differs import differences
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.containers import made_of, service
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError

Values = Mapping[str, Any]
_MOST = 60


def preview(cloud: Cloud, means: Means, steps: Sequence[Values]) -> tuple[str, ...]:
    """A line for each object that is made or goes, and for each field that would differ.

    Args:
        cloud: where.
        means: what may be used.
        steps: that would be taken, in order, each with its values; see `steps.take`.
    """
    if not steps:
        return ()
    try:
        cluster = Cluster(cloud, means)
    except DeepcatError as error:
        return (_unknown(error.message),)
    found: list[str] = []
    try:
        held = Held(cluster, means.catalog, str(steps[0]["deployment"]))
        for line in _told(held, means, steps):
            found.append(line)
    except (RefusedError, StepError) as error:
        found.append(_unknown(error.message))
    except (KeyError, TypeError, ValueError) as error:
        found.append(_unknown(f"a value cannot be used: {type(error).__name__}: {error}"))
    finally:
        cluster.close()
    more = len(found) - _MOST
    return (*found[:_MOST], f"… and {more} more") if more > 0 else tuple(found)


def _unknown(why: str) -> str:
    return f"what more of its objects would change is not known: {why}"


def _told(held: Held, means: Means, steps: Sequence[Values]) -> Iterator[str]:
    held.read()
    outside.require(held.cluster)
    live = held.state.get("live") or {}
    models: dict[str, Any] = {}
    kept: set[tuple[str, str]] = set()
    there = set(held.listed())
    for values in steps:
        node = str(values["node"]["name"])
        if values["step"] == "model":
            models[node] = wanted.model(values)
            continue
        if values["step"] in ("job", "notebook"):
            of = jobs if values["step"] == "job" else notebooks
            made, stays = of.previewed(held, values)
            kept |= {(each["kind"], each["metadata"]["name"]) for each in made} | set(stays)
            for each in made:
                yield from _of(held, each, there, "")
            continue
        if values["step"] == "container":
            found = containers.container(values, held.cluster.own, held.catalog)
            told = made_of(found)
            told += [service(found.what, found.ports)] if found.ports else []
            kept |= {(each["kind"], each["metadata"]["name"]) for each in told}
            kept.add(("PodDisruptionBudget", found.what.name))
            for each in told:
                yield from _of(held, each, there, "")
            continue
        if values["step"] != "server":
            continue
        cluster = held.cluster
        served = wanted.served(values, cluster.own, models, cluster.namespace, means.catalog)
        served = queues.queued(cluster, served)
        made = outside.made(served, cluster.own)
        kept |= {(each["kind"], each["metadata"]["name"]) for each in made}
        before = str((live.get(node) or {}).get("workload") or "")
        old = live.get(node)
        if old and old.get("state") != served.state:
            shape = str((values.get("keeper") or {}).get("shape") or "")
            if line := rollout.told(cluster, shape):
                yield line
        for each in made:
            asked = scaling.as_many(held, each, served)
            yield from _of(held, asked, there, before if each["kind"] == "Deployment" else "")
    yield from (f"- {kind} {name}" for kind, name in sorted(there - kept))


def _of(held: Held, each: Object, there: set[tuple[str, str]], before: str) -> Iterator[str]:
    """What becomes of one object.

    Args:
        held: the deployment on its cluster.
        each: as it is asked for.
        there: what lies there, by kind and name.
        before: the name of what it takes over from; empty for nothing.
    """
    kind, name = each["kind"], each["metadata"]["name"]
    would = held.tried(each)
    if (kind, name) in there:
        for line in differences(held.found(kind, name), would):
            yield f"~ {kind} {name}: {line}"
        return
    yield f"+ {kind} {name}"
    if before and (kind, before) in there:
        for line in differences(held.found(kind, before), would):
            if not line.startswith("metadata.name:"):
                yield f"~ {kind} {name}, after {before}: {line}"
