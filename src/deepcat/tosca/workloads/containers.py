"""Workloads of containers, and of batch jobs. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from deepcat.tosca.topology import Node
from deepcat.tosca.workload import Workload
from deepcat.tosca.workloads import shape as shapes
from deepcat.tosca.workloads.reading import INDIGO, Reading, environment_of, filled
from deepcat.tosca.workloads.shape import Scale, Shape, integer, number, text

_IMAGE: Final = "tosca.artifacts.Deployment.Image"


def container(reading: Reading, node: Node) -> Workload | None:
    """A container as a service, or as a job; None for what is none."""
    if "tosca.nodes.Container.Application" not in node.ancestry:
        return None
    runtime = reading.target(node.name, "host")
    edge = next((edge for edge in reading.edges.get(node.name, ()) if edge.name == "host"), None)
    offer = runtime.capabilities.get(edge.capability, {}) if runtime and edge else {}
    wanted = shapes.shape(runtime, edge.capability) if runtime and edge else Shape()
    environment, secrets = environment_of(node.properties, "environment_variables")
    is_job = f"{INDIGO}Container.Application.Docker.Chronos" in node.ancestry
    mounts = [*shapes.volumes(offer.get("volumes")), *reading.spaces(environment)]
    return filled(
        Workload(
            node.name,
            "job" if is_job else "service",
            image=_image(node),
            command=text(node.properties.get("command")),
            ports=shapes.published(offer.get("publish_ports")),
            environment=environment,
            mounts=tuple(mounts),
            secrets=secrets,
            hosts=(runtime.name,) if runtime else (),
        ),
        reading.take(runtime, wanted),
        shapes.scale(runtime) if runtime else Scale(),
    )


def batch_job(reading: Reading, node: Node) -> Workload | None:
    """A job of a batch system; None for what is none."""
    if f"{INDIGO}Batch.Job" not in node.ancestry:
        return None
    values = node.properties
    nodes = max(1, integer(values.get("total_nodes"), 1))
    cores = number(values.get("total_cores"), 1.0) / nodes
    cpus = number(values.get("cores_per_node"), cores)
    memory = integer(values.get("memory_per_node")) or round(
        integer(values.get("memory_per_core")) * cpus
    )
    gpus = -(-integer(values.get("gpus")) // nodes)
    environment, secrets = environment_of(values, "environment")
    # DEEP's job script runs an image by udocker; what runs inside it is told by variables.
    image = text(environment.get("DOCKER_IMAGE"))
    arguments = values.get("arguments")
    words = [text(values.get("executable"))]
    words += [text(item) for item in arguments] if isinstance(arguments, list) else []
    inner = text(environment.get("UDOCKER_RUN_COMMAND")) if image else ""
    return Workload(
        node.name,
        "job",
        image=image,
        command=inner or " ".join(word for word in words if word),
        environment=environment,
        mounts=tuple(reading.spaces(environment)),
        secrets=secrets,
        cpus=cpus,
        memory_MiB=memory,
        replicas=nodes,
        min_replicas=nodes,
        max_replicas=nodes,
        accelerator=replace(shapes.accelerator({}, {}), count=gpus),
    )


def _image(node: Node) -> str:
    for artifact in node.artifacts.values():
        if str(artifact.get("type", _IMAGE)).startswith(_IMAGE):
            return text(artifact.get("file"))
    return ""
