"""What a topology asks for that nothing carries out is refused by name; the rest is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.findings import Finding
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Cloud, Deployment, Module, Placement
from deepcat.clouds.registry import takes
from deepcat.clouds.request import Request, request_for
from deepcat.plan import matched
from deepcat.plan.compile import unrunnable
from deepcat.plan.galaxy_roles import pinned
from deepcat.plan.refusal import Refusal
from deepcat.tosca.load import load_topology
from deepcat.tosca.topology import Edge, Topology
from deepcat.tosca.workloads.derive import workloads

MODULE = Module("m", "1.0.0", "modules/m", {}, "d", "modules/m/tosca.yaml", None, ())
TEMPLATE = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat, grycap]
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


RING = """\
    one: {type: own.Step, requirements: [{dependency: {node: two, relationship: tosca.relationships.Root}}]}
    two:
      type: own.Step
      requirements:
        - dependency:
            node: one
            relationship: {type: tosca.relationships.Root, interfaces: {Configure: {post_configure_source: s.sh}}}
"""  # noqa: E501
GATE = (
    "    gate: {type: deepcat.nodes.DEEPaaSGateway, requirements: [host: host, server: server]}\n"
)
OTHER = (
    "    other: {type: deepcat.nodes.Compute, capabilities: {host: {properties: {num_cpus: 1, "
    "mem_size: 1 GB}}}}\n"
)
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


def _loaded(
    inputs: Mapping[str, Any], *, complete: bool, **parts: str
) -> tuple[Topology | None, tuple[Finding, ...]]:
    text = TEMPLATE
    usual = {"HOST": "deepcat.nodes.Compute", "SERVERTYPE": "deepcat.nodes.ModelServer"}
    for name in ("HOST", "MACHINE", "OS", "MODEL", "SERVERTYPE", "SERVER", "NEEDS", "NODES"):
        text = text.replace(name, parts.get(name, usual.get(name, "")), 1)
    made, findings = load_topology(Files(text), "modules/m/tosca.yaml", inputs, complete=complete)
    return made, tuple(findings)


def topology(inputs: Mapping[str, Any] | None = _NO_INPUTS, **parts: str) -> Topology:
    """A template with parts put in; judged by itself where its inputs are None."""
    made, findings = _loaded(inputs or {}, complete=inputs is not None, **parts)
    assert made is not None
    assert not [each for each in findings if each.is_error], findings
    return made


def test_a_form_of_model_that_nothing_serves_is_no_value_of_its_type() -> None:
    made, findings = _loaded({}, complete=True, MODEL=", format: onnx")
    assert made is None
    assert [each.code for each in findings] == ["tosca/constraint"]
    assert "`onnx`" in findings[0].message


def deployment(profile: str) -> Deployment:
    path = "deployments/demo.yaml"
    return Deployment("demo", path, "m", "", profile, {}, None, Placement(), None, "ada", {})


def refused(
    made: Topology, profile: str = "serve", allowed: Mapping[str, str] | None = None
) -> tuple[Refusal, ...]:
    return unrunnable(made, deployment(profile), MODULE, workloads(made), allowed=allowed)


@pytest.mark.parametrize(
    ("parts", "code", "message"),
    [
        ({"SERVER": ", image: x"}, "property", "`image` of a `deepcat.nodes.ModelServer`"),
        ({"SERVER": ", image: i"}, "property", "`image` of a `deepcat.nodes.ModelServer`"),
        ({"SERVER": ", component_version: 1.0"}, "property", "`component_version`"),
        ({"SERVER": ", secrets: {T: 'env:DEEPCAT_WORKLOAD_T'}"}, "secret", "its secrets"),
        ({"SERVER": ", batching: {max_batch_size: 8, max_enqueued_batches: 9}"}, "property",
         "`batching.max_enqueued_batches`"),
        ({"SERVER": ", environment: {LD_PRELOAD: /x.so, TZ: a}"}, "environment", "`LD_PRELOAD`"),
        ({"SERVER": ", environment: {MODEL_KEY: 'env:TOKEN'}"}, "secret", "the secret `MODEL_KEY`"),
        ({"NEEDS": ", data: photos", "NODES": DATA}, "node", "`photos`, a `deepcat.nodes.DataMou"),
        ({"MACHINE": ", cpu_frequency: 1 GHz"}, "property", "`host.cpu_frequency`"),
        ({"OS": ", os: {properties: {type: linux}}"}, "property", "`os.type`"),
        ({"OS": ", scalable: {properties: {max_instances: 2}}"}, "property", "`scalable.max_"),
        ({"SERVERTYPE": "own.Server", "SERVER": ", own: x"}, "property", "`own` of a `own.Server`"),
        ({"NODES": "    step: {type: own.Step}\n"}, "node", "`step`, a `own.Step`"),
        ({"NODES": "    book: {type: deepcat.nodes.Notebook, properties: {image: y}, "
                   "requirements: [host: host]}\n"}, "property", "`image` of a `deepcat.nodes.N"),
        ({"NODES": "    job: {type: deepcat.nodes.TrainingJob, properties: {command: x, image: y}, "
                   "requirements: [host: host]}\n"}, "property", "`image` of a `deepcat.nodes.T"),
        ({"NODES": GATE.replace("}\n", ", properties: {secrets: {A: 'env:DEEPCAT_WORKLOAD_A'}}}")},
         "secret", "its secrets"),
        ({"NODES": GATE.replace("}\n", ", properties: {environment: {PYTHONPATH: /x}}}\n")},
         "environment", "`PYTHONPATH`"),
        ({"NODES": GATE.replace("host: host", "host: other") + OTHER}, "requirement",
         "`gate` and its server `server` are on different machines"),
        ({"NODES": "  policies: [more: {type: deepcat.policies.Scaling, targets: [server], "
                   "properties: {max_instances: 3}}]\n"}, "policy", "`more`, a `deepcat."),
        ({"NODES": "  policies: [near: {type: deepcat.policies.Placement, targets: [server], "
                   "properties: {region: eu}}]\n"}, "policy", "`near`, a `deepcat."),
        ({"SERVER": "}\n      interfaces: {Standard: {inputs: {a: 1}}"}, "property",
         "`start.inputs.a`"),
        ({"SERVERTYPE": "own.Server",
          "SERVER": ", image: i}\n      interfaces: {Standard: {create: s.sh}"}, "property",
         "`image`"),
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
        {"SERVER": ", batching: {max_batch_size: 8}, environment: {MODEL_LEVEL: debug}"},
        {"NODES": STEP},
        {"NODES": GATE},
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
    parts = {"SERVER": ", image: {get_input: n}", "NODES": "  inputs: {n: {type: string}}\n"}
    assert [each.code for each in refused(topology({"n": "i"}, **parts))] == ["plan/property"]
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


def test_operations_that_a_ring_leaves_without_an_order_are_refused() -> None:
    made = topology(NODES=RING)
    assert list(made.nodes)[-2:] == ["two", "one"]
    (found,) = refused(made)
    assert (found.code, "between `two` and `one`" in found.message) == ("plan/requirement", True)


def test_a_topology_without_nodes_is_refused() -> None:
    (found,) = refused(replace(topology(), nodes={}, edges=()))
    assert (found.code, found.message) == (
        "plan/node",
        "the topology has no nodes, so there is nothing to run",
    )


def test_a_property_of_a_requirement_that_no_script_uses_is_refused() -> None:
    made = topology()
    edges = tuple(replace(each, properties={"device": "/dev/sdb"}) for each in made.edges)
    found = refused(replace(made, edges=edges))
    assert {each.code for each in found} == {"plan/requirement"}
    assert all("`device`" in each.message for each in found)


RECIPES = re.compile(r"^## (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
NOT_YET: set[str] = set()


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
        "num_cpus": 7, "mem_size": "7 GB", "disk_size": "9 GB", "num_gpus": 2,
        "gpu_vendor": "nvidia", "gpu_model": "A100", "gpu_models": ["A100"],
        "gpu_memory": "40 GB", "cuda": "12.1",
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


def test_a_plug_in_is_asked_of_the_kind_of_cloud() -> None:
    made = topology(NODES=GATE)
    assert request(made, made.nodes["host"].capabilities).kinds == ("plug-in", "service")
    clouds = [Cloud(kind, f"clouds/{kind}.yaml", kind, {}) for kind in ("local", "slurm", "ssh")]
    assert ["plug-in" in takes(each) for each in clouds] == [True, False, True]


ROLE = ", artifacts: {r: {file: 'FILE', type: tosca.artifacts.AnsibleGalaxy.KIND}}}"
PIN = {"grycap.docker": "v1.2.0", "git+https://example.org/r": "v2.0"}


@pytest.mark.parametrize(
    ("file", "kind", "why", "fetched"),
    [
        ("grycap.docker", "role", "", "grycap.docker at v1.2.0"),
        ("grycap.docker,master", "role", "", "grycap.docker at v1.2.0"),
        ("git+https://example.org/r,main|greet", "role", "", "git+https://example.org/r at v2.0"),
        ("grycap.mesos", "role", "`grycap.mesos`, and roles are fetched only where deepcat", ""),
        ("git+https://example.org/s,v1", "role", "`git+https://example.org/s`, and roles are", ""),
        ("grycap.docker", "collection", "`grycap.docker`, and only roles are fetched", ""),
    ],
)  # fmt: skip
def test_a_role_is_fetched_where_it_is_pinned(file: str, kind: str, why: str, fetched: str) -> None:
    artifact = ROLE.replace("FILE", file).replace("KIND", kind)
    made = topology(NODES=STEP.replace("}\n", artifact + "\n"))
    found = [each.message for each in refused(made, allowed=PIN)]
    assert len(found) == bool(why)
    assert all(why in message for message in found)
    assert [str(role) for role in pinned(made, PIN)] == ([fetched] if fetched else [])


def test_a_role_that_no_script_uses_is_refused() -> None:
    artifact = ROLE[:-1].replace("FILE", "grycap.docker").replace("KIND", "role")
    made = topology(HOST=f"deepcat.nodes.Compute{artifact}")
    (found,) = refused(made, allowed=PIN)
    assert found.code == "plan/galaxy"
    assert found.message.endswith("`grycap.docker`, and no script of the module is there to use it")


def with_properties(node: str, **properties: Any) -> Topology:
    made = topology()
    found = made.nodes[node]
    found = replace(found, properties={**found.properties, **properties})
    return replace(made, nodes={**made.nodes, node: found})


@pytest.mark.parametrize(
    ("archive", "sha256", "said"),
    [
        ("https://x.org/m.zip", None, "no checksum is given for `https://x.org/m.zip`"),
        ("https://x.org/m.zip", "a" * 64, ""),
        ("http://x.org/m.zip", "a" * 64, "`http://x.org/m.zip` is no https address"),
        ("m.zip", None, ""),
    ],
)
def test_an_archive_that_no_host_could_fetch_is_refused_in_a_host_s_words(
    archive: str, sha256: str | None, said: str
) -> None:
    found = refused(with_properties("model", archive=archive, sha256=sha256))
    assert "; ".join(each.message for each in found) == said


@pytest.mark.parametrize(
    ("rest", "grpc", "is_refused"), [(9000, 9000, True), (0, 0, False), (9000, 0, False)]
)
def test_rest_and_grpc_at_one_port_are_refused(rest: int, grpc: int, is_refused: bool) -> None:
    found = refused(with_properties("server", rest_port=rest, grpc_port=grpc))
    assert ["both 9000" in each.message for each in found] == [True] * is_refused


SECOND = """\
    second:
      type: deepcat.nodes.ModelServer
      properties: {model_name: m, rest_port: REST, grpc_port: GRPC}
      requirements: [host: WHERE, model: model]
    other: {type: deepcat.nodes.Compute, capabilities: {host: {properties: {num_cpus: 1, mem_size: 1 GB}}}}
"""  # noqa: E501


@pytest.mark.parametrize(
    ("named", "rest", "grpc", "where", "port"),
    [
        (9000, 9000, 0, "host", 9000),
        (9000, 0, 9000, "host", 9000),
        (9000, 9000, 0, "other", 0),  # on a machine of its own
        (9001, 9000, 0, "host", 0),  # the template's own gives way
        (9000, 9001, 0, "host", 0),
        (0, 0, 0, "host", 0),
    ],
)
def test_servers_of_one_host_that_the_wish_gives_one_port_are_refused(
    named: int, rest: int, grpc: int, where: str, port: int
) -> None:
    second = SECOND.replace("REST", str(rest)).replace("GRPC", str(grpc)).replace("WHERE", where)
    made = topology(NODES=second)
    server = made.nodes["server"]
    server = replace(server, properties={**server.properties, "rest_port": 9000 if named else 0})
    made = replace(made, nodes={**made.nodes, "server": server})
    wish = replace(deployment("serve"), inputs={"rest_port": named})
    found = unrunnable(made, wish, MODULE, workloads(made))
    said = [f"`server` and `second` are both to answer at port {port}"] if port else []
    assert [each.message for each in found] == said
    assert {each.code for each in found} <= {"plan/property"}
