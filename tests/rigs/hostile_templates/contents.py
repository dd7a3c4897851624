"""What a template says: inputs, values, functions, requirements."""

# ruff: noqa: E501 - lines of data
from __future__ import annotations

from hostile_templates.base import (
    JINJA,
    Case,
    Files,
    main,
    nodes,
)


def inputs() -> Case:
    node = "  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    wrong = {
        "integer": "{type: integer, default: two}",
        "float": "{type: float, default: [1]}",
        "boolean": "{type: boolean, default: maybe}",
        "size": "{type: scalar-unit.size, default: 4 apples}",
        "time": "{type: scalar-unit.time, default: -1 s}",
        "frequency": "{type: scalar-unit.frequency, default: 1 GB}",
        "bitrate": "{type: scalar-unit.bitrate, default: fast}",
        "version": "{type: version, default: latest}",
        "timestamp": "{type: timestamp, default: yesterday}",
        "range": "{type: range, default: [4, 1]}",
        "list": "{type: list, default: {a: 1}}",
        "map": "{type: map, default: [a]}",
        "string-map": "{type: string, default: {a: b, c: d}}",
        "entry": "{type: list, entry_schema: {type: integer}, default: [1, b]}",
        "null": "{type: 'null', default: x}",
        "data": "{type: tosca.datatypes.Credential, default: {user: a}}",
        "type": "{type: strng}",
        "type-list": "{type: [string]}",
        "key": "{type: string, defualt: x}",
        "scalar": "7",
        "jinja": f'{{type: integer, default: "{JINJA}"}}',
        "huge": "{type: integer, default: 1e999}",
    }
    for name, definition in wrong.items():
        yield f"type-{name}", main(f"topology_template:\n  inputs:\n    i: {definition}\n{node}")
    broken = {
        "equal": "equal: a", "valid_values": "valid_values: [a, b]", "length": "length: 2",
        "min_length": "min_length: 9", "max_length": "max_length: 2", "pattern": "pattern: '[0-9]+'",
        "pattern-broken": "pattern: '['", "pattern-long": f"pattern: '{'a' * 500}'",
        "pattern-back": r"pattern: '(a)\1'", "pattern-ahead": "pattern: '(?=a)b'",
        "pattern-number": "pattern: 7", "pattern-large": "pattern: '(((a{99}){99}){99}){99}'",
        "pattern-slow": "pattern: '(a+)+$'", "pattern-slower": "pattern: '(a|aa)+c'",
        "unknown": "matches: a", "length-text": "length: two", "length-minus": "min_length: -1",
        "values-text": "valid_values: abc", "range-text": "in_range: 3",
    }  # fmt: skip
    long = "a" * 4_000 + "b"
    for name, clause in broken.items():
        value = long if "slow" in name else "xyz"
        yield (
            f"clause-{name}",
            main(
                f"topology_template:\n  inputs:\n    i: {{type: string, default: {value}, "
                f"constraints: [{{{clause}}}]}}\n{node}"
            ),
        )
    for name, clause in {
        "greater_than": "greater_than: 5", "greater_or_equal": "greater_or_equal: 6",
        "less_than": "less_than: 5", "less_or_equal": "less_or_equal: 4", "in_range": "in_range: [6, 9]",
        "in_range-open": "in_range: [6, UNBOUNDED]", "compare-text": "less_than: many",
        "compare-list": "greater_than: [1]", "compare-bool": "less_than: true",
    }.items():  # fmt: skip
        yield (
            f"number-{name}",
            main(
                f"topology_template:\n  inputs:\n    i: {{type: integer, default: 5, constraints: [{{{clause}}}]}}\n{node}"
            ),
        )
    yield "section", main(f"topology_template:\n  inputs: [a, b]\n{node}")


