"""Hostile and broken templates, made here: each must end in a finding, and in nothing else.

`cases()` gives name -> files. A file's content is text or bytes; a `Link` is a symbolic link and
`FIFO` a named pipe. The template is `modules/m/tosca.yaml`, or `modules/m/tosca.csar` where there is
one. Beside the folder of all cases lies `outside/secret.yaml`, which nobody may open.
"""

# ruff: noqa: E501 - lines of data
from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

MAIN = "modules/m/tosca.yaml"
CSAR = "modules/m/tosca.csar"
FIFO = object()
JINJA = "{{ lookup('pipe', 'touch canary') }}"
HEAD = "tosca_definitions_version: tosca_simple_yaml_1_3\nimports: [deepcat]\n"


@dataclass(frozen=True)
class Link:
    """A symbolic link to `target`."""

    target: str


Files = dict[str, Any]


def good() -> dict[str, Any]:
    """A template with a little of everything, and nothing wrong."""
    return {
        "tosca_definitions_version": "tosca_simple_yaml_1_3",
        "description": "A model, served.",
        "imports": ["deepcat"],
        "topology_template": {
            "inputs": {
                "port": {"type": "integer", "default": 8501, "description": "The REST port."},
                "label": {"type": "string", "default": "one"},
            },
            "node_templates": {
                "host": {
                    "type": "tosca.nodes.Compute",
                    "capabilities": {
                        "host": {"properties": {"num_cpus": 1, "mem_size": "1 GB"}},
                        "os": {"properties": {"distribution": "debian"}},
                    },
                },
                "model": {
                    "type": "deepcat.nodes.Model",
                    "properties": {"name": "m", "archive": "model.tar.gz"},
                },
                "server": {
                    "type": "deepcat.nodes.ModelServer",
                    "description": "Serves.",
                    "properties": {
                        "rest_port": {"get_input": "port"},
                        "environment": {"LABEL": {"get_input": "label"}, "MODE": "quiet"},
                    },
                    "requirements": [{"host": "host"}, {"model": "model"}],
                },
            },
            "outputs": {
                "url": {
                    "description": "Where it answers.",
                    "value": {
                        "concat": ["http://", {"get_attribute": ["server", "address"]}, "/v1"]
                    },
                },
            },
            "policies": [
                {"grow": {"type": "deepcat.policies.Scaling", "targets": ["server"]}},
            ],
        },
    }


def dump(data: Any) -> str:
    """YAML of a template."""
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000)


def main(text: str, head: str = HEAD, **files: Any) -> Files:
    """A template of a head and its topology's text."""
    return {MAIN: head + text, **{name.replace("__", "/"): data for name, data in files.items()}}


def nodes(text: str, types: str = "") -> Files:
    """A template of node templates, each line indented by the caller from column 0."""
    body = "".join(f"    {line}\n" for line in text.strip("\n").split("\n"))
    return main(f"{types}topology_template:\n  node_templates:\n{body}")


def cases() -> dict[str, Files]:
    """All cases by name."""
    found: dict[str, Files] = {}
    for group in (
        versions, yaml_tricks, imports, types, inputs, values, functions, requirements,
        files_named, names, jinja, large, archives, substitutions, rest,
    ):  # fmt: skip
        for name, files in group():
            full = f"{group.__name__}-{name}"
            assert full not in found, full
            found[full] = files
    return found


Case = Iterator[tuple[str, Files]]


def versions() -> Case:
    body = "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    refused = [
        *("tosca_2_0", "alien_dsl_1_3_0", "alien_dsl_3_0_0", "tosca_simple_yaml_1_4", "1.3"),
        *("[1, 3]", "~", "{}", "tosca_simple_profile_for_nfv_1_0_0", f"'{JINJA}'"),
        "tosca_simple_yaml_1_3\u200b",
    ]
    for index, version in enumerate(refused):
        yield str(index), main(body, f"tosca_definitions_version: {version}\n")
    yield "missing", main(body, "")
    yield "workflow", main(body + "  workflows:\n    deploy: {steps: {a: {target: a}}}\n")
    yield "empty", {MAIN: ""}
    yield "list", {MAIN: "- tosca_definitions_version\n"}
    yield "text", {MAIN: "tosca_simple_yaml_1_3\n"}
    yield "none", {}
    yield "no-topology", main("")
    yield "topology-list", main("topology_template: [1]\n")
    yield "unknown-section", main(body + "node_tipes: {}\n")


