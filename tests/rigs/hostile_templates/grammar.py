"""The form of a template: versions, YAML, imports, types."""

# ruff: noqa: E501 - lines of data
from __future__ import annotations

from hostile_templates.base import (
    FIFO,
    HEAD,
    JINJA,
    MAIN,
    Case,
    Link,
    main,
    nodes,
)


def versions() -> Case:
    body = "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    refused = [
        *("tosca_2_1", "alien_dsl_1_3_0", "alien_dsl_3_0_0", "tosca_simple_yaml_1_4", "1.3"),
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
        | {"modules/m/t.yaml": "tosca_definitions_version: tosca_2_1\n"},
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
            "imports: [t.yaml, u.yaml]\n" + node,
            HEAD.split("\n", maxsplit=1)[0] + "\n",
        )
        | {
            "modules/m/t.yaml": "node_types:\n  my.T: {derived_from: tosca.nodes.Root}\n",
            "modules/m/u.yaml": "node_types:\n  my.T: {derived_from: tosca.nodes.Compute}\n",
        },
    )
