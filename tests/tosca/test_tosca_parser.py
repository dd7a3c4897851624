"""What was understood of a template, validated by tosca-parser."""

# ruff: noqa: E501 - templates in lines
from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from field import OWN

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.tosca.check import check_template
from deepcat.tosca.load import read_template
from deepcat.tosca.topology import Deferred
from deepcat.tosca.tosca_parser import Validation, validate
from deepcat.tosca.writing.template import as_template, written


def test_the_parser_agrees_on_all_templates_of_the_field(shared_data: Path) -> None:
    folder = shared_data / "tosca" / "templates"
    for path in sorted(folder.rglob("*.y*ml")):
        reading = read_template(work_tree(path.parent), path.name, None)
        assert reading.topology, path
        assert reading.types
        assert validate(reading.topology, reading.types) == Validation(), path


@pytest.mark.parametrize("path", sorted(OWN.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_parser_agrees_on_our_templates(path: Path) -> None:
    reading = read_template(work_tree(path.parent), path.name, None)
    assert reading.topology
    assert reading.types
    assert validate(reading.topology, reading.types) == Validation()


def test_the_parser_agrees_on_our_modules(repository: Path) -> None:
    tree = work_tree(repository)
    for path in sorted((repository / "modules").glob("*/tosca.yaml")):
        found = check_template(tree, path.relative_to(repository).as_posix(), None)
        assert [finding for finding in found if finding.is_error] == []


# Each goes round one thing that tosca-parser is too strict about; named in a docstring.
RULES = {
    "simple-data-type": "data_types:\n  my.Port: {derived_from: integer, constraints: [{in_range: [1, 9]}]}\n"
    "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: my.Port, default: 4}}}\n",
    "entry-schema": "node_types:\n  my.T: {derived_from: tosca.nodes.Root, attributes: {a: {type: list, entry_schema: string}}}\n",
    "capability-type": "node_types:\n  my.T: {derived_from: tosca.nodes.Root, capabilities: {c: tosca.capabilities.Node}}\n",
    "requirement-without-node": "node_types:\n  my.T:\n    derived_from: tosca.nodes.Root\n    requirements:\n"
    "      - r: {capability: deepcat.capabilities.Model, relationship: deepcat.relationships.Serves, occurrences: [0, 1]}\n",
    "pattern": "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: string, "
    f"default: {'a' * 60}b, constraints: [{{pattern: '(a+)+b'}}]}}}}}}\n",
    "open-property": "node_types:\n  my.T: {derived_from: tosca.nodes.Root}\n",
    "join": "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: string, "
    "default: {join: [[a, {get_attribute: [SELF, state]}], '-']}}}}\n",
    "int-for-float": "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: float, default: 3}}}\n",
    "scalar-for-string": "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: map, entry_schema: {type: string}, default: {a: true, b: 1}}}}\n",
    "number-for-version": "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: version, default: 16.10}}}\n",
    "loose-requirement": "node_types:\n  my.T: {derived_from: tosca.nodes.SoftwareComponent}\n",
    "shadowed-type": "node_types:\n  tosca.nodes.BlockStorage: {derived_from: tosca.nodes.Root}\n  my.T: {derived_from: tosca.nodes.BlockStorage}\n",
    "occurrences": "node_types:\n  my.T: {derived_from: tosca.nodes.Root, requirements: [{r: {capability: tosca.capabilities.Node, occurrences: [0, 5]}}]}\n",
}  # fmt: skip


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rules_go_round_the_parsers_strictness(rule: str, memory_tree: Any) -> None:
    from deepcat.tosca.evaluating import links, primitives, typed_values
    from deepcat.tosca.writing import template

    files = (links, primitives, template, typed_values)
    assert any(f"`{rule}`" in (file.__doc__ or "") for file in files)
    text = (
        "tosca_definitions_version: tosca_simple_yaml_1_3\nimports: [deepcat, indigo]\n"
        + RULES[rule]
        + "topology_template:\n  node_templates:\n    a: {type: my.T}\n"
        + "    b: {type: tosca.nodes.indigo.Compute, properties: {unheard_of: 1}}\n" * (rule == "open-property")
    )  # fmt: skip
    tree = memory_tree({"modules/m/tosca.yaml": text})
    found = check_template(tree, "modules/m/tosca.yaml", None)
    assert [finding for finding in found if finding.is_error] == []


@pytest.mark.parametrize(("size", "is_none"), [("0 GiB", True), ("0 MB", True), ("0.5 MB", False)])
def test_an_input_may_mean_no_disk(memory_tree: Any, size: str, is_none: bool) -> None:
    text = f"""tosca_definitions_version: tosca_simple_yaml_1_3
topology_template:
  inputs: {{size: {{type: scalar-unit.size, default: {size}}}}}
  node_templates:
    d: {{type: tosca.nodes.BlockStorage, properties: {{size: {{get_input: size}}}}}}
"""
    for each in (text, text.replace("{get_input: size}", size)):
        tree = memory_tree({"modules/m/tosca.yaml": each})
        found = check_template(tree, "modules/m/tosca.yaml", None)
        assert [one.is_error for one in found] == [not is_none or each != text]


def test_host_is_resolved_before(memory_tree: Any) -> None:
    """`get_attribute: [HOST, capability, attribute]`, which tosca-parser does not know."""
    text = """tosca_definitions_version: tosca_simple_yaml_1_3
node_types:
  my.T: {derived_from: tosca.nodes.SoftwareComponent, properties: {p: {type: string}}}
topology_template:
  node_templates:
    h: {type: tosca.nodes.Compute}
    a: {type: my.T, requirements: [{host: h}], properties: {p: {get_attribute: [HOST, endpoint, ip_address]}}}
"""
    tree = memory_tree({"modules/m/tosca.yaml": text})
    assert check_template(tree, "modules/m/tosca.yaml", None) == ()


def test_an_objection_is_a_finding(memory_tree: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were our reading too lenient, the parser would say so."""
    from deepcat.tosca.evaluating import primitives

    monkeypatch.setitem(primitives._READ, "integer", lambda value: value)
    text = """tosca_definitions_version: tosca_simple_yaml_1_3
node_types:
  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: integer}}}
