"""Containers of INDIGO: what their runtime is asked is carried out for what runs on it, or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Cloud, Deployment, Module, Placement
from deepcat.clouds.registry import takes
from deepcat.clouds.request import request_for
from deepcat.plan.compile import unrunnable
from deepcat.tosca.load import load_topology
from deepcat.tosca.workloads.derive import workloads

MARATHON, CHRONOS = "Marathon", "Chronos"
TEMPLATE = """\
tosca_definitions_version: tosca_simple_yaml_1_0
imports: [indigo]
topology_template:
  node_templates:
    docker:
      type: tosca.nodes.indigo.Container.Runtime.Docker
      capabilities: {{host: {{properties: {{num_cpus: 1, mem_size: 1 GB, {asks}}}}}}}
    tool:
      type: tosca.nodes.indigo.Container.Application.Docker.{kind}
      properties: {{command: run{more}}}
      requirements: [{{host: docker}}]
      artifacts:
        image: {{file: "a/b:1", type: tosca.artifacts.Deployment.Image.Container.Docker}}
"""
PORT = "publish_ports: [{protocol: tcp, source: 5000}]"


def refused(
    folder: Path, kind: str, asks: str, more: str = ""
) -> tuple[list[str], tuple[str, ...]]:
    """What the plan says against it, and the kinds of workload that it asks for."""
    (folder / "tosca.yaml").write_text(TEMPLATE.format(kind=kind, asks=asks, more=more))
    made, findings = load_topology(work_tree(folder), "tosca.yaml", {})
    assert made is not None, findings
    module = Module("m", "1.0.0", "modules/m", {}, "d", "tosca.yaml", None, ())
    wish = Deployment(
        name="it", path="deployments/it.yaml", module="m", version="", profile="serve", inputs={},
        accelerator=None, placement=Placement(), lifetime_s=None, owner="ada", data={},
    )  # fmt: skip
    work = workloads(made)
    told = [each.message for each in unrunnable(made, wish, module, work)]
    return told, request_for(wish, module, work).kinds


@pytest.mark.parametrize(
    ("kind", "asks", "more", "says"),
    [
        (MARATHON, PORT, "", ""),
        (MARATHON, "volumes: ['/data:rw']", ", labels: {HAPROXY_GROUP: external}", ""),
        (MARATHON, "publish_ports: [{source: 5000, target: 80}]", "", "`target: 80`"),
        (MARATHON, "publish_ports: [{protocol: udp, source: 53}]", "", "`protocol: udp`"),
        (MARATHON, PORT, ", labels: {HAPROXY_GROUP: inside}", "HAPROXY_GROUP: inside"),
        (MARATHON, PORT, ", labels: {OTHER: x}", "`labels.OTHER`"),
        (MARATHON, PORT, ", enable_https: true", "`enable_https`"),
        (MARATHON, PORT, ", privileged: true", "`privileged`"),
        (MARATHON, PORT, ", constraints: [[hostname, UNIQUE]]", "`constraints`"),
        (CHRONOS, "volumes: ['/data:rw']", "", ""),
        (CHRONOS, PORT, "", "`host.publish_ports`"),
    ],
)
def test_what_a_runtime_is_asked_is_carried_out_or_refused_by_name(
    tmp_path: Path, kind: str, asks: str, more: str, says: str
) -> None:
    found, _ = refused(tmp_path, kind, asks, more)
    assert bool(found) == bool(says), found
    assert all(says in each for each in found), found


def test_only_kinds_of_cloud_that_say_so_take_containers_that_run_on(tmp_path: Path) -> None:
    assert refused(tmp_path, MARATHON, PORT)[1] == ("container", "service")
    assert refused(tmp_path, CHRONOS, "volumes: []")[1] == ("job",)
    clouds = [Cloud(kind, f"clouds/{kind}.yaml", kind, {}) for kind in ("local", "kubernetes")]
    assert ["container" in takes(each) for each in clouds] == [False, True]
