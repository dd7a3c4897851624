"""Every template of the field, held against what a reader expects of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from field import named, present, template

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.tosca.load import load_topology
from deepcat.tosca.topology import Topology
from deepcat.tosca.workload import Part, Port, Workload
from deepcat.tosca.workloads.derive import workloads
from deepcat.tosca.writing.normal import from_json, plain, to_json, workload_json

ALL = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CASES = present(ALL)
NEEDED = "<needed>"


def _given_only(data: dict[str, Any], default: dict[str, Any], keep: set[str]) -> dict[str, Any]:
    """A value's fields that differ from its defaults."""
    return {key: value for key, value in data.items() if key in keep or value != default.get(key)}


def _spelt(workload: Workload) -> dict[str, Any]:
    empty = workload_json(Workload("", ""))
    spelt = _given_only(workload_json(workload), empty, {"name", "kind"})
    for key, usual, keep in (
        ("ports", workload_json(Workload("", "", ports=(Port("", 0),)))["ports"][0], {"name"}),
        ("parts", workload_json(Workload("", "", parts=(Part("", ""),)))["parts"][0], {"name"}),
        ("mounts", {"read_only": False}, {"source", "target", "kind"}),
    ):
        if key in spelt:
            spelt[key] = [_given_only(item, usual, keep) for item in spelt[key]]
    if "accelerator" in spelt:
        spelt["accelerator"] = _given_only(spelt["accelerator"], empty["accelerator"], set())
    if "hosts" in spelt:
        spelt["hosts"] = list(spelt["hosts"])
    return spelt


def _read(case: Path, inputs: dict[str, Any] | None) -> tuple[Any, Any, Any]:
    path = template(case)
    topology, findings = load_topology(work_tree(path.parent), path.name, inputs, complete=False)
    return yaml.safe_load(case.read_text()), topology, findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_template_is_read_as_a_reader_expects(case: Path) -> None:
    expected, topology, findings = _read(case, None)
    assert sorted(finding.code for finding in findings) == sorted(expected["hints"])
    assert isinstance(topology, Topology)
    assert topology.version == expected["version"]
    assert {name: node.type for name, node in topology.nodes.items()} == expected["nodes"]
    assert [[e.source, e.name, e.target] for e in topology.edges] == expected["edges"]
    inputs = {
        name: {"$function": "get_input", "arguments": [name]} if value == NEEDED else value
        for name, value in expected["inputs"].items()
    }
    assert plain(topology.inputs) == inputs
    assert plain(topology.outputs) == expected["outputs"]
    assert [_spelt(workload) for workload in workloads(topology)] == expected["workloads"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_given_inputs_reach_the_workloads(case: Path) -> None:
    given = yaml.safe_load(case.read_text())["given"]
    _, topology, _ = _read(case, given["inputs"])
    assert [_spelt(workload) for workload in workloads(topology)] == given["workloads"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_json_gives_the_topology_back(case: Path) -> None:
    _, topology, _ = _read(case, None)
    assert from_json(to_json(topology)) == topology


def test_every_template_has_a_case(shared_data: Path) -> None:
    folder = shared_data / "tosca" / "templates"
    templates = {path.relative_to(folder).as_posix() for path in folder.rglob("*.y*ml")}
    assert templates == named(ALL)