topology_template:
  node_templates: {a: {type: my.T, properties: {p: many}}}
"""
    (finding,) = check_template(memory_tree({"t.yaml": text}), "t.yaml", None)
    assert (finding.code, finding.is_error) == ("tosca/parser", True)
    assert "many" in finding.message


def test_the_template_that_the_parser_gets_imports_nothing(repository: Path) -> None:
    tree = work_tree(repository)
    reading = read_template(tree, "modules/half-plus-two/tosca.yaml", None)
    assert reading.topology
    assert reading.types
    template = as_template(reading.topology, reading.types)
    assert "imports" not in template
    assert "deepcat.nodes.ModelServer" in template["node_types"]


def test_functions_are_written_again() -> None:
    attribute = Deferred("get_attribute", ("a", "b"))
    assert written({"x": [Deferred("concat", ("u", attribute))]}) == {
        "x": [{"concat": ["u", {"get_attribute": ["a", "b"]}]}]
    }
    assert written(Deferred("join", (["u", attribute], "-"))) == {
        "concat": ["u", "-", {"get_attribute": ["a", "b"]}]
    }
    assert written(Deferred("get_input", ("i",))) == {"get_input": "i"}


def test_threads_do_not_mix(repository: Path) -> None:
    tree = work_tree(repository)
    good = read_template(tree, "modules/half-plus-two/tosca.yaml", None)
    assert good.topology
    assert good.types
    found: list[Validation] = []

    def ask() -> None:
        assert good.topology
        assert good.types
        found.extend(validate(good.topology, good.types) for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Validation()] * 20