def yaml_tricks() -> Case:
    laughs = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    laughs += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    yield "laughs", {MAIN: HEAD + "dsl_definitions:\n" + "".join(f"  {x}\n" for x in laughs)}
    quadratic = "x: &x '" + "y" * 30_000 + "'\n"
    yield (
        "quadratic",
        {MAIN: HEAD + "dsl_definitions:\n  " + quadratic + "  y: [" + "*x," * 30_000 + "]\n"},
    )
    yield "self-alias", main("dsl_definitions: &a {a: *a}\n")
    yield "deep-flow", main("dsl_definitions: " + "[" * 100_000 + "]" * 100_000 + "\n")
    yield "deep-open", main("dsl_definitions: " + "{a: " * 50_000)
    yield (
        "deep-block",
        main("dsl_definitions:\n" + "".join(" " * i + "- \n" for i in range(1, 900))),
    )
    yield "deep-inline", main("dsl_definitions:\n  " + "- " * 20_000 + "x\n")
    yield "tag", main("dsl_definitions: !!python/object/apply:os.system ['touch canary']\n")
    yield "tag-include", main("dsl_definitions: !include /etc/passwd\n")
    yield "tag-vault", main("dsl_definitions: !unsafe x\n")
    yield "merge", main("dsl_definitions: {a: &a {x: 1}, b: {<<: *a}}\n")
    yield "duplicate-top", main("description: a\ndescription: b\n")
    yield "duplicate-node", nodes("a: {type: tosca.nodes.Root}\na: {type: tosca.nodes.Compute}")
    yield (
        "duplicate-property",
        nodes("m: {type: deepcat.nodes.Model, properties: {name: a, name: b, archive: c}}"),
    )
    yield "two-documents", {MAIN: HEAD + "---\n" + HEAD}
    yield "tab", {MAIN: HEAD + "topology_template:\n\tnode_templates: {}\n"}
    yield "latin", {MAIN: HEAD.encode() + b"description: caf\xe9\n"}
    yield "utf16", {MAIN: HEAD.encode("utf-16")}
    yield "nul", {MAIN: HEAD + "description: a\x00b\n"}
    yield "surrogate", {MAIN: HEAD.encode() + b"description: \xed\xa0\x80\n"}
    yield "directive", {MAIN: "%YAML 9.9\n---\n" + HEAD}
    yield "complex-key", main("dsl_definitions: {? [a, b] : c}\n")
    yield "unclosed", main("dsl_definitions: 'open\n")
    yield "unknown-alias", main("dsl_definitions: *nobody\n")
    yield "two-megabytes", {MAIN: HEAD + "description: " + "x" * 2_000_000 + "\n"}
    yield "hundred-megabytes", {MAIN: b"#" * 100_000_000}
    yield "many-values", main("dsl_definitions: [" + "1," * 250_000 + "]\n")
    yield "unseen", main('description: "safe\u202egnihtyna"\n')
    yield "unseen-escape", main('description: "safe\\u202Eelif"\n')


