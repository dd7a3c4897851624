"""Workloads of our own types; those of DEEP's are in `cases/`."""
# ruff: noqa: E501 - templates in lines

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepcat.catalog.values import AcceleratorRequest
from deepcat.secrets import reference
from deepcat.tosca.topology import Topology
from deepcat.tosca.workload import Mount, Port, Workload
from deepcat.tosca.workloads.derive import workloads
from deepcat.tosca.workloads.reading import REFERENCE

Good = Callable[..., Topology]

SERVER = """
topology_template:
  node_templates:
    box:
      type: deepcat.nodes.Compute
      capabilities: {host: {properties: {num_cpus: 8, mem_size: 32 GiB, disk_size: 100 GiB, GPU}}}
    model: {type: deepcat.nodes.Model, properties: {name: m, archive: m.tar.gz}}
    data: {type: deepcat.nodes.DataMount, properties: {source: s3://b/x, target: /data, kind: s3, read_only: false}}
    server:
      type: deepcat.nodes.ModelServer
      properties: {environment: {A: b, TOKEN: 'env:TOKEN'}, secrets: {KEY: 'vault:kv/a#k'}, PORTS}
      requirements: [{host: box}, {model: model}, {data: data}]
    gateway:
      type: deepcat.nodes.DEEPaaSGateway
      requirements: [{host: box}, {server: server}]
"""


def only(topology: Topology) -> Workload:
    (workload,) = workloads(topology)
    return workload


def served(good: Good, gpu: str = "", ports: str = "rest_port: 9000") -> Workload:
    return only(good(SERVER.replace("GPU", gpu or "num_gpus: 0").replace("PORTS", ports), {}))


def test_a_server_with_its_gateway(good: Good) -> None:
    assert served(good) == Workload(
        "server",
        "service",
        model="model",
        ports=(Port("rest", 9000, 9000), Port("grpc", 8500, 8500), Port("deepaas", 5000, 5000)),
        environment={"A": "b"},
        mounts=(Mount("s3://b/x", "/data", False, "s3"),),
        secrets={"TOKEN": "env:TOKEN", "KEY": "vault:kv/a#k"},
        cpus=8.0,
        memory_MiB=32768,
        storage_MiB=102400,
        hosts=("box",),
        has_plug_in=True,
    )


def test_a_plug_in_is_a_kind_of_workload_where_it_runs(good: Good) -> None:
    assert served(good).kinds == ("service", "plug-in")
    off = SERVER.replace("Gateway\n", "Gateway\n      properties: {enabled: false}\n")
    found = only(good(off.replace("GPU", "num_gpus: 0").replace("PORTS", "rest_port: 9000"), {}))
    assert (found.kinds, len(found.ports)) == (("service",), 2)


def test_port_zero_is_any(good: Good) -> None:
    ports = served(good, ports="rest_port: 0, grpc_port: 0").ports
    assert ports[:2] == (Port("rest", 8501, 0), Port("grpc", 8500, 0))


@pytest.mark.parametrize(
    ("written", "request_"),
    [
        ("num_gpus: 2", AcceleratorRequest(count=2)),
        ("gpu_model: 'A100, V100'", AcceleratorRequest(models=("A100", "V100"), count=1)),
        ("gpu_models: [H100, A100], num_gpus: 4", AcceleratorRequest(models=("H100", "A100"), count=4)),
        ("num_gpus: 0, gpu_model: A100", AcceleratorRequest()),
        ("num_gpus: 1, gpu_vendor: amd", AcceleratorRequest("amd", count=1)),
        ("num_gpus: 1, gpu_memory: 40 GiB", AcceleratorRequest(count=1, memory_MiB=40960)),
        ("num_gpus: 1, gpu_compute_capability: '8.6'", AcceleratorRequest(count=1, compute_capability=(8, 6))),
        ("num_gpus: 1, cuda: 12.4, driver: '550'", AcceleratorRequest(count=1, cuda="12.4", driver="550")),
        ("num_gpus: 1, mig: 1g.10gb, interconnect: nvlink", AcceleratorRequest(count=1, mig="1g.10gb", interconnect="nvlink")),
    ],
)  # fmt: skip
def test_accelerators(good: Good, written: str, request_: AcceleratorRequest) -> None:
    assert served(good, written).accelerator == request_


