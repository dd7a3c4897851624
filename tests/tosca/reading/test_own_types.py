"""A template's own types: they go before a library's, and only those that are used are judged."""

# ruff: noqa: E501 - templates in lines
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepcat.tosca.check import check_template
from deepcat.tosca.topology import Topology

HEAD = "tosca_definitions_version: tosca_simple_yaml_1_3\n"
INDIGO = "https://raw.githubusercontent.com/indigo-dc/tosca-types/master/custom_types.yaml"
NODE = "topology_template:\n  node_templates:\n    a: {type: T}\n"

# What a copy of a library beside the template brings, and no node here uses.
UNUSED = [
    "node_types: {my.Bad: {derived_from: nowhere.at.All}}\n",
    "node_types: {my.Bad: 7}\n",
    "node_types: {my.Bad: {derived_form: tosca.nodes.Root}}\n",
    "node_types: {my.Bad: {derived_from: my.Bad}}\n",
    "node_types: {my.Bad: {derived_from: tosca.nodes.Root, properties: {p: {type: strng}}}}\n",
    "node_types: {my.Bad: {derived_from: tosca.nodes.Root, requirements: [{r: {node: my.None}}]}}\n",
    "node_types: {my.Bad: {derived_from: tosca.nodes.Root, requirements: [{r: {occurrences: 3}}]}}\n",
    "node_types: {my.Bad: {derived_from: tosca.nodes.Root, capabilities: {c: my.None}}}\n",
    "data_types: {my.Bad: {derived_from: strng}}\n",
    "capability_types: {my.Bad: {derived_from: my.None}}\n",
]


@pytest.mark.parametrize("types", UNUSED)
def test_what_is_not_used_is_not_judged(read: Any, types: str) -> None:
    topology, findings = read(HEAD + types + NODE.replace("T}", "tosca.nodes.Root}"), {})
    assert topology
    assert findings == ()


@pytest.mark.parametrize("types", UNUSED[:8])
def test_what_is_used_is(read: Any, types: str) -> None:
    topology, findings = read(HEAD + types + NODE.replace("T}", "my.Bad}"), {})
    assert topology is None
    assert any(finding.is_error for finding in findings)


@pytest.mark.parametrize(
    "own",
    ["tosca.nodes.indigo.BlockStorage", "tosca.nodes.BlockStorage", "tosca.nodes.indigo.Compute"],
)
@pytest.mark.parametrize("imported", ["", f"imports: [{INDIGO}]\n", "imports: [types.yaml]\n"])
def test_own_types_go_before_a_librarys(memory_tree: Any, own: str, imported: str) -> None:
    types = (
        f"node_types:\n  {own}: {{derived_from: tosca.nodes.Root, properties: {{mine: string}}}}\n"
    )
    node = (
        f"topology_template:\n  node_templates:\n    a: {{type: {own}, properties: {{mine: x}}}}\n"
    )
    is_beside = "[types.yaml]" in imported
    files = {"modules/m/tosca.yaml": HEAD + imported + ("" if is_beside else types) + node}
    tree = memory_tree(files | ({"modules/m/types.yaml": types} if is_beside else {}))
    assert check_template(tree, "modules/m/tosca.yaml", None) == ()


def test_what_imports_a_file_has_its_say_before_it(memory_tree: Any) -> None:
    types = "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {KEY: string}}\n"
    files = {
        "modules/m/tosca.yaml": HEAD + "imports: [types.yaml]\n" + types.replace("KEY", "mine")
        + "topology_template:\n  node_templates:\n    a: {type: my.T, properties: {mine: x}}\n",
        "modules/m/types.yaml": types.replace("KEY", "theirs"),
    }  # fmt: skip
    assert check_template(memory_tree(files), "modules/m/tosca.yaml", None) == ()


def test_deepcats_own_types_stand(read: Any) -> None:
    types = "node_types:\n  deepcat.nodes.Model: {derived_from: tosca.nodes.Root}\n"
    _, (finding,) = read(HEAD + types + NODE.replace("T}", "tosca.nodes.Root}"), {})
    assert (finding.code, finding.hint) == ("tosca/duplicate-type", "give yours another name")


@pytest.mark.parametrize(
    ("types", "used", "is_held"),
    [
        ("", "deepcat.nodes.Model", True),
        (
            "  own.M: {derived_from: deepcat.nodes.Model, properties: {sha256: string}}\n",
            "own.M",
            True,
        ),
        (
            "  own.L: {derived_from: deepcat.nodes.Model, properties: {sha256: {type: string}}}\n"
            "  own.M: {derived_from: own.L, properties: {sha256: {type: string, constraints: []}}}\n",
            "own.M",
            True,
        ),
        (
            "  own.M: {derived_from: tosca.nodes.Root, properties: {sha256: string, name: string,"
            " archive: string}}\n",
            "own.M",
            False,
        ),
    ],
    ids=["ours", "derived", "derived twice", "of another family"],
)
def test_no_type_that_derives_from_ours_loosens_what_our_roles_are_given(
    read: Any, types: str, used: str, is_held: bool
) -> None:
    text = HEAD + "imports: [deepcat]\n" + (f"node_types:\n{types}" if types else "")
    given = "properties: {name: m, archive: m.zip, sha256: ../../../../etc}"
    _, findings = read(text + NODE.replace("T}", f"{used}, {given}}}"), {})
    assert [finding.code for finding in findings] == ["tosca/constraint"] * is_held