def imports() -> Case:
    outside = "../../../../outside/secret.yaml"
    targets = {
        "passwd": "/etc/passwd",
        "absolute-yaml": "/outside/secret.yaml",
        "up": outside,
        "up-hidden": f"types/../{outside}",
        "file-url": "file:///etc/passwd",
        "http": "http://127.0.0.1:9/types.yaml",
        "metadata": "http://169.254.169.254/latest/meta-data",
        "https": "https://example.org/custom_types.yaml",
        "ftp": "ftp://example.org/types.yaml",
        "scheme-less": "//example.org/types.yaml",
        "data": "data:text/yaml,node_types",
        "windows": "C:\\\\types.yaml",
        "backslash": "..\\\\types.yaml",
        "home": "~/types.yaml",
        "proc": "/proc/self/environ",
        "look-alike": "https://raw.githubusercontent.com.example.org/indigo-dc/tosca-types/master/custom_types.yaml",
        "look-alike-user": "https://raw.githubusercontent.com@example.org/indigo-dc/tosca-types/master/custom_types.yaml",
        "look-alike-path": "https://raw.githubusercontent.com/evil/indigo-dc/tosca-types/master/custom_types.yaml",
        "other-owner": "https://raw.githubusercontent.com/indigo-dcx/tosca-types/master/custom_types.yaml",
        "query": "https://raw.githubusercontent.com/indigo-dc/tosca-types/master/custom_types.yaml?x=1",
        "jinja": JINJA,
        "missing": "types.yaml",
        "empty": "",
        "nul": '"a\\0b.yaml"',
        "newline": '"a\\nb.yaml"',
        "long": "x" * 5_000,
        "folder": ".",
        "parent": "..",
        "itself": "tosca.yaml",
        "itself-dotted": "./x/../tosca.yaml",
    }  # fmt: skip
    for name, target in targets.items():
        quoted = target if target.startswith('"') else f"'{target}'"
        yield (
            name,
            main(f"imports: [{quoted}]\n", "tosca_definitions_version: tosca_simple_yaml_1_3\n"),
        )
    for name, item in {
        "number": "7", "null": "~", "list": "[[a, b]]", "no-file": "[{repository: x}]",
        "mapping": "{a: b}", "repository": "[{file: x.yaml, repository: r}]",
        "prefix": "[{file: deepcat, namespace_prefix: p}]",
    }.items():  # fmt: skip
        yield f"shape-{name}", main(f"imports: {item}\n", HEAD.split("\n", maxsplit=1)[0] + "\n")
    evil = "repositories: {r: {url: 'http://127.0.0.1:9/'}}\nimports: [{file: x.yaml, repository: r}]\n"
    yield "repository-url", main(evil, HEAD.split("\n", maxsplit=1)[0] + "\n")
    top = HEAD.split("\n", maxsplit=1)[0] + "\n"
    yield (
        "link",
        main("imports: [t.yaml]\n", top)
        | {"modules/m/t.yaml": Link("../../../../outside/secret.yaml")},
    )
    yield (
        "link-folder",
        main("imports: [d/secret.yaml]\n", top) | {"modules/m/d": Link("../../../../outside")},
    )
    yield "link-inside", main("imports: [t.yaml]\n", top) | {
        "modules/m/t.yaml": Link("u.yaml"), "modules/m/u.yaml": top,
    }  # fmt: skip
    yield "fifo", main("imports: [pipe.yaml]\n", top) | {"modules/m/pipe.yaml": FIFO}
    yield "main-link", {MAIN: Link("../../../../outside/secret.yaml")}
    yield "main-fifo", {MAIN: FIFO}
    yield "other-module", main("imports: [../n/t.yaml]\n", top) | {"modules/n/t.yaml": top}
    yield "cycle-two", main("imports: [a.yaml]\n", top) | {
        "modules/m/a.yaml": top + "imports: [tosca.yaml]\n",
    }  # fmt: skip
    yield "cycle-three", main("imports: [a.yaml]\n", top) | {
        "modules/m/a.yaml": top + "imports: [b.yaml]\n",
        "modules/m/b.yaml": top + "imports: [a.yaml]\n",
    }  # fmt: skip
    chain = {f"modules/m/c{i}.yaml": top + f"imports: [c{i + 1}.yaml]\n" for i in range(200)}
    yield "chain", main("imports: [c0.yaml]\n", top) | chain
    yield (
        "wide",
        main("imports: [" + ", ".join(f"w{i}.yaml" for i in range(500)) + "]\n", top)
        | {f"modules/m/w{i}.yaml": top for i in range(500)},
    )
    yield "broken", main("imports: [t.yaml]\n", top) | {"modules/m/t.yaml": "a: [\n"}
    yield (
        "new-version",
        main("imports: [t.yaml]\n", top)
        | {"modules/m/t.yaml": "tosca_definitions_version: tosca_2_0\n"},
    )