@pytest.mark.parametrize(
    ("host", "system", "request_"),
    [
        ("num_gpus: 2, gpu_vendor: NVIDIA Corporation, gpu_model: Tesla V100", "", AcceleratorRequest("nvidia", ("Tesla V100",), 2)),
        ("num_gpus: 1, infiniband_support: true", "", AcceleratorRequest(count=1, interconnect="infiniband")),
        ("num_cpus: 1", "cuda_support: true, cuda_min_version: '11.2'", AcceleratorRequest(count=1, cuda="11.2")),
        ("num_cpus: 1, infiniband_support: true", "", AcceleratorRequest(interconnect="infiniband")),
    ],
)  # fmt: skip
def test_accelerators_in_deeps_words(
    good: Good, host: str, system: str, request_: AcceleratorRequest
) -> None:
    text = f"topology_template:\n  node_templates:\n    vm: {{type: tosca.nodes.indigo.Compute, capabilities: {{host: {{properties: {{{host}}}}}, os: {{properties: {{{system}}}}}}}}}\n"
    workload = only(good(text, {}))
    assert (workload.kind, workload.accelerator) == ("virtual-machine", request_)


def test_two_on_one_machine_ask_for_it_once(good: Good) -> None:
    text = """
topology_template:
  node_templates:
    box: {type: tosca.nodes.Compute, capabilities: {host: {properties: {num_cpus: 4, mem_size: 8 GiB}}}}
    train: {type: deepcat.nodes.TrainingJob, properties: {command: python train.py, image: tf}, requirements: [{host: box}]}
    note: {type: deepcat.nodes.Notebook, requirements: [{host: box}]}
"""
    train, note = workloads(good(text, {}))
    assert (train.kind, train.image, train.command, train.cpus, train.memory_MiB) == (
        "job", "tf", "python train.py", 4.0, 8192,
    )  # fmt: skip
    assert (note.kind, note.ports, note.cpus, note.memory_MiB) == (
        "notebook", (Port("notebook", 8888, 8888),), 0.0, 0,
    )  # fmt: skip


def test_software_on_a_machine_is_the_machines(good: Good) -> None:
    text = """
topology_template:
  node_templates:
    vm:
      type: tosca.nodes.indigo.Compute
      capabilities:
        host: {properties: {num_cpus: 2}}
        scalable: {properties: {min_instances: 1, max_instances: 4, default_instances: 2}}
        endpoint: {properties: {ports: {web: {protocol: tcp, source: 80}, range: {source_range: [1, 9]}}}}
    app: {type: tosca.nodes.SoftwareComponent, requirements: [{host: vm}]}
"""
    workload = only(good(text, {}))
    assert (workload.name, workload.kind, workload.hosts) == ("vm", "virtual-machine", ("vm",))
    assert (workload.replicas, workload.min_replicas, workload.max_replicas) == (2, 1, 4)
    assert workload.ports == (Port("web", 80, 80),)


def test_replicas_and_scaling(good: Good) -> None:
    policy = """
  policies:
    - grow: {type: deepcat.policies.Scaling, targets: [TARGET], properties: {min_instances: 2, max_instances: 6}}
"""
    text = SERVER.replace("GPU", "num_gpus: 0").replace("PORTS", "replicas: 3")
    plain = only(good(text, {}))
    assert (plain.replicas, plain.min_replicas, plain.max_replicas) == (3, 3, 3)
    for target in ("server", "box"):
        scaled = only(good(text + policy.replace("TARGET", target), {}))
        assert (scaled.replicas, scaled.min_replicas, scaled.max_replicas) == (3, 2, 6)
    other = only(good(text + policy.replace("TARGET", "model"), {}))
    assert other.max_replicas == 3