@pytest.mark.parametrize(
    ("imports", "used", "is_known"),
    [
        ("indigo", "indigo.Ambertools", True),
        ("grycap", "indigo.Ambertools", False),
        ("grycap", "indigo.LRMS.FrontEnd.Nomad", True),
        ("indigo", "indigo.LRMS.FrontEnd.Nomad", False),
        ("grycap, indigo", "indigo.LRMS.FrontEnd.Nomad", True),
        ("grycap, indigo", "indigo.Ambertools", True),
        ("indigo_hybrid", "indigo.VPNServer", False),  # a branch has no name, only its address
    ],
)
def test_each_import_brings_its_own_types(
    read: Any, imports: str, used: str, is_known: bool
) -> None:
    text = f"imports: [{imports}]\n" + NODE.replace(
        "T}", f"tosca.nodes.{used}, requirements: [host: h]}}\n    h: {{type: tosca.nodes.indigo.Compute}}"
    )  # fmt: skip
    topology, findings = read(HEAD + text, None)
    assert (topology is not None) is is_known, findings


@pytest.mark.parametrize(
    ("imports", "given", "holds"),
    [("grycap, indigo", ", master_ips: [x]", "enable_gpu_support"), ("indigo, grycap", "", "principal")],
)  # fmt: skip
def test_of_two_libraries_the_later_holds(
    good: Callable[..., Topology], imports: str, given: str, holds: str
) -> None:
    text = f"""imports: [{imports}]
topology_template:
  node_templates:
    h: {{type: tosca.nodes.indigo.Compute}}
    a:
      type: tosca.nodes.indigo.LRMS.WorkerNode.Mesos
      properties: {{front_end_ip: x{given}}}
      requirements: [host: h]
"""
    assert holds in good(HEAD + text, {}).nodes["a"].properties


def test_a_branch_has_types_of_its_own(good: Callable[..., Topology]) -> None:
    address = INDIGO.replace("master", "hybrid2")
    text = HEAD + f"imports: [{address}]\n" + NODE.replace("T}", "tosca.nodes.indigo.VPNServer, requirements: [host: h]}\n    h: {type: tosca.nodes.indigo.Compute}")  # fmt: skip
    assert good(text, {}).nodes["a"].capabilities["vpn_server"]["vpn_address"] == "10.8.0.1"


# How libraries of the field are written: `no` for false, a key twice, a default of nothing, types by
# their short names, a list's entries by name, keys that nobody reads.
AS_WRITTEN = """tosca_definitions_version: tosca_simple_yaml_1_0
metadata: {template_author: A, template_version: 5.0.0}
data_types:
  tosca.datatypes.Root: {description: The root}
capability_types:
  tosca.capabilities.Container.Docker:
    derived_from: tosca.capabilities.Container
    properties: {num_cpus: {type: float, required: no, constraints: [greater_than: 0]}}
artifact_types:
  tosca.artifacts.AnsibleGalaxy.role: {derived_from: tosca.artifacts.Root}
  tosca.artifacts.Deployment.Image.Container.Docker: {derived_from: tosca.artifacts.Deployment.Image}
relationship_types:
  some.Transfers: {derived_from: tosca.relationships.Root, valid_target_types: [ tosca.capabilities. Storage ]}
  some.AttachesTo:
    derived_from: tosca.relationships.AttachesTo
    properties: {fs_type: {type: string, required: no, default: }}
node_types:
  tosca.nodes.indigo.Compute:
    derived_from: tosca.nodes.Compute
    metadata: {icon: a.png}
    properties:
      port: {type: PortDef, required: no, default: 10051}
      version: {type: string, required: no, default: 20.11.9}
      number: {type: integer, required: no, default: '-1'}
      token: {type: string, required: no, value: some}
      values: {type: map, required: no, entry_schema: {description: Values, type: string}, default: {}}
      twice: {type: list, required: no, entry_schema: {type: list, entry_schema: {type: string}}}
      twice: {type: list, required: no, entry_schema: {type: list, entry_schema: {type: string}}}
    attributes: {ips: {type: list, entry_schema: string}}
    artifacts: {agent: {file: some.agent, type: tosca.artifacts.AnsibleGalaxy.role}}
    interfaces:
      Standard:
        configure: {implementation: 'https://example.org/a.yml', inputs: {port: {get_property: [SELF, port]}}}
  tosca.nodes.Container.Runtime.Docker:
    derived_from: tosca.nodes.Container.Runtime
    capabilities:
      host:
        type: tosca.capabilities.Container.Docker
        valid_source_types: [tosca.nodes.Container.Application.Docker]
        relationship: tosca.relationships.HostedOn
  some.Marathon:
    derived_from: tosca.nodes.Container.Application.Docker
    artifacts: {image: {file: "", type: "tosca.artifacts.Deployment.Image.Container.Docker"}}
"""
USING = """tosca_definitions_version: tosca_simple_yaml_1_0
imports: [types: types.yaml]
topology_template:
  node_templates:
    s: {type: tosca.nodes.indigo.Compute}
    r: {type: tosca.nodes.Container.Runtime.Docker, capabilities: {host: {properties: {num_cpus: 0.5}}}, requirements: [host: s]}
    m: {type: some.Marathon, requirements: [host: r]}
    d: {type: tosca.nodes.BlockStorage, properties: {size: 1 GB}}
    t: {type: tosca.nodes.indigo.Compute, requirements: [local_storage: {node: d, relationship: {type: some.AttachesTo, properties: {location: /d}}}]}
"""


def test_a_library_may_lie_beside_the_template_as_it_is_written(memory_tree: Any) -> None:
    tree = memory_tree({"modules/m/tosca.yaml": USING, "modules/m/types.yaml": AS_WRITTEN})
    found = check_template(tree, "modules/m/tosca.yaml", None)
    assert [each.message for each in found if each.is_error] == []
    assert {each.code for each in found} == {"tosca/remote-implementation", "yaml/duplicate-key"}
