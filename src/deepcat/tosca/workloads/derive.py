"""A topology becomes workloads: what must run, whatever vocabulary asked for it. Pure.

| in the template | workload |
|---|---|
| `deepcat.nodes.ModelServer`, with a gateway on the same machine | service |
| `deepcat.nodes.TrainingJob`, `deepcat.nodes.Notebook` | job, notebook |
| `…indigo.Container.Application.Docker.Marathon`, other containers | service |
| `…indigo.Container.Application.Docker.Chronos`, `…indigo.Qcg.Job`, `…indigo.Batch.Job` | job |
| `…indigo.LRMS.FrontEnd.*`, `…MesosMaster`, with their workers and machines | cluster |
| any other `tosca.nodes.Compute`, with the software on it | virtual-machine |

Secrets are references (`env:NAME` and the like), wherever a template or a deployment puts one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from deepcat.tosca.topology import Topology
from deepcat.tosca.workload import Workload
from deepcat.tosca.workloads.containers import batch_job, container
from deepcat.tosca.workloads.deepcat_types import own_type
from deepcat.tosca.workloads.machines import cluster, machine
from deepcat.tosca.workloads.reading import Reading
from deepcat.tosca.workloads.shape import integer

_SCALING: Final = "Scaling"
# Clusters first, for they take their machines whole.
_READERS: Final = (cluster, own_type, container, batch_job, machine)


def workloads(topology: Topology) -> tuple[Workload, ...]:
    """What must run, in the topology's order; machines that carry others are theirs."""
    reading = Reading(topology)
    found: dict[str, Workload] = {}
    for read in _READERS:
        for node in topology.nodes.values():
            workload = None if node.name in found else read(reading, node)
            if workload is not None:
                found[node.name] = workload
    ordered = (found[name] for name in topology.nodes if name in found)
    scaled = (_scaled(topology, workload) for workload in ordered)
    if not _brings_scripts(topology):
        return tuple(scaled)
    return tuple(replace(workload, has_script=True) for workload in scaled)


def _brings_scripts(topology: Topology) -> bool:
    nodes = (node.operations for node in topology.nodes.values() if not node.is_off)
    held = (*nodes, *(edge.operations for edge in topology.edges))
    return any(operation.origin == "module" for own in held for operation in own)


def _scaled(topology: Topology, workload: Workload) -> Workload:
    """Let scaling policies that aim at a workload, or at its machines, set its bounds."""
    for policy in topology.policies:
        aims = {workload.name, *workload.hosts} & set(policy.targets)
        if not aims or not policy.type.endswith(_SCALING):
            continue
        least = integer(policy.properties.get("min_instances"), workload.min_replicas)
        most = integer(policy.properties.get("max_instances"), workload.max_replicas)
        start = integer(policy.properties.get("default_instances"), workload.replicas)
        most = max(least, most)
        start = min(max(start, least), most)
        workload = replace(workload, replicas=start, min_replicas=least, max_replicas=most)
    return workload
