"""What a topology asks for that nothing carries out is refused by name; the rest is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.clouds.request import Request, request_for
from deepcat.plan import matched
from deepcat.plan.compile import unrunnable
from deepcat.plan.refusal import Refusal
from deepcat.tosca.load import load_topology
from deepcat.tosca.topology import Edge, Topology
from deepcat.tosca.workloads.derive import workloads

MODULE = Module("m", "1.0.0", "modules/m", {}, "d", "modules/m/tosca.yaml", None, ())
TEMPLATE = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
node_types:
  own.Server: {derived_from: deepcat.nodes.ModelServer, properties: {own: {type: string, required: false}}}
  own.Step: {derived_from: tosca.nodes.Root, properties: {own: {type: string, required: false}}}
topology_template:
  node_templates:
    host: {type: HOST, capabilities: {host: {properties: {num_cpus: 1, mem_size: 1 GBMACHINE}}OS}}
    model: {type: deepcat.nodes.Model, properties: {name: m, archive: m.tar.gzMODEL}}
    server:
      type: SERVERTYPE
      properties: {model_name: m, rest_port: 0SERVER}
      requirements: [host: host, model: modelNEEDS]
NODES
"""  # noqa: E501
DATA = "    photos: {type: deepcat.nodes.DataMount, properties: {source: /d, target: /data}}\n"
STEP = "    step: {type: own.Step, properties: {own: x}, interfaces: {Standard: {create: s.sh}}}\n"
TOLD = """\
    below: {type: own.Step}
    above:
      type: own.Step
      requirements:
        - dependency:
            node: below
            relationship:
              type: tosca.relationships.DependsOn
              interfaces: {Configure: {post_configure_source: s.sh}}
"""


_NO_INPUTS: Mapping[str, Any] = {}


class Files:
    """A tree that holds one module."""

    def __init__(self, text: str) -> None:
        self.files = {"modules/m/tosca.yaml": text.encode(), "modules/m/s.sh": b"#!/bin/sh\n"}

    def entries(self, under: str = "") -> tuple[Any, ...]:
        return ()

    def size(self, path: str) -> int | None:
        return len(self.files[path]) if path in self.files else None

    def read(self, path: str) -> bytes:
        return self.files[path]


def topology(inputs: Mapping[str, Any] | None = _NO_INPUTS, **parts: str) -> Topology:
    """A template with parts put in; judged by itself where its inputs are None."""
    text = TEMPLATE
    usual = {"HOST": "deepcat.nodes.Compute", "SERVERTYPE": "deepcat.nodes.ModelServer"}
    for name in ("HOST", "MACHINE", "OS", "MODEL", "SERVERTYPE", "SERVER", "NEEDS", "NODES"):
        text = text.replace(name, parts.get(name, usual.get(name, "")), 1)
    path, is_given = "modules/m/tosca.yaml", inputs is not None
    made, findings = load_topology(Files(text), path, inputs or {}, complete=is_given)
    assert made is not None
    assert not [each for each in findings if each.is_error], findings
    return made


def deployment(profile: str) -> Deployment:
    path = "deployments/demo.yaml"
    return Deployment("demo", path, "m", "", profile, {}, None, Placement(), None, "ada", {})


def refused(made: Topology, profile: str = "serve") -> tuple[Refusal, ...]:
    return unrunnable(made, deployment(profile), MODULE, workloads(made))


