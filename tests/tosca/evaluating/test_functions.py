"""TOSCA's functions: what is known is worked out, what the host will know is kept."""

# ruff: noqa: E501 - templates in lines
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepcat.tosca.topology import Deferred, Topology

Good = Callable[..., Topology]
Codes = Callable[..., list[str]]

TEMPLATE = """
node_types:
  my.App:
    derived_from: tosca.nodes.SoftwareComponent
    properties:
      text: {type: string, default: one}
      other: {type: string, required: false}
      numbers: {type: list, entry_schema: {type: integer}, default: [4, 5, 6]}
      table: {type: map, entry_schema: {type: string}, default: {a: b}}
    attributes:
      url: string
      seen: {type: map, entry_schema: string}
    capabilities:
      web: tosca.capabilities.Endpoint
    requirements:
      - peer: {capability: tosca.capabilities.Endpoint, occurrences: [0, 1]}
    artifacts:
      logo: {file: logo.png, type: tosca.artifacts.File}
topology_template:
  inputs:
    name: {type: string, default: ada}
    ports: {type: list, entry_schema: {type: integer}, default: [80, 443]}
    late: {type: string, required: false}
  node_templates:
    host:
      type: tosca.nodes.Compute
      capabilities: {host: {properties: {num_cpus: 2}}}
      attributes: {public_address: 192.0.2.1}
    app:
      type: my.App
      properties: {other: OTHER}
      capabilities: {web: {properties: {port: 8080, url_path: /v1}}}
      requirements: [{host: host}]
      interfaces:
        Standard: {create: {implementation: run.sh, inputs: {x: 1}}}
    client:
      type: my.App
      properties: {text: two}
      requirements: [{host: host}, {peer: app}]
  outputs:
    o: {value: VALUE}
"""
FILES = {"modules/m/logo.png": "", "modules/m/run.sh": ""}


@pytest.fixture
def output(good: Good) -> Callable[..., Any]:
    """The value of one output; `other` is what the node `app` has as its property of that name."""

    def call(value: str, other: str = "x", inputs: dict[str, Any] | None = None) -> Any:
        text = TEMPLATE.replace("VALUE", value).replace("OTHER", other)
        return good(text, inputs or {}, FILES).outputs["o"]

    return call


def attribute(*arguments: Any) -> Deferred:
    return Deferred("get_attribute", arguments)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{get_input: name}", "ada"),
        ("{get_input: [ports, 1]}", 443),
        ("{get_input: [name]}", "ada"),
        ("{get_property: [app, text]}", "one"),
        ("{get_property: [client, text]}", "two"),
        ("{get_property: [app, numbers, 2]}", 6),
        ("{get_property: [app, table, a]}", "b"),
        ("{get_property: [app, web, url_path]}", "/v1"),
        ("{get_property: [app, web, protocol]}", "tcp"),
        ("{get_property: [host, host, num_cpus]}", 2),
        ("{get_property: [client, peer, port]}", 8080),
        ("{get_property: [client, host, num_cpus]}", 2),
        ("{get_property: [client, peer, text]}", "one"),
        ("{get_attribute: [app, text]}", "one"),
        ("{get_attribute: [app, url]}", attribute("app", "url")),
        ("{get_attribute: [app, seen, here]}", attribute("app", "seen", "here")),
        ("{get_attribute: [app, web, ip_address]}", attribute("app", "web", "ip_address")),
        ("{get_attribute: [app, web, port]}", 8080),
        ("{get_attribute: [client, peer, ip_address]}", attribute("app", "web", "ip_address")),
        ("{get_attribute: [client, host, public_address]}", attribute("host", "public_address")),
        ("{get_artifact: [app, logo]}", "logo.png"),
        ("{get_nodes_of_type: my.App}", ["app", "client"]),
        ("{get_nodes_of_type: [tosca.nodes.Compute]}", ["host"]),
        ("{concat: [a, 1, true, {get_input: name}]}", "a1trueada"),
        (
            "{concat: ['http://', {get_attribute: [app, url]}, ':', 80, /v1]}",
            Deferred("concat", ("http://", attribute("app", "url"), ":80/v1")),
        ),
        ("{join: [[a, b, {get_input: name}], '-']}", "a-b-ada"),
        ("{join: [[a, b]]}", "ab"),
        ("{join: [{get_input: ports}, ', ']}", "80, 443"),
        (
            "{join: [[a, {get_attribute: [app, url]}], '+']}",
            Deferred("join", (["a", attribute("app", "url")], "+")),
        ),
        ("{token: ['a:b;c', ':;', 2]}", "c"),
        ("{token: [{get_input: name}, d, 0]}", "a"),
        (
            "{token: [{get_attribute: [app, url]}, ':', 1]}",
            Deferred("token", (attribute("app", "url"), ":", 1)),
        ),
        (
            "{get_operation_output: [app, Standard, create, pid]}",
            Deferred("get_operation_output", ("app", "Standard", "create", "pid")),
        ),
        ("{x: [{get_input: name}], y: {z: {get_property: [app, text]}}}", {"x": ["ada"], "y": {"z": "one"}}),
        ("{get_input: late}", None),
    ],
)  # fmt: skip
def test_a_value_is_worked_out(output: Callable[..., Any], value: str, expected: Any) -> None:
    assert output(value) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("{get_property: [SELF, text]}", "one"),
        ("{get_property: [HOST, host, num_cpus]}", "2"),
        ("{get_attribute: [HOST, public_address]}", attribute("host", "public_address")),
        ("{get_attribute: [HOST, host, num_cpus]}", "2"),
        ("{get_property: [client, text]}", "two"),
        ("{concat: [{get_property: [SELF, text]}, '/', {get_attribute: [SELF, url]}]}",
         Deferred("concat", ("one/", attribute("app", "url")))),
    ],
)  # fmt: skip
def test_keywords_mean_the_node_and_its_host(
    output: Callable[..., Any], other: str, expected: Any
) -> None:
    assert output("{get_property: [app, other]}", other) == expected