def values() -> Case:
    yield "empty", main("topology_template: {node_templates: {}}\n")
    yield "list", main("topology_template: {node_templates: [a]}\n")
    yield "none", nodes("a: ~")
    yield "text", nodes("a: tosca.nodes.Root")
    yield "key", nodes("a: {type: tosca.nodes.Root, propertis: {}}")
    yield "properties-list", nodes("a: {type: tosca.nodes.Compute, properties: [a]}")
    yield "requirements-map", nodes("a: {type: tosca.nodes.Compute, requirements: {host: b}}")
    yield (
        "unknown-property",
        nodes("a: {type: deepcat.nodes.Model, properties: {name: a, archive: b, nme: c}}"),
    )
    yield "missing-property", nodes("a: {type: deepcat.nodes.Model, properties: {name: a}}")
    yield "unknown-capability", nodes("a: {type: tosca.nodes.Compute, capabilities: {hosts: {}}}")
    for name, value in {
        "negative": "num_cpus: -1", "zero": "num_cpus: 0", "text": "num_cpus: many", "list": "num_cpus: [1]",
        "size": "mem_size: plenty", "size-number": "mem_size: 4096", "unit": "mem_size: 4 GX",
        "unknown": "num_gpus: 1", "map": "mem_size: {GB: 4}", "jinja": f'mem_size: "{JINJA}"',
    }.items():  # fmt: skip
        yield (
            f"host-{name}",
            nodes(
                f"a: {{type: tosca.nodes.Compute, capabilities: {{host: {{properties: {{{value}}}}}}}}}"
            ),
        )
    for name, value in {
        "name": "name: '../../etc', archive: a", "name-space": "name: 'a b', archive: a",
        "sha": "name: a, archive: b, sha256: xyz", "version": "name: a, archive: b, version: 0",
        "version-text": "name: a, archive: b, version: v1", "archive": "name: a, archive: [a]",
    }.items():  # fmt: skip
        yield f"model-{name}", nodes(f"a: {{type: deepcat.nodes.Model, properties: {{{value}}}}}")
    yield (
        "scalable",
        nodes(
            "a: {type: tosca.nodes.Compute, capabilities: {scalable: {properties: {min_instances: 2, default_instances: 1}}}}"
        ),
    )
    yield "attribute", nodes("a: {type: tosca.nodes.Compute, attributes: {publik_address: x}}")
    yield (
        "output",
        main(
            "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n  outputs: {o: 7}\n"
        ),
    )
    yield (
        "output-empty",
        main(
            "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n  outputs: {o: {}}\n"
        ),
    )


def functions() -> Case:
    def output(value: str) -> Files:
        return main(
            "topology_template:\n  inputs:\n    i: {type: string, default: text}\n  node_templates:\n"
            "    h: {type: tosca.nodes.Compute}\n    m: {type: deepcat.nodes.Model, properties: "
            "{name: a, archive: b}}\n    a: {type: deepcat.nodes.ModelServer, requirements: "
            f"[{{host: h}}, {{model: m}}]}}\n  outputs: {{o: {{value: {value}}}}}\n"
        )

    for name, value in {
        "input-unknown": "{get_input: j}", "input-empty": "{get_input: []}", "input-map": "{get_input: {a: b}}",
        "input-path": "{get_input: [i, x]}", "property-one": "{get_property: [a]}",
        "property-text": "{get_property: a}", "property-node": "{get_property: [b, image]}",
        "property-name": "{get_property: [a, imag]}", "property-map": "{get_property: {node: a}}",
        "property-path": "{get_property: [m, name, 7]}", "attribute-node": "{get_attribute: [b, address]}",
        "attribute-name": "{get_attribute: [a, adress]}", "attribute-one": "{get_attribute: [a]}",
        "attribute-map": "{get_attribute: [a, {x: y}]}", "attribute-self": "{get_attribute: [SELF, address]}",
        "attribute-source": "{get_attribute: [SOURCE, address]}", "attribute-host": "{get_attribute: [HOST, address]}",
        "output-short": "{get_operation_output: [a, Standard, create]}",
        "output-unknown": "{get_operation_output: [a, Standard, fly, x]}",
        "artifact": "{get_artifact: [a, nothing]}", "artifact-one": "{get_artifact: a}",
        "nodes": "{get_nodes_of_type: my.T}", "concat-text": "{concat: abc}", "concat-map": "{concat: [{a: b, c: d}]}",
        "join-text": "{join: abc}", "join-delimiter": "{join: [[a, b], 7]}", "token-short": "{token: [a, b]}",
        "token-index": "{token: ['a:b', ':', 5]}", "token-minus": "{token: ['a:b', ':', -1]}",
        "token-empty": "{token: ['a:b', '', 0]}", "token-text": "{token: 'a:b'}",
        "nested": "{concat: [{concat: [{get_input: nothing}]}]}",
        "deep": "{concat: [" * 24 + "{get_input: nothing}" + "]}" * 24,
    }.items():  # fmt: skip
        yield name, output(value)
    yield (
        "unknown",
        nodes("a: {type: deepcat.nodes.Model, properties: {name: {get_secret: x}, archive: b}}"),
    )
    yield (
        "unknown-2",
        nodes(
            "a: {type: deepcat.nodes.Model, properties: {name: {$get_property: [a, b]}, archive: b}}"
        ),
    )
    yield (
        "self-ring",
        nodes(
            "a: {type: deepcat.nodes.Model, properties: {name: {get_property: [SELF, name]}, archive: b}}"
        ),
    )
    yield (
        "ring",
        nodes(
            "a: {type: deepcat.nodes.Model, properties: {name: {get_property: [b, name]}, archive: b}}\n"
            "b: {type: deepcat.nodes.Model, properties: {name: {get_property: [a, name]}, archive: b}}"
        ),
    )
    chain = "\n".join(
        f"n{i}: {{type: deepcat.nodes.Model, properties: {{name: {{get_property: [n{i + 1}, name]}}, archive: b}}}}"
        for i in range(400)
    )
    yield (
        "chain",
        nodes(chain + "\nn400: {type: deepcat.nodes.Model, properties: {name: x, archive: b}}"),
    )
    bomb = "\n".join(
        f"n{i}: {{type: deepcat.nodes.Model, properties: {{name: x, archive: {{concat: ["
        + ", ".join([f"{{get_property: [n{i + 1}, archive]}}"] * 10)
        + "]}}}"
        for i in range(30)
    )
    yield (
        "bomb",
        nodes(
            bomb + "\nn30: {type: deepcat.nodes.Model, properties: {name: x, archive: aaaaaaaaaa}}"
        ),
    )
    fan = "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: list}}}\n"
    lists = "\n".join(
        f"n{i}: {{type: my.T, properties: {{p: ["
        + ", ".join([f"{{get_property: [n{i + 1}, p]}}"] * 10)
        + "]}}"
        for i in range(20)
    )
    yield "bomb-lists", nodes(lists + "\nn20: {type: my.T, properties: {p: [1, 2, 3]}}", fan)
    attributes = "\n".join(
        f"n{i}: {{type: my.T, properties: {{p: ["
        + ", ".join([f"{{get_property: [n{i + 1}, p]}}"] * 10)
        + "]}}"
        for i in range(20)
    )
    yield (
        "bomb-deferred",
        nodes(
            attributes + "\nn20: {type: my.T, properties: {p: [{get_attribute: [n20, state]}]}}",
            fan,
        ),
    )


