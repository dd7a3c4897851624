"""Imports, archives, copies and substitutions."""
# ruff: noqa: E501 - templates in lines

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from deepcat.tosca.load import load_topology
from deepcat.tosca.topology import Deferred, Topology

Good = Callable[..., Topology]
TOP = "tosca_definitions_version: tosca_simple_yaml_1_3\n"
TYPES = "node_types:\n  my.App: {derived_from: tosca.nodes.Root, properties: {p: {type: string, default: x}}}\n"
USE = "topology_template:\n  node_templates:\n    a: {type: my.App}\n"


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("types.yaml", "modules/m/types.yaml"),
        ("./types.yaml", "modules/m/types.yaml"),
        ("lib/types.yaml", "modules/m/lib/types.yaml"),
        ("lib/../types.yaml", "modules/m/types.yaml"),
        ("{file: types.yaml}", "modules/m/types.yaml"),
        ("{mine: types.yaml}", "modules/m/types.yaml"),
        ("{mine: {file: types.yaml}}", "modules/m/types.yaml"),
    ],
)
def test_a_file_of_the_module_is_imported(good: Good, written: str, path: str) -> None:
    files = {path: TOP + TYPES}
    assert good(f"{TOP}imports: [{written}]\n{USE}", {}, files).nodes["a"].properties == {"p": "x"}


def test_imports_follow_their_own_folder_and_are_read_once(memory_tree: Any) -> None:
    tree = memory_tree(
        {
            "modules/m/tosca.yaml": f"{TOP}imports: [lib/a.yaml, lib/b.yaml]\n{USE}",
            "modules/m/lib/a.yaml": f"{TOP}imports: [c.yaml]\n",
            "modules/m/lib/b.yaml": f"{TOP}imports: [./c.yaml]\n",
            "modules/m/lib/c.yaml": f"{TOP}{TYPES}",
        }
    )
    topology, findings = load_topology(tree, "modules/m/tosca.yaml", {})
    assert topology
    assert findings == ()
    assert tree.read_paths.count("modules/m/lib/c.yaml") == 1


def test_a_template_below_its_module_reaches_the_whole_module(good: Good) -> None:
    files = {"modules/m/types.yaml": TOP + TYPES}
    text = f"{TOP}imports: [../types.yaml]\n{USE}"
    assert good(text, {}, files, path="modules/m/tosca/app.yaml").nodes["a"].type == "my.App"


def test_findings_in_an_import_name_its_file(read: Any) -> None:
    files = {"modules/m/t.yaml": f"{TOP}node_types:\n  my.App: {{derived_from: my.Base}}\n"}
    _, findings = read(f"{TOP}imports: [t.yaml]\n{USE}", {}, files)
    assert {finding.place.path for finding in findings} == {"modules/m/t.yaml"}