def test_secrets_of_deeps_templates(read: Any) -> None:
    text = """
topology_template:
  inputs: {password: {type: string, default: ''}}
  node_templates:
    run: {type: tosca.nodes.indigo.Container.Runtime.Docker}
    app:
      type: tosca.nodes.indigo.Container.Application.Docker.Marathon
      properties:
        environment_variables: {jupyterPASSWORD: {get_input: password}, A: b}
        secrets: {KEY: 'env:KEY', OTHER: not a reference}
      requirements: [{host: run}]
      artifacts: {image: {type: tosca.artifacts.Deployment.Image.Container.Docker, file: x/y:1}}
"""
    topology, _ = read(text, {"password": "file:/run/secrets/p"})
    workload = only(topology)
    assert workload.secrets == {"jupyterPASSWORD": "file:/run/secrets/p", "KEY": "env:KEY"}
    assert workload.environment == {"A": "b"}


@pytest.mark.parametrize("kind", reference.KINDS)
def test_references_are_those_of_the_room_secrets(kind: str) -> None:
    found = f"{kind}:a/b" + ("#c" if kind == "vault" else "")
    assert REFERENCE.match(found)
    assert reference.parse(found)
    assert not REFERENCE.match(f"{kind}s:a")


def test_two_clusters_keep_their_workers_apart(good: Good) -> None:
    text = "topology_template:\n  node_templates:\n" + "".join(
        f"""
    {kind}_fe: {{type: tosca.nodes.indigo.LRMS.FrontEnd.{family}, requirements: [{{host: {kind}_fe_vm}}]}}
    {kind}_wn: {{type: tosca.nodes.indigo.LRMS.WorkerNode.{family}, requirements: [{{host: {kind}_wn_vm}}], properties: {{front_end_ip: x}}}}
    {kind}_fe_vm: {{type: tosca.nodes.indigo.Compute}}
    {kind}_wn_vm: {{type: tosca.nodes.indigo.Compute, capabilities: {{scalable: {{properties: {{count: {count}}}}}}}}}
"""
        for kind, family, count in (("s", "Slurm", 2), ("k", "Kubernetes", 5))
    )
    found = {w.name: (w.kind, w.hosts, w.replicas) for w in workloads(good(text, {}))}
    assert found == {
        "s_fe": ("cluster", ("s_fe_vm", "s_wn_vm"), 2),
        "k_fe": ("cluster", ("k_fe_vm", "k_wn_vm"), 5),
    }


def test_nobody_asks_for_less_than_nothing(good: Good) -> None:
    """INDIGO's types set no bounds, and a type of the template's own need not."""
    text = """
capability_types:
  tosca.capabilities.Container: {derived_from: tosca.capabilities.Root, properties: {num_cpus: float}}
topology_template:
  node_templates:
    a:
      type: tosca.nodes.indigo.Compute
      capabilities:
        host: {properties: {num_cpus: -4, num_gpus: -3}}
        scalable: {properties: {count: -2}}
"""
    asked = only(good(text, {}))
    assert (asked.cpus, asked.accelerator.count, asked.replicas) == (0.0, 0, 0)


@pytest.mark.parametrize(
    ("start", "least", "most", "bounds"),
    [(6, 2, 4, (6, 2, 6)), (2, 3, 4, (2, 2, 4)), (3, 2, 4, (3, 2, 4)), (3, 1, 1, (3, 3, 3))],
)
def test_bounds_hold_where_a_node_starts(
    good: Good, start: int, least: int, most: int, bounds: tuple[int, int, int]
) -> None:
    values = f"count: {start}, min_instances: {least}, max_instances: {most}"
    text = f"""
topology_template:
  node_templates:
    a:
      type: tosca.nodes.indigo.Compute
      capabilities: {{scalable: {{properties: {{{values}}}}}}}
"""
    asked = only(good(text, {}))
    assert (asked.replicas, asked.min_replicas, asked.max_replicas) == bounds
