"""Requirements: which node meets them, by name, type, capability or filter."""

# ruff: noqa: E501 - templates in lines
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepcat.tosca.topology import Topology

Good = Callable[..., Topology]
Codes = Callable[..., list[str]]

MACHINES = """
topology_template:
  node_templates:
    small:
      type: deepcat.nodes.Compute
      capabilities: {host: {properties: {num_cpus: 2, mem_size: 4 GB}}, os: {properties: {distribution: debian}}}
    large:
      type: deepcat.nodes.Compute
      capabilities: {host: {properties: {num_cpus: 32, mem_size: 256 GiB, num_gpus: 4, gpu_model: A100}}}
    app:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: HOST}]
"""


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("small", "small"),
        ("large", "large"),
        ("{node: large}", "large"),
        ("{node: tosca.nodes.Compute}", "small"),
        ("{node: large, capability: host}", "large"),
        ("{node: large, capability: deepcat.capabilities.Host}", "large"),
        ("{node: deepcat.nodes.Compute, node_filter: {capabilities: [{host: {properties: [{num_cpus: {greater_than: 8}}]}}]}}", "large"),
        ("{node_filter: {capabilities: [{host: {properties: [{mem_size: {in_range: [1 GB, 8 GB]}}]}}]}}", "small"),
        ("{node_filter: {capabilities: {host: {properties: {gpu_model: A100}}}}}", "large"),
        ("{node_filter: {capabilities: [{tosca.capabilities.OperatingSystem: {properties: [{distribution: debian}]}}]}}", "small"),
        ("{node_filter: {capabilities: [{host: {properties: [{num_gpus: {valid_values: [4, 8]}}, {num_cpus: {less_than: 64}}]}}]}}", "large"),
    ],
)  # fmt: skip
def test_the_host(good: Good, host: str, target: str) -> None:
    edges = good(MACHINES.replace("HOST", host), {}).edges
    assert [(e.source, e.name, e.target, e.capability) for e in edges] == [
        ("app", "host", target, "host")
    ]
    assert edges[0].relationship == "tosca.relationships.HostedOn"


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("nobody", "unknown-node"),
        ("app", "requirement"),
        ("{node: deepcat.nodes.Compute, node_filter: {properties: [{rack: a}]}}", "requirement"),
        ("{node_filter: {capabilities: [{attachment: {properties: []}}]}}", "requirement"),
        ("{node: small, relationship: tosca.relationships.AttachesTo}", "missing-property"),
        ("{node: small, capability: tosca.capabilities.Attachment}", "requirement"),
    ],
)  # fmt: skip
def test_no_host(codes: Codes, host: str, code: str) -> None:
    assert code in codes(MACHINES.replace("HOST", host), {})


def test_a_node_filter_of_properties(good: Good) -> None:
    text = """
topology_template:
  node_templates:
    one: {type: deepcat.nodes.Model, properties: {name: a, archive: x, version: 1}}
    two: {type: deepcat.nodes.Model, properties: {name: a, archive: x, version: 2}}
    host: {type: tosca.nodes.Compute}
    server:
      type: deepcat.nodes.ModelServer
      requirements:
        - host: host
        - model: {node_filter: {properties: [{version: {greater_or_equal: 2}}]}}
"""
    edges = good(text, {}).edges
    assert [e.target for e in edges if e.name == "model"] == ["two"]


def test_a_type_may_filter_by_itself(good: Good) -> None:
    text = """
node_types:
  my.App:
    derived_from: tosca.nodes.Root
    requirements:
      - host:
          capability: tosca.capabilities.Container
          node: tosca.nodes.Compute
          relationship: tosca.relationships.HostedOn
          node_filter: {capabilities: [{host: {properties: [{num_cpus: {greater_or_equal: 4}}]}}]}
topology_template:
  node_templates:
    a: {type: tosca.nodes.Compute, capabilities: {host: {properties: {num_cpus: 2}}}}
    b: {type: tosca.nodes.Compute, capabilities: {host: {properties: {num_cpus: 8}}}}
    app: {type: my.App, requirements: [{host: {}}]}
"""
    assert [e.target for e in good(text, {}).edges] == ["b"]


@pytest.mark.parametrize(
    ("bounds", "count", "code"),
    [
        ("[0, 1]", 0, None),
        ("[1, 1]", 0, "requirement"),
        ("[1, 1]", 1, None),
        ("[0, 1]", 2, "occurrences"),
        ("[0, UNBOUNDED]", 3, None),
        ("[2, 3]", 3, None),
        ("[2, 1]", 2, "definition"),
    ],
)
def test_occurrences(codes: Codes, bounds: str, count: int, code: str | None) -> None:
    needs = ", ".join(f"{{peer: n{i}}}" for i in range(count))
    text = (
        "node_types:\n  my.T:\n    derived_from: tosca.nodes.Root\n    requirements:\n"
        f"      - peer: {{capability: tosca.capabilities.Node, occurrences: {bounds}}}\n"
        "topology_template:\n  node_templates:\n"
        + "".join(f"    n{i}: {{type: tosca.nodes.Root}}\n" for i in range(3))
        + f"    a: {{type: my.T, requirements: [{needs}]}}\n"
    )
    assert codes(text, {}) == ([code] if code else [])