def packed(files: dict[str, str]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return memory.getvalue()


META = "TOSCA-Meta-File-Version: 1.0\nCSAR-Version: 1.1\nEntry-Definitions: defs/app.yaml\n"


@pytest.mark.parametrize("ending", ["csar", "zip"])
@pytest.mark.parametrize(
    "files",
    [
        {"TOSCA-Metadata/TOSCA.meta": META, "defs/app.yaml": f"{TOP}imports: [t.yaml]\n{USE}", "defs/t.yaml": TOP + TYPES},
        {"app.yaml": f"{TOP}{TYPES}{USE}", "defs/other.yaml": "x"},
    ],
)  # fmt: skip
def test_an_archive_is_read(memory_tree: Any, ending: str, files: dict[str, str]) -> None:
    path = f"modules/m/app.{ending}"
    topology, findings = load_topology(memory_tree({path: packed(files)}), path, {})
    assert findings == ()
    assert topology
    assert topology.nodes["a"].properties == {"p": "x"}


def test_findings_in_an_archive_name_its_entry(memory_tree: Any) -> None:
    path = "modules/m/app.csar"
    tree = memory_tree({path: packed({"app.yaml": f"{TOP}{USE}"})})
    _, (finding,) = load_topology(tree, path, {})
    assert (finding.place.path, finding.place.line) == ("modules/m/app.csar/app.yaml", 4)


def test_a_copy_has_what_its_source_has(good: Good) -> None:
    text = """
topology_template:
  node_templates:
    one:
      type: deepcat.nodes.Model
      properties: {name: a, archive: x, version: 3}
    two: {copy: one, properties: {name: b}}
    three: {copy: two, properties: {version: 4}}
"""
    nodes = good(text, {}, {"modules/m/x": ""}).nodes
    found = {name: (n.properties["name"], n.properties["version"]) for name, n in nodes.items()}
    assert found == {"one": ("a", 3), "two": ("b", 3), "three": ("b", 4)}


INNER = """
topology_template:
  inputs:
    title: {type: string}
    size: {type: integer, default: 2}
  substitution_mappings:
    node_type: my.Service
    properties: {label: [title]}
    capabilities: {web: [front, web]}
    requirements: {store: [back, store]}
    attributes: {pid: [back, state]}
  node_templates:
    front: {type: my.Part, properties: {text: {concat: ['<', {get_input: title}, '>']}}, requirements: [{peer: back}]}
    back: {type: my.Part, properties: {number: {get_input: size}}}
  outputs:
    address: {value: {get_attribute: [front, web, ip_address]}}
    double: {value: {get_property: [back, number]}}
"""
SERVICE = """
node_types:
  my.Service:
    derived_from: tosca.nodes.Root
    properties: {label: {type: string}}
    attributes: {address: string, pid: string, double: integer}
    capabilities: {web: tosca.capabilities.Endpoint}
    requirements: [{store: {capability: tosca.capabilities.Node, occurrences: [0, 1]}}]
  my.Part:
    derived_from: tosca.nodes.Root
    properties: {text: {type: string, required: false}, number: {type: integer, required: false}}
    capabilities: {web: tosca.capabilities.Endpoint}
    requirements:
      - peer: {capability: tosca.capabilities.Node, occurrences: [0, 1]}
      - store: {capability: tosca.capabilities.Node, occurrences: [0, 1]}
      - uses: {capability: tosca.capabilities.Endpoint, occurrences: [0, 1]}
"""
OUTER = f"""{TOP}imports: [inner.yaml]
{SERVICE}
topology_template:
  node_templates:
    disk: {{type: tosca.nodes.Root}}
    service: {{type: my.Service, directives: [substitute], properties: {{label: hello}}, requirements: [{{store: disk}}]}}
    client: {{type: my.Part, requirements: [{{uses: service}}]}}
    watcher: {{type: my.Part, requirements: [{{dependency: service}}], properties: {{text: {{get_property: [service, label]}}}}}}
  outputs:
    address: {{value: {{get_attribute: [service, address]}}}}
    ip: {{value: {{get_attribute: [service, web, ip_address]}}}}
    pid: {{value: {{get_attribute: [service, pid]}}}}
    double: {{value: {{get_attribute: [service, double]}}}}
"""


def test_a_node_is_substituted(good: Good) -> None:
    topology = good(OUTER, {}, {"modules/m/inner.yaml": TOP + INNER})
    assert set(topology.nodes) == {"disk", "client", "watcher", "service_front", "service_back"}
    assert topology.nodes["service_front"].properties == {"text": "<hello>"}
    assert topology.nodes["service_back"].properties == {"number": 2}
    assert topology.nodes["watcher"].properties == {"text": "hello"}
    assert {(e.source, e.name, e.target, e.capability) for e in topology.edges} == {
        ("client", "uses", "service_front", "web"),
        ("service_back", "store", "disk", "feature"),
        ("service_front", "peer", "service_back", "feature"),
        ("watcher", "dependency", "service_front", "feature"),
        ("watcher", "dependency", "service_back", "feature"),
    }
    front = Deferred("get_attribute", ("service_front", "web", "ip_address"))
    assert topology.outputs == {
        "address": front,
        "ip": front,
        "pid": Deferred("get_attribute", ("service_back", "state")),
        "double": 2,
    }


def test_a_substitution_may_hold_another(good: Good) -> None:
    middle = """
topology_template:
  substitution_mappings: {node_type: my.Outer, capabilities: {feature: [inner, feature]}}
  node_templates:
    inner: {type: my.Service, properties: {label: deep}}
"""
    text = f"""{TOP}imports: [inner.yaml, middle.yaml]
{SERVICE}
  my.Outer: {{derived_from: tosca.nodes.Root}}
topology_template:
  node_templates:
    top: {{type: my.Outer}}
    last: {{type: tosca.nodes.Root, requirements: [{{dependency: top}}]}}
"""
    files = {"modules/m/inner.yaml": TOP + INNER, "modules/m/middle.yaml": TOP + middle}
    topology = good(text, {}, files)
    assert set(topology.nodes) == {"last", "top_inner_front", "top_inner_back"}
    assert topology.nodes["top_inner_front"].properties == {"text": "<deep>"}
    targets = {edge.target for edge in topology.edges if edge.source == "last"}
    assert targets == {"top_inner_front", "top_inner_back"}


def test_policies_name_their_nodes(good: Good) -> None:
    text = """
topology_template:
  node_templates:
    a: {type: tosca.nodes.Compute}
    b: {type: tosca.nodes.Compute}
  groups:
    both: {type: tosca.groups.Root, members: [a, b]}
  policies:
    - near: {type: deepcat.policies.Placement, targets: [both], properties: {clouds: [one], region: eu}}
    - sla: {type: tosca.policies.indigo.SlaPlacement, targets: [b], properties: {sla_id: '7'}}
"""
    near, sla = good(text, {}).policies
    assert (near.name, near.targets, near.properties) == (
        "near",
        ("a", "b"),
        {"clouds": ["one"], "region": "eu"},
    )
    assert (sla.type, sla.targets) == ("tosca.policies.indigo.SlaPlacement", ("b",))


def test_operations_of_a_module_and_of_the_library(good: Good) -> None:
    text = """
topology_template:
  node_templates:
    h: {type: tosca.nodes.Compute}
    a:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: h}]
      artifacts: {install: {type: tosca.artifacts.Implementation.Bash, file: scripts/install.sh}}
      interfaces:
        Standard:
          inputs: {all: everywhere}
          start: {implementation: {primary: scripts/start.sh}, inputs: {port: 80, host: {get_attribute: [HOST, public_address]}}}
          create: install
          tosca.x: 1
    n: {type: deepcat.nodes.Notebook, requirements: [{host: h}]}
""".replace("          tosca.x: 1\n", "")
    files = {"modules/m/scripts/install.sh": "", "modules/m/scripts/start.sh": ""}
    nodes = good(text, {}, files).nodes
    assert [(o.name, o.implementation, o.origin, o.inputs) for o in nodes["a"].operations] == [
        ("create", "modules/m/scripts/install.sh", "module", {"all": "everywhere"}),
        ("start", "modules/m/scripts/start.sh", "module",
         {"all": "everywhere", "port": 80, "host": Deferred("get_attribute", ("h", "public_address"))}),
    ]  # fmt: skip
    assert [(o.name, o.implementation, o.origin) for o in nodes["n"].operations] == [
        ("start", "role:notebook", "library")
    ]


def test_inputs_of_an_interface_reach_its_operations_from_every_type(good: Good) -> None:
    text = """
interface_types:
  my.Steps: {derived_from: tosca.interfaces.Root, inputs: {level: {type: integer, default: 1}, deep: far}, go: {inputs: {own: 5}}}
node_types:
  my.Base:
    derived_from: tosca.nodes.Root
    interfaces:
      Steps: {type: my.Steps, inputs: {level: 2, who: base, port: {type: integer, default: 80}}}
  my.Part:
    derived_from: my.Base
    interfaces:
      Steps: {type: my.Steps, inputs: {who: {get_property: [SELF, name]}}, go: go.sh}
    properties: {name: string}
relationship_types:
  my.Edge:
    derived_from: tosca.relationships.DependsOn
    interfaces:
      Configure: {inputs: {edge: true}, post_configure_source: {implementation: go.sh}}
topology_template:
  node_templates:
    b: {type: tosca.nodes.Root}
    a:
      type: my.Part
      properties: {name: me}
      requirements: [{dependency: {node: b, relationship: {type: my.Edge}}}]
      interfaces: {Steps: {inputs: {port: 81}, go: {inputs: {deep: near}}}}
"""
    topology = good(text, {}, {"modules/m/go.sh": ""})
    (go,) = topology.nodes["a"].operations
    assert go.inputs == {"level": 2, "deep": "near", "own": 5, "who": "me", "port": 81}
    (edge,) = topology.edges
    assert [operation.inputs for operation in edge.operations] == [{"edge": True}]


def test_inputs_of_an_operation_are_held_against_what_its_type_declares(read: Any) -> None:
    text = """
node_types:
  my.P:
    derived_from: tosca.nodes.Root
    interfaces:
      Standard: {inputs: {n: {type: integer}}, create: {implementation: go.sh, inputs: {m: {type: integer}}}}
topology_template:
  node_templates:
    a: {type: my.P, interfaces: {Standard: {inputs: {n: %s}, create: {inputs: {m: %s}}}}}
"""
    files = {"modules/m/go.sh": ""}
    topology, findings = read(text % ('"1"', 2), {}, files)
    assert findings == ()
    assert topology.nodes["a"].operations[0].inputs == {"n": 1, "m": 2}
    _, findings = read(text % ("x", "[]"), {}, files)
    assert [finding.code for finding in findings] == ["tosca/type", "tosca/type"]


def test_names_with_colon_of_the_new_grammar(good: Good) -> None:
    text = """
topology_template:
  node_templates:
    h: {type: tosca.nodes.Compute}
    a:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: h}]
      interfaces: {tosca.interfaces.node.lifecycle.Standard: {operations: {create: {implementation: x.sh}}}}
"""
    (operation,) = good(text, {}, {"modules/m/x.sh": ""}).nodes["a"].operations
    assert (operation.interface, operation.name) == ("Standard", "create")