def requirements() -> Case:
    server = "s: {type: deepcat.nodes.ModelServer, requirements: [%s]}"
    host, model = (
        "h: {type: tosca.nodes.Compute}",
        "m: {type: deepcat.nodes.Model, properties: {name: a, archive: b}}",
    )
    for name, needs in {
        "none": "", "no-model": "{host: h}", "no-host": "{model: m}", "unknown": "{host: h}, {model: m}, {hsot: h}",
        "node": "{host: h}, {model: nobody}", "type": "{host: h}, {model: h}", "number": "{host: 7}, {model: m}",
        "null": "{host: ~}, {model: m}", "list": "{host: [h]}, {model: m}", "text": "host",
        "two-hosts": "{host: h}, {host: h}, {model: m}", "key": "{host: {nod: h}}, {model: m}",
        "capability": "{host: {node: h, capability: tosca.capabilities.Endpoint.Database}}, {model: m}",
        "capability-list": "{host: {node: h, capability: [x]}}, {model: m}",
        "relationship": "{host: {node: h, relationship: my.R}}, {model: m}",
        "relationship-wrong": "{host: {node: h, relationship: tosca.relationships.AttachesTo}}, {model: m}",
        "relationship-number": "{host: {node: h, relationship: 7}}, {model: m}",
        "relationship-property": "{host: {node: h, relationship: {type: tosca.relationships.HostedOn, properties: {x: 1}}}}, {model: m}",
        "filter": "{host: {node: tosca.nodes.Compute, node_filter: {capabilities: [{host: {properties: [{num_cpus: {greater_than: 64}}, {num_cpus: {less_than: 4}}]}}]}}}, {model: m}",
        "filter-clause": "{host: {node: tosca.nodes.Compute, node_filter: {capabilities: [{feature: {properties: [{num_cpus: {at_least: 64}}]}}]}}}, {model: m}",
        "itself": "{host: h}, {model: m}, {dependency: s}", "jinja": f"{{host: \"{JINJA}\"}}, {{model: m}}",
    }.items():  # fmt: skip
        yield name, nodes(f"{host}\n{model}\n{server % needs}")
    yield (
        "ring-two",
        nodes(
            "a: {type: tosca.nodes.Root, requirements: [{dependency: b}]}\n"
            "b: {type: tosca.nodes.Root, requirements: [{dependency: a}]}"
        ),
    )
    ring = "\n".join(
        f"n{i}: {{type: tosca.nodes.Root, requirements: [{{dependency: n{(i + 1) % 300}}}]}}"
        for i in range(300)
    )
    yield "ring-long", nodes(ring)
    many = ", ".join(["{dependency: b}"] * 5_000)
    yield (
        "many",
        nodes(
            f"a: {{type: tosca.nodes.Root, requirements: [{many}, {{host: b}}]}}\nb: {{type: tosca.nodes.Root}}"
        ),
    )