def types() -> Case:
    node = "topology_template:\n  node_templates:\n    a: {type: my.T}\n"
    definitions = {
        "parent-unknown": "{derived_from: my.Nothing}",
        "parent-self": "{derived_from: my.T}",
        "parent-list": "{derived_from: [tosca.nodes.Root]}",
        "parent-number": "{derived_from: 7}",
        "not-a-mapping": "7",
        "key": "{derived_from: tosca.nodes.Root, propertys: {}}",
        "property-type": "{derived_from: tosca.nodes.Root, properties: {x: {type: strin}}}",
        "property-type-list": "{derived_from: tosca.nodes.Root, properties: {x: {type: [string]}}}",
        "property-shape": "{derived_from: tosca.nodes.Root, properties: {x: 7}}",
        "property-list": "{derived_from: tosca.nodes.Root, properties: {x: [1]}}",
        "required": "{derived_from: tosca.nodes.Root, properties: {x: {type: string, required: maybe}}}",
        "default": "{derived_from: tosca.nodes.Root, properties: {x: {type: integer, default: two}}}",
        "entry": "{derived_from: tosca.nodes.Root, properties: {x: {type: list, entry_schema: {type: y}}}}",
        "clause": "{derived_from: tosca.nodes.Root, properties: {x: {type: string, constraints: 7}}}",
        "clause-unknown": "{derived_from: tosca.nodes.Root, properties: {x: {type: string, default: a, constraints: [{at_least: 1}]}}}",
        "capability": "{derived_from: tosca.nodes.Root, capabilities: {c: my.Cap}}",
        "capability-list": "{derived_from: tosca.nodes.Root, capabilities: {c: {type: [x]}}}",
        "need-capability": "{derived_from: tosca.nodes.Root, requirements: [{r: {capability: my.Cap, occurrences: [0, 1]}}]}",
        "need-node": "{derived_from: tosca.nodes.Root, requirements: [{r: {capability: tosca.capabilities.Node, node: my.N, occurrences: [0, 1]}}]}",
        "need-relationship": "{derived_from: tosca.nodes.Root, requirements: [{r: {capability: tosca.capabilities.Node, relationship: my.R, occurrences: [0, 1]}}]}",
        "occurrences-text": "{derived_from: tosca.nodes.Root, requirements: [{r: {capability: tosca.capabilities.Node, occurrences: many}}]}",
        "occurrences-down": "{derived_from: tosca.nodes.Root, requirements: [{r: {capability: tosca.capabilities.Node, occurrences: [3, 1]}}]}",
        "occurrences-minus": "{derived_from: tosca.nodes.Root, requirements: [{r: {capability: tosca.capabilities.Node, occurrences: [-1, 1]}}]}",
        "interface": "{derived_from: tosca.nodes.Root, interfaces: {Own: {type: my.I, run: x}}}",
        "name-jinja": "{derived_from: tosca.nodes.Root, properties: {'{{ 7*7 }}': {type: string, required: false}}}",
    }  # fmt: skip
    for name, definition in definitions.items():
        yield name, main(f"node_types:\n  my.T: {definition}\n{node}")
    yield "unknown", nodes("a: {type: tosca.nodes.Computer}")
    yield "not-imported", nodes("a: {type: tosca.nodes.indigo.Compute}")
    yield "type-null", nodes("a: {type: ~}")
    yield "type-list", nodes("a: {type: [tosca.nodes.Root]}")
    yield "type-mapping", nodes("a: {type: {get_input: x}}")
    yield "type-jinja", nodes(f'a: {{type: "{JINJA}"}}')
    ring = "node_types:\n  my.T: {derived_from: my.U}\n  my.U: {derived_from: my.V}\n  my.V: {derived_from: my.T}\n"
    yield "parent-ring", main(ring + node)
    long = "".join(f"  my.T{i or ''}: {{derived_from: my.T{i + 1}}}\n" for i in range(2_000))
    yield "parent-chain", main(f"node_types:\n{long}{node}")
    yield "normative", main("node_types:\n  tosca.nodes.Root: {}\n" + node)
    yield (
        "ours",
        main("node_types:\n  deepcat.nodes.Model: {derived_from: tosca.nodes.Root}\n" + node),
    )
    yield "section-list", main("node_types: [a, b]\n" + node)
    many = "".join(f"  my.M{i}: {{derived_from: tosca.nodes.Root}}\n" for i in range(3_000))
    yield "thousands", main(f"node_types:\n{many}{node}")
    data = (
        "data_types:\n  my.D: {derived_from: tosca.datatypes.Root, properties: {d: {type: my.D}}}\n"
    )
    use = "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: my.D}}}\n"
    deep = "{d: " * 40 + "{}" + "}" * 40
    yield (
        "data-ring",
        main(
            f"{data}{use}topology_template:\n  node_templates:\n    a: {{type: my.T, properties: {{p: {deep}}}}}\n"
        ),
    )
    yield "data-parent", main("data_types:\n  my.D: {derived_from: strin}\n" + node)
    yield (
        "duplicate",
        main(
            "imports: [t.yaml]\nnode_types:\n  my.T: {derived_from: tosca.nodes.Root}\n" + node,
            HEAD.split("\n", maxsplit=1)[0] + "\n",
        )
        | {
            "modules/m/t.yaml": HEAD.split("\n", maxsplit=1)[0]
            + "\nnode_types:\n  my.T: {derived_from: tosca.nodes.Root}\n"
        },
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
        "filter": "{host: {node: tosca.nodes.Compute, node_filter: {capabilities: [{host: {properties: [{num_cpus: {greater_than: 64}}]}}]}}}, {model: m}",
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


def files_named() -> Case:
    node = "a: {type: tosca.nodes.SoftwareComponent, requirements: [{host: h}], %s}\nh: {type: tosca.nodes.Compute}"
    for name, path in {
        "up": "../../../../outside/secret.yaml", "absolute": "/etc/passwd", "missing": "run.sh",
        "role": "role:shell", "role-up": "role:../../x", "jinja": JINJA, "file-url": "file:///etc/passwd",
        "home": "~/x.sh", "windows": "C:/x.sh", "device": "/dev/zero", "link": "link.sh", "newline": "a\\nb.sh",
        "folder": "scripts", "flags": "-rf", "long": "x" * 3_000,
    }.items():  # fmt: skip
        body = f'interfaces: {{Standard: {{create: "{path}"}}}}'
        yield (
            f"operation-{name}",
            nodes(node % body)
            | {
                "modules/m/link.sh": Link("../../../../outside/secret.yaml"),
                "modules/m/scripts/x.sh": "",
            },
        )
        body = f'artifacts: {{x: {{type: tosca.artifacts.File, file: "{path}"}}}}'
        if name not in ("role", "role-up", "file-url"):
            yield (
                f"artifact-{name}",
                nodes(node % body)
                | {
                    "modules/m/link.sh": Link("../../../../outside/secret.yaml"),
                    "modules/m/scripts/x.sh": "",
                },
            )
    yield "artifact-type", nodes(node % "artifacts: {x: {type: my.A, file: x}}")
    yield "artifact-empty", nodes(node % "artifacts: {x: {type: tosca.artifacts.File}}")
    yield "artifact-list", nodes(node % "artifacts: [a]")
    yield "interface", nodes(node % "interfaces: {Standrd: {create: x.sh}}")
    yield "operation", nodes(node % "interfaces: {Standard: {creat: x.sh}}")
    yield "remote", nodes(node % "interfaces: {Standard: {create: 'https://example.org/x.yml'}}")


BAD_NAMES = {
    "jinja": "'{{ 7 * 7 }}'", "shell": "'a; touch canary'", "substitution": "'$(touch canary)'",
    "newline": '"a\\nb"', "direction": '"a\\u202Eb"', "zero-width": '"a\\u200Bb"', "homoglyph": "'sеrver'",
    "emoji": "'🚀'", "empty": "''", "long": "'" + "x" * 500 + "'", "up": "'../x'", "slash": "'a/b'",
    "dash": "'-rf'", "space": "'a b'", "quote": "'a\"b'", "tag": "'<script>alert(1)</script>'",
    "nul": '"a\\0b"', "dot": "'.'", "percent": "'a%20b'", "combining": "'é̂'",
}  # fmt: skip


def names() -> Case:
    for name, bad in BAD_NAMES.items():
        yield f"node-{name}", nodes(f"? {bad}\n: {{type: tosca.nodes.Root}}")
    for name, bad in list(BAD_NAMES.items())[:8]:
        body = "  node_templates:\n    a: {type: tosca.nodes.Root}\n"
        yield (
            f"input-{name}",
            main(
                f"topology_template:\n  inputs:\n    ? {bad}\n    : {{type: string, default: x}}\n{body}"
            ),
        )
        yield (
            f"output-{name}",
            main(f"topology_template:\n{body}  outputs:\n    ? {bad}\n    : {{value: x}}\n"),
        )
        yield (
            f"type-{name}",
            main(
                f"node_types:\n  ? {bad}\n  : {{derived_from: tosca.nodes.Root}}\ntopology_template:\n{body}"
            ),
        )


def jinja() -> Case:
    """An expression in the place of each text, and each key, of a good template."""
    for index, pointer in enumerate(_texts(good())):
        data = good()
        target: Any = data
        for key in pointer[:-1]:
            target = target[key]
        target[pointer[-1]] = JINJA
        yield f"text-{index}", {MAIN: dump(data), "modules/m/model.tar.gz": ""}


def _texts(data: Any, pointer: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        if isinstance(value, str):
            yield (*pointer, key)
        elif isinstance(value, (dict, list)):
            yield from _texts(value, (*pointer, key))


def large() -> Case:
    short = "node_types:\n  T: {derived_from: tosca.nodes.Root}\n"
    yield "nodes", nodes("\n".join(f"n{i}: {{type: T}}" for i in range(10_000)), short)
    yield "nodes-broken", nodes("\n".join(f"n{i}: {{type: x}}" for i in range(900)))
    yield (
        "properties",
        nodes(
            "a: {type: tosca.nodes.Root, properties: {"
            + ", ".join(f"p{i}: {i}" for i in range(20_000))
            + "}}"
        ),
    )
    yield (
        "inputs",
        main(
            "topology_template:\n  inputs: {"
            + ", ".join(f"i{i}: {{type: x}}" for i in range(10_000))
            + "}\n"
        ),
    )
    yield "outputs", main(
        "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n  outputs: {"
        + ", ".join(f"o{i}: {{value: {{get_input: x{i}}}}}" for i in range(10_000)) + "}\n"
    )  # fmt: skip
    yield "policies", main(
        "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n  policies: ["
        + ", ".join(f"{{p{i}: {{type: my.P}}}}" for i in range(10_000)) + "]\n"
    )  # fmt: skip
    yield "constraint", main(
        "topology_template:\n  inputs:\n    i: {type: integer, default: -1, constraints: [{valid_values: ["
        + ", ".join(map(str, range(50_000))) + "]}]}\n  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    )  # fmt: skip
    yield "key", main("topology_template:\n  ? " + "k" * 100_000 + "\n  : x\n")


def archives() -> Case:
    template = HEAD + "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    meta = "TOSCA-Meta-File-Version: 1.0\nCSAR-Version: 1.1\nEntry-Definitions: %s\n"
    yield "no-zip", {CSAR: "not a zip"}
    yield "empty", {CSAR: b""}
    whole = packed({"tosca.yaml": template})
    yield "cut", {CSAR: whole[: len(whole) // 2]}
    yield "no-end", {CSAR: whole[:-22]}
    for name, entry in {
        "up": "../evil.yaml", "deep-up": "a/../../evil.yaml", "absolute": "/etc/evil.yaml",
        "backslash": "..\\evil.yaml", "drive": "C:evil.yaml", "dot": "./a/./b.yaml", "bell": "a\x07b.yaml",
    }.items():  # fmt: skip
        yield f"entry-{name}", {CSAR: packed({"tosca.yaml": template, entry: "x"})}
    yield "entry-both", {CSAR: packed({"tosca.yaml": template, "a": "x", "a/b/c": "x"})}
    yield "entry-long", {CSAR: packed({"tosca.yaml": template, "é" * 128: "x"})}
    yield "entry-deep", {CSAR: packed({"tosca.yaml": template, "a/" * 600 + "b": "x"})}
    link = zipfile.ZipInfo("link.yaml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    yield "entry-link", {CSAR: packed({"tosca.yaml": template, link: "/etc/passwd"})}
    renamed = packed({"tosca.yaml": template, "toscb.yaml": template}).replace(b"toscb", b"tosca")
    yield "same-name", {CSAR: renamed}
    locked = bytearray(whole)
    locked[whole.find(b"PK\x03\x04") + 6] |= 1
    locked[whole.find(b"PK\x01\x02") + 8] |= 1
    yield "encrypted", {CSAR: bytes(locked)}
    yield "entries", {CSAR: packed({f"f{i}": "" for i in range(2_000)} | {"tosca.yaml": template})}
    yield "bomb-template", {CSAR: packed({"tosca.yaml": template + "#" * 60_000_000})}
    yield "bomb-beside", {CSAR: packed({"tosca.yaml": template, "x.bin": "0" * 80_000_000})}
    end = whole.rfind(b"PK\x05\x06")
    yield (
        "directory-lies",
        {CSAR: whole[: end + 12] + struct.pack("<I", 0x7FFFFFFF) + whole[end + 16 :]},
    )
    yield "zip64", {CSAR: whole[: end + 12] + b"\xff" * 8 + whole[end + 20 :]}
    yield (
        "meta-missing",
        {CSAR: packed({"TOSCA-Metadata/TOSCA.meta": meta % "x.yaml", "tosca.yaml": template})},
    )
    yield (
        "meta-up",
        {CSAR: packed({"TOSCA-Metadata/TOSCA.meta": meta % "../../../outside/secret.yaml"})},
    )
    yield (
        "meta-folder",
        {CSAR: packed({"TOSCA-Metadata/TOSCA.meta": meta % "d/", "d/": "", "d/a.yaml": template})},
    )
    yield "no-template", {CSAR: packed({"readme.txt": "x"})}
    yield "two-templates", {CSAR: packed({"a.yaml": template, "b.yaml": template})}
    out = HEAD.replace("deepcat", "../tosca.yaml")
    yield "import-out", {CSAR: packed({"tosca.yaml": out}), MAIN: template}
    yield "import-absolute", {CSAR: packed({"tosca.yaml": HEAD.replace("deepcat", "/etc/passwd")})}
    yield "nested", {CSAR: packed({"inner.csar": whole})}
    corrupt = bytearray(packed({"tosca.yaml": template + "#" * 5_000}))
    corrupt[60:90] = b"\xff" * 30
    yield "corrupt", {CSAR: bytes(corrupt)}
    yield "huge", {CSAR: b"PK\x05\x06" + b"\0" * 9_000_000}
    yield "broken-yaml", {CSAR: packed({"tosca.yaml": "a: [\n"})}


def packed(entries: dict[Any, str | bytes]) -> bytes:
    """A zip archive of the entries."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return memory.getvalue()


def substitutions() -> Case:
    top = HEAD.split("\n", maxsplit=1)[0] + "\n"
    own = "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: string, required: false}}}\n"

    def inner(body: str) -> Files:
        text = f"{top}imports: [i.yaml]\n{own}topology_template:\n  node_templates:\n    a: {{type: my.T, directives: [substitute]}}\n"
        return {MAIN: text, "modules/m/i.yaml": top + body}

    mapped = "topology_template:\n  substitution_mappings: {node_type: my.T}\n"
    yield (
        "nothing",
        main(
            f"{own}topology_template:\n  node_templates:\n    a: {{type: my.T, directives: [substitute]}}\n"
        ),
    )
    yield "itself", inner(mapped + "  node_templates:\n    b: {type: my.T}\n")
    yield (
        "explodes",
        inner(
            mapped
            + "  node_templates:\n"
            + "".join(f"    b{i}: {{type: my.T}}\n" for i in range(9))
        ),
    )
    yield (
        "input",
        inner(
            mapped
            + "  inputs: {needed: {type: string}}\n  node_templates:\n    b: {type: tosca.nodes.Root}\n"
        ),
    )
    yield (
        "capability",
        inner(
            "topology_template:\n  substitution_mappings: {node_type: my.T, capabilities: {feature: [nobody, feature]}}\n"
            "  node_templates:\n    b: {type: tosca.nodes.Root}\n"
        ),
    )
    yield "inner-type", inner(mapped + "  node_templates:\n    b: {type: my.Nothing}\n")
    for name, source in {"itself": "a", "unknown": "b", "number": "7", "list": "[a]"}.items():
        yield f"copy-{name}", nodes(f"a: {{type: tosca.nodes.Root, copy: {source}}}")
    yield (
        "copy-ring",
        nodes("a: {type: tosca.nodes.Root, copy: b}\nb: {type: tosca.nodes.Root, copy: a}"),
    )


def rest() -> Case:
    base = "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    for name, policy in {
        "type": "{type: my.P, targets: [a]}", "no-type": "{targets: [a]}", "target": "{type: tosca.policies.Scaling, targets: [b]}",
        "property": "{type: deepcat.policies.Scaling, targets: [a], properties: {max: 3}}",
        "value": "{type: deepcat.policies.Scaling, targets: [a], properties: {max_instances: many}}",
        "number": "7", "trigger": "{type: tosca.policies.Scaling, targets: [a], triggers: {t: {event: x}}}",
    }.items():  # fmt: skip
        yield f"policy-{name}", main(f"{base}  policies: [{{p: {policy}}}]\n")
    yield "group-type", main(f"{base}  groups: {{g: {{type: my.G, members: [a]}}}}\n")
    yield (
        "group-member",
        main(f"{base}  groups: {{g: {{type: tosca.groups.Root, members: [b]}}}}\n"),
    )
    yield "group-list", main(f"{base}  groups: [a]\n")
    yield "key", main(base + "  node_template: {}\n")
    yield "workflows", main(base + "  workflows: {w: {steps: {}}}\n")