@pytest.mark.parametrize(
    ("parts", "code", "message"),
    [
        ({"SERVER": ", image: x"}, "property", "`image` of a `deepcat.nodes.ModelServer`"),
        ({"SERVER": ", replicas: 3"}, "property", "`replicas` of a `deepcat.nodes.ModelServer`"),
        ({"SERVER": ", component_version: 1.0"}, "property", "`component_version`"),
        ({"SERVER": ", secrets: {T: 'env:DEEPCAT_WORKLOAD_T'}"}, "secret", "its secrets"),
        ({"SERVER": ", batching: {max_batch_size: 8, max_enqueued_batches: 9}"}, "property",
         "`batching.max_enqueued_batches`"),
        ({"SERVER": ", environment: {LD_PRELOAD: /x.so, LEVEL: a}"}, "environment", "`LD_PRELOAD`"),
        ({"SERVER": ", environment: {TOKEN: 'env:TOKEN'}"}, "secret", "the secret `TOKEN`"),
        ({"MODEL": ", format: onnx"}, "property", "`format: onnx`"),
        ({"NEEDS": ", data: photos", "NODES": DATA}, "node", "`photos`, a `deepcat.nodes.DataMou"),
        ({"MACHINE": ", disk_size: 1 GB"}, "property", "`host.disk_size`"),
        ({"OS": ", os: {properties: {type: linux}}"}, "property", "`os.type`"),
        ({"OS": ", scalable: {properties: {max_instances: 2}}"}, "property", "`scalable.max_"),
        ({"SERVERTYPE": "own.Server", "SERVER": ", own: x"}, "property", "`own` of a `own.Server`"),
        ({"NODES": "    step: {type: own.Step}\n"}, "node", "`step`, a `own.Step`"),
        ({"NODES": "    job: {type: deepcat.nodes.TrainingJob, properties: {command: x}, "
                   "requirements: [host: host]}\n"}, "node", "`job`, a `deepcat.nodes.Train"),
        ({"NODES": "    gate: {type: deepcat.nodes.DEEPaaSGateway, requirements: [host: host, "
                   "server: server]}\n"}, "node", "`gate`, a `deepcat.nodes.DEEPaaSGateway`"),
        ({"NODES": "  policies: [more: {type: deepcat.policies.Scaling, targets: [server], "
                   "properties: {max_instances: 3}}]\n"}, "policy", "`more`, a `deepcat."),
        ({"NODES": "  policies: [near: {type: deepcat.policies.Placement, targets: [server], "
                   "properties: {region: eu}}]\n"}, "policy", "`near`, a `deepcat."),
        ({"SERVER": "}\n      interfaces: {Standard: {inputs: {a: 1}}"}, "property",
         "`start.inputs.a`"),
        ({"SERVERTYPE": "own.Server",
          "SERVER": ", replicas: 3}\n      interfaces: {Standard: {create: s.sh}"}, "property",
         "`replicas`"),
        ({"NODES": STEP.replace("create: s.sh", "start: role:model_server")}, "node", "`step`"),
        ({"SERVER": "}\n      artifacts: {i: {file: s.sh}"}, "property", "`artifacts.i`"),
        ({"NODES": STEP.replace("create:", "delete: s.sh, create:").replace("Standard:",
                   "Odd: {type: tosca.interfaces.Root, twist: s.sh}, Standard:")}, "operation",
         "`Odd.twist`"),
    ],
)  # fmt: skip
def test_what_nothing_carries_out_is_refused_by_name(
    parts: dict[str, str], code: str, message: str
) -> None:
    found = refused(topology(**parts))
    assert [(each.code, message in each.message) for each in found] == [(f"plan/{code}", True)]
    assert all(each.hint for each in found)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"HOST": "tosca.nodes.Compute"},
        {"SERVER": ", image: null, replicas: 1, environment: {}, secrets: {}, grpc_port: 1"},
        {"SERVERTYPE": "own.Server"},
        {"SERVER": ", batching: {max_batch_size: 8}, environment: {LEVEL: debug}"},
        {"NODES": STEP},
        {"NODES": "  policies: [one: {type: deepcat.policies.Scaling, targets: [server]}]\n"},
        {"NEEDS": ", dependency: step", "NODES": STEP},
        {"NODES": TOLD},
        {"SERVERTYPE": "own.Server",
         "SERVER": ", own: x}\n      interfaces: {Standard: {create: s.sh}"},
    ],
)  # fmt: skip
def test_what_is_carried_out_or_at_its_default_is_taken(parts: dict[str, str]) -> None:
    assert refused(topology(**parts)) == ()


def test_what_hangs_on_an_input_is_judged_when_that_is_given() -> None:
    parts = {"SERVER": ", replicas: {get_input: n}", "NODES": "  inputs: {n: {type: integer}}\n"}
    assert refused(topology({"n": 1}, **parts)) == ()
    assert [each.code for each in refused(topology({"n": 3}, **parts))] == ["plan/property"]
    assert refused(topology(None, **parts)) == ()


