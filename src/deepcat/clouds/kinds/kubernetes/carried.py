"""What of what topologies ask of roles the steps of this kind carry out; all else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deepcat.clouds.manifests.objects import GRPC, REST

_MODEL: Final = "deepcat.nodes.Model"
_SERVER: Final = "deepcat.nodes.ModelServer"

_INDIGO: Final = "tosca.nodes.indigo"
_SPACE: Final = f"{_INDIGO}.OnedataSpace"
_CHRONOS: Final = f"{_INDIGO}.Container.Application.Docker.Chronos"
_BATCH: Final = (f"{_INDIGO}.Batch.Job", f"{_INDIGO}.Qcg.Job")
# Those by which a host is chosen, and those for people, among them.
_OF_BATCH: Final = (
    *("executable", "arguments", "environment", "note", "directory", "wall_clock", "queue"),
    *("stdout", "stderr", "std_outerr", "gpus", "total_cores", "total_nodes"),
    *("cores_per_node", "memory_per_node", "memory_per_core"),
)
_TRAINING: Final = "deepcat.nodes.TrainingJob"
_OF_TRAININGS: Final = (
    *(
        "begins_from",
        "command",
        "data",
        "environment",
        "evaluate",
        "files",
        "inputs",
        "limits",
        "repeats",
    ),
    *("python", "requirements", "retries", "time_limit"),
)
_NOTEBOOK: Final = "deepcat.nodes.Notebook"
_MARATHON: Final = f"{_INDIGO}.Container.Application.Docker.Marathon"
_OF_MARATHON: Final = ("command", "environment_variables", "force_pull_image", "labels")
_OF_CHRONOS: Final = ("command", "description", "environment_variables", "retries", "schedule")

# As `deepcat.plan.asked` spells it.
CARRIES: Final = (
    _MODEL,
    *(f"{_MODEL}.{name}" for name in ("name", "version", "archive", "sha256")),
    _SERVER,
    *(f"{_SERVER}.{name}" for name in ("model_name", "batching", "environment", "replicas")),
    f"{_SERVER}.rest_port: {REST}",
    f"{_SERVER}.grpc_port: {GRPC}",
    _SPACE,
    *(f"{_SPACE}.{name}" for name in ("space", "token", "oneproviders", "onezone")),
    *_BATCH,
    *(f"{kind}.{name}" for kind in _BATCH for name in _OF_BATCH),
    _CHRONOS,
    *(f"{_CHRONOS}.{name}" for name in _OF_CHRONOS),
    _TRAINING,
    *(f"{_TRAINING}.{name}" for name in _OF_TRAININGS),
    _NOTEBOOK,
    *(f"{_NOTEBOOK}.{name}" for name in ("environment", "idle", "port", "requirements")),
    _MARATHON,
    *(f"{_MARATHON}.{name}" for name in _OF_MARATHON),
)


_SCALES: Final = tuple(
    f"{_SERVER}.scalable.{name}" for name in ("min_instances", "max_instances", "default_instances")
)


def carries(own: Mapping[str, Any], measures: bool = False) -> tuple[str, ...]:
    """The same of a cloud.

    Args:
        own: the kind's part of its file; it may bring an image for jobs.
        measures: whether the cluster tells how busy pods are, without which nothing adds any.
    """
    found = (*CARRIES, *_SCALES) if measures else CARRIES
    if not (own.get("jobs") or {}).get("image"):
        return found
    return (*found, *(f"{kind} without an image" for kind in (*_BATCH, _CHRONOS)))
