"""Requirements: which node meets them, by name, type, capability or filter."""

# ruff: noqa: E501 - templates in lines
from __future__ import annotations

from collections.abc import Callable

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
        ("{node_filter: {capabilities: [{host: {properties: [{num_cpus: {equal: 7}}]}}]}}", "requirement"),
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