@pytest.mark.parametrize("profile", ["train", "develop"])
def test_a_profile_without_its_workload_is_refused(profile: str) -> None:
    (found,) = refused(topology(), profile)
    assert found.code == "plan/profile"
    assert f"`{profile}`" in found.message


def test_a_requirement_that_no_role_takes_is_refused() -> None:
    made = topology(NODES=STEP)
    more = Edge("server", "data", "step", "feature", "tosca.relationships.DependsOn")
    (found,) = refused(replace(made, edges=(*made.edges, more)))
    assert (found.code, "`data`" in found.message) == ("plan/requirement", True)


def test_a_property_of_a_requirement_that_no_script_uses_is_refused() -> None:
    made = topology()
    edges = tuple(replace(each, properties={"device": "/dev/sdb"}) for each in made.edges)
    found = refused(replace(made, edges=edges))
    assert {each.code for each in found} == {"plan/requirement"}
    assert all("`device`" in each.message for each in found)


RECIPES = re.compile(r"^## (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
NOT_YET = {"Train", "Develop", "Answer DEEPaaS too"}


def test_the_cookbook_says_what_is_not_carried_out_yet(repository: Path) -> None:
    text = (repository / "site" / "pages" / "guides" / "topology.md").read_text("utf-8")
    told = {}
    for title, body in RECIPES.findall(text):
        for block in re.findall(r"```yaml\n(.*?)```", body, re.DOTALL):
            made, _ = load_topology(Files(block), "modules/m/tosca.yaml", {})
            assert made is not None, title
            told[title] = {each.code for each in refused(made)}
            assert ("Nothing carries this out yet" in body) == (title in NOT_YET)
    assert {title for title, codes in told.items() if codes} == NOT_YET
    assert {code for codes in told.values() for code in codes} == {"plan/node"}


def test_every_module_of_the_catalog_can_be_carried_out(repository: Path) -> None:
    templates = sorted((repository / "modules").glob("*/tosca.yaml"))
    assert templates
    for path in templates:
        name = path.relative_to(repository).as_posix()
        made, _ = load_topology(work_tree(repository), name, {})
        assert made is not None
        assert refused(made) == (), name


_OS = ("cuda_support", "gpu_driver")
_SAMPLES: dict[str, dict[str, Any]] = {
    "host": {
        "num_cpus": 7, "mem_size": "7 GB", "num_gpus": 2, "gpu_vendor": "nvidia",
        "gpu_model": "A100", "gpu_models": ["A100"], "gpu_memory": "40 GB", "cuda": "12.1",
        "gpu_compute_capability": "8.0", "driver": "535.1", "mig": "1g.5gb",
        "interconnect": "nvlink", "infiniband_support": True,
    },
    "os": {"cuda_support": True, "cuda_min_version": "12.1", "gpu_driver": True},
}  # fmt: skip


def test_a_sample_for_every_word_that_the_matcher_takes() -> None:
    assert {name: frozenset(values) for name, values in _SAMPLES.items()} == matched.CAPABILITIES


@pytest.mark.parametrize(
    ("capability", "name"),
    [(capability, name) for capability, values in _SAMPLES.items() for name in values],
)
def test_the_matcher_does_what_it_takes(capability: str, name: str) -> None:
    made = topology()
    host = made.nodes["host"]
    asked = {**host.capabilities.get(capability, {}), name: _SAMPLES[capability][name]}
    offered = {**host.capabilities, capability: asked}
    others = {"num_gpus": 1} if name not in ("num_gpus", "num_cpus", "mem_size", *_OS) else {}
    plain = {**host.capabilities, "host": {**host.capabilities["host"], **others}}
    with_it = {**offered, "host": {**offered["host"], **others}}
    assert request(made, plain) != request(made, with_it)


def request(made: Topology, capabilities: Mapping[str, Mapping[str, Any]]) -> Request:
    host = replace(made.nodes["host"], capabilities=capabilities)
    given = replace(made, nodes={**made.nodes, "host": host})
    return request_for(deployment("serve"), MODULE, workloads(given))