def test_a_deferred_list_can_be_asked_for_a_part(good: Good) -> None:
    text = TEMPLATE.replace("OTHER", "x").replace("VALUE", "{get_property: [app, numbers, 0]}")
    text = text.replace("{other: x}", "{numbers: {get_attribute: [app, seen, all]}}")
    assert good(text, {}, FILES).outputs["o"] == attribute("app", "seen", "all", 0)


def test_an_input_that_is_not_given_yet_stays_asked_for(good: Good) -> None:
    text = "topology_template:\n  inputs: {i: {type: list}}\n  node_templates: {a: {type: tosca.nodes.Root}}\n  outputs: {o: {value: {concat: [x, {get_input: [i, 0]}]}}}\n"
    found = good(text, None).outputs["o"]
    assert found == Deferred("concat", ("x", Deferred("get_input", ("i", 0))))


def test_relationships_know_source_and_target(good: Good) -> None:
    text = """
relationship_types:
  my.Link:
    derived_from: tosca.relationships.DependsOn
    properties: {from: {type: string}, to: {type: string}}
topology_template:
  node_templates:
    a: {type: deepcat.nodes.Model, properties: {name: one, archive: x}}
    b:
      type: deepcat.nodes.Model
      properties: {name: two, archive: x}
      requirements: [{dependency: {node: a, relationship: my_link}}]
  relationship_templates:
    my_link:
      type: my.Link
      properties:
        from: {get_property: [SOURCE, name]}
        to: {get_property: [TARGET, name]}
      interfaces:
        Configure: {post_configure_source: {implementation: role:model, inputs: {t: {get_property: [TARGET, name]}}}}
"""
    edge = good(text, {}, {"modules/m/x": ""}).edges[0]
    assert (edge.relationship, edge.properties) == ("my.Link", {"from": "two", "to": "one"})
    assert [(op.name, op.inputs) for op in edge.operations] == [
        ("post_configure_source", {"t": "one"})
    ]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{get_input: nam}", "unknown-input"),
        ("{get_property: [app, txt]}", "unknown-property"),
        ("{get_property: [ap, text]}", "unknown-node"),
        ("{get_attribute: [app, txt]}", "unknown-attribute"),
        ("{get_attribute: [HOST, x]}", "function"),
        ("{get_property: [app, numbers, 9]}", "function"),
        ("{token: ['a', ':', 1]}", "function"),
        ("{get_artifact: [app, lgo]}", "function"),
        ("{get_attribute: [app, url, 0]}", "function"),
        ("{get_attribute: [app, seen, 0]}", "function"),
        ("{get_property: [{a: b}, text]}", "unknown-node"),
    ],
)
def test_what_cannot_be_worked_out_is_found(codes: Codes, value: str, code: str) -> None:
    text = TEMPLATE.replace("VALUE", value).replace("OTHER", "x")
    assert codes(text, {}, FILES) == [code]


def test_findings_name_the_place_and_the_nearest(read: Any) -> None:
    text = "tosca_definitions_version: tosca_simple_yaml_1_3\n" + TEMPLATE
    text = text.replace("VALUE", "{get_input: nme}").replace("OTHER", "x")
    _, (finding,) = read(text, {}, FILES)
    line = text.split("\n").index("    o: {value: {get_input: nme}}") + 1
    assert (finding.place.path, finding.place.line, finding.place.column) == (
        "modules/m/tosca.yaml", line, 17,
    )  # fmt: skip
    assert finding.hint == "did you mean `name`?"