def test_what_is_required_comes_first(good: Good) -> None:
    text = """
topology_template:
  node_templates:
    z: {type: tosca.nodes.Root, requirements: [{dependency: y}, {dependency: b}]}
    y: {type: tosca.nodes.Root, requirements: [{dependency: x}]}
    a: {type: tosca.nodes.Root}
    x: {type: tosca.nodes.Root, requirements: [{dependency: b}]}
    b: {type: tosca.nodes.Root}
"""
    assert list(good(text, {}).nodes) == ["a", "b", "x", "y", "z"]


def test_a_ring_is_named(read: Callable[..., tuple[None, tuple[object, ...]]]) -> None:
    text = """
topology_template:
  node_templates:
    a: {type: tosca.nodes.Root, requirements: [{dependency: b}]}
    b: {type: tosca.nodes.Root, requirements: [{dependency: a}]}
"""
    _, (finding,) = read(text, {})
    assert "a, b" in finding.message  # type: ignore[attr-defined]


LOOSE = """
imports: [deepcat, indigo]
node_types:
  my.App: {derived_from: tosca.nodes.SoftwareComponent}
  my.Wide: {derived_from: tosca.nodes.Root, requirements: [{peer: {capability: tosca.capabilities.Node}}]}
  my.Strict: {derived_from: tosca.nodes.Root, requirements: [{host: {capability: tosca.capabilities.Container, node: tosca.nodes.Compute}}]}
topology_template:
  node_templates:
    a: NODE
    box: {type: tosca.nodes.WebServer, requirements: [{host: machine}]}
    disk: {type: tosca.nodes.BlockStorage, properties: {size: 1 GB}}
    model: {type: deepcat.nodes.Model, properties: {name: m, archive: m.tar.gz}}
    machine: {type: tosca.nodes.indigo.Compute}
"""


@pytest.mark.parametrize(
    ("node", "severity"),
    [
        # Of TOSCA's own types and of the field's libraries.
        ("{type: my.App}", "hint"),
        ("{type: tosca.nodes.indigo.Ambertools}", "hint"),
        ("{type: my.App, requirements: [{host: box}]}", "hint"),
        ("{type: tosca.nodes.Container.Application, requirements: [{host: machine}]}", "hint"),
        # What cannot offer it, is none.
        ("{type: my.App, requirements: [{host: disk}]}", "error"),
        ("{type: my.App, requirements: [{host: nobody}]}", "error"),
        # Of the template's own types, and of deepcat's.
        ("{type: my.Wide}", "error"),
        ("{type: my.Strict}", "hint"),
        ("{type: deepcat.nodes.ModelServer, requirements: [{host: machine}]}", "hint"),
        ("{type: my.Strict, requirements: [{host: box}]}", "error"),
        ("{type: deepcat.nodes.ModelServer, requirements: [{host: machine}, {model: box}]}", "error"),
        # Sources that a capability leaves out.
        ("{type: tosca.nodes.Root, requirements: [{dependency: {node: machine, capability: host}}]}", "hint"),
    ],
)  # fmt: skip
def test_how_much_a_requirement_binds(read: Any, node: str, severity: str) -> None:
    text = "tosca_definitions_version: tosca_simple_yaml_1_3" + LOOSE.replace("NODE", node)
    _, findings = read(text, {})
    assert {str(each.severity) for each in findings} == {severity}, findings


@pytest.mark.parametrize(("interface", "hints"), [("Configure", []), ("Standard", ["misplaced"])])
def test_operations_of_a_relationship_by_either_name(
    read: Any, interface: str, hints: list[str]
) -> None:
    text = """
topology_template:
  node_templates:
    d: {type: tosca.nodes.BlockStorage, properties: {size: 1 GB}}
    c:
      type: tosca.nodes.Compute
      requirements:
        - local_storage:
            node: d
            relationship:
              type: tosca.relationships.AttachesTo
              properties: {location: /mnt}
              interfaces: {NAME: {pre_configure_source: s.sh}}
"""
    files = {"modules/m/s.sh": ""}
    topology, findings = read(text.replace("NAME", interface), {}, files)
    assert [each.code.removeprefix("tosca/") for each in findings] == hints
    (edge,) = topology.edges
    (operation,) = edge.operations
    assert (operation.interface, operation.name) == ("Configure", "pre_configure_source")
