"""The type library: held against tosca-parser's definitions and against the facts of INDIGO's."""

# ruff: noqa: E501 - templates in lines
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.tosca.reading import library
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report
from deepcat.tosca.topology import Topology


def _facts(data: Any) -> Any:
    """A definition without what carries no fact: texts, what is the usual value anyway."""
    if isinstance(data, dict):
        dropped = {"description", "status", "metadata"}
        kept = {key: _facts(value) for key, value in data.items() if key not in dropped}
        if kept.get("required") is True:
            del kept["required"]
        if kept.get("occurrences") == [1, 1]:
            del kept["occurrences"]
        if "operations" in data:
            kept["operations"] = sorted(data["operations"])
        if isinstance(kept.get("entry_schema"), str):
            kept["entry_schema"] = {"type": kept["entry_schema"]}
        return {key: value for key, value in kept.items() if value not in ({}, None)}
    if isinstance(data, list):
        return [_facts(item) for item in data]
    return data


def _ours(name: str) -> dict[str, dict[str, Any]]:
    return {
        kind: {one: _facts(library.definition(name, kind, one)) for one in types}
        for kind, types in library.library(name).items()
    }


def _parser_definitions() -> dict[str, dict[str, Any]]:
    import toscaparser

    text = (Path(toscaparser.__file__).parent / "elements/TOSCA_definition.yaml").read_text()
    data = {kind: value for kind, value in yaml.safe_load(text).items() if kind in library.KINDS}
    # Operations stand there beside an interface's keys, and an artifact's version is no schema.
    data["interface_types"] = {
        name: {"operations": {key: {} for key in body}}
        for name, body in data["interface_types"].items()
    }
    data["interface_types"]["tosca.interfaces.Root"] = {}  # the standard has it, the parser not
    data["artifact_types"]["tosca.artifacts.Root"].pop("properties")
    return {
        kind: {name: _facts(body or {}) for name, body in types.items()}
        for kind, types in data.items()
    }


def test_normative_types_are_those_of_the_parser() -> None:
    assert _ours("normative") == _parser_definitions()


def test_types_of_the_newer_profile_are_no_other_librarys() -> None:
    for kind, types in library.library("profile_1_3").items():
        assert not set(types) & set(library.library("normative")[kind])


def test_indigo_types_are_the_facts(shared_data: Path) -> None:
    facts = json.loads((shared_data / "tosca" / "indigo-types.json").read_text())
    ours, normative = _ours("indigo"), _ours("normative")
    for kind, types in facts.items():
        for name, body in types.items():
            known = ours[kind].get(name, normative[kind].get(name))
            assert known == _facts(body), name
        assert set(ours[kind]) <= set(types)


@pytest.mark.parametrize("name", ["normative", "profile_1_3", "deepcat", "indigo"])
def test_every_definition_can_be_worked_out(name: str) -> None:
    report = Report()
    types = Types({}, frozenset(("deepcat", "indigo")), report)
    for kind, definitions in library.library(name).items():
        for one in definitions:
            entity = types.entity(kind, one)
            assert entity is not None
            for need in entity.requirements.values():
                for what, wanted in (
                    ("capability_types", need.capability),
                    ("node_types", need.node),
                    ("relationship_types", need.relationship),
                ):
                    assert not wanted or types.find(what, wanted), (one, wanted)
    assert report.findings() == ()


def test_our_roles_are_there(repository: Path) -> None:
    roles = {
        implementation.removeprefix("role:")
        for data in library.library("deepcat")["node_types"].values()
        for interface in data.get("interfaces", {}).values()
        for implementation in interface["operations"].values()
    }
    assert {"model", "model_server"} <= roles
    assert all(role.isidentifier() for role in roles)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("string", {"type": "string"}),
        ("string?", {"type": "string", "required": False}),
        ("integer = 4", {"type": "integer", "default": 4}),
        ("string? = a b", {"type": "string", "required": False, "default": "a b"}),
        ('string = "4"', {"type": "string", "default": "4"}),
        ("list of string? = []", {"type": "list", "entry_schema": {"type": "string"}, "required": False, "default": []}),
        ("map of list of float", {"type": "map", "entry_schema": {"type": "list", "entry_schema": {"type": "float"}}}),
        ("integer where in_range [1, 9]", {"type": "integer", "constraints": [{"in_range": [1, 9]}]}),
        ("string? = x where equal x", {"type": "string", "required": False, "default": "x", "constraints": [{"equal": "x"}]}),
    ],
)  # fmt: skip
def test_the_short_notation(short: str, full: dict[str, Any]) -> None:
    assert library.expand("node_types", {"properties": {"p": short}})["properties"]["p"] == full


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("deepcat", "deepcat"),
        ("indigo", "indigo"),
        ("tosca", "normative"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/master/custom_types.yaml", "indigo"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/refs/heads/devel/custom_types.yaml", "indigo"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/v4.1.0/custom_types.yaml", "indigo"),
        ("https://github.com/indigo-dc/tosca-types/raw/master/custom_types.yaml", "indigo"),
        ("http://raw.githubusercontent.com/indigo-dc/tosca-types/k8s_testing/custom_types.yml", "indigo"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/master/other.yaml", None),
        ("https://raw.githubusercontent.com/someone/tosca-types/master/custom_types.yaml", None),
        ("custom_types.yaml", None),
    ],
)  # fmt: skip
def test_what_an_import_means(target: str, name: str | None) -> None:
    assert library.library_of(target) == name


def test_types_that_are_not_imported_are_named(read: Any) -> None:
    text = "tosca_definitions_version: tosca_simple_yaml_1_3\ntopology_template: {node_templates: {a: {type: deepcat.nodes.Model}}}\n"
    _, (finding,) = read(text, {})
    assert finding.hint == "add `imports: [deepcat]`"


def test_secrets_are_references(codes: Any) -> None:
    text = """
topology_template:
  node_templates:
    h: {type: tosca.nodes.Compute}
    n: {type: deepcat.nodes.Notebook, requirements: [{host: h}], properties: {secrets: {TOKEN: VALUE}}}
"""
    assert codes(text.replace("VALUE", "env:TOKEN"), {}) == []
    assert codes(text.replace("VALUE", "hunter2"), {}) == ["constraint"]


@pytest.mark.parametrize("version", ["1_0", "1_1", "1_2", "1_3"])
def test_versions(good: Callable[..., Topology], version: str) -> None:
    text = f"tosca_definitions_version: tosca_simple_yaml_{version}\ntopology_template: {{node_templates: {{a: {{type: tosca.nodes.Root}}}}}}\n"
    assert good(text, {}).version == f"tosca_simple_yaml_{version}"
