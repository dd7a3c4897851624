"""Forms of TOSCA's grammar, as rows of data: what each template means, or why it is refused.

What is read is held for right by tosca-parser, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import case_files
import pytest

from deepcat.tosca.load import load_topology, read_template
from deepcat.tosca.tosca_parser import Validation, validate
from deepcat.tosca.writing.normal import plain

FORMS = Path(__file__).parent / "forms"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['case']}")
    for path in sorted(FORMS.glob("*.yaml"))
    for case in case_files.read(path)
]
KEYS = {
    "case",
    "template",
    "files",
    "inputs",
    "findings",
    "nodes",
    "edges",
    "values",
    "outputs",
    "order",
}


def _value(topology: Any, path: str) -> Any:
    """A node's property or its capability's, `NODE.PROPERTY` or `NODE/CAPABILITY.PROPERTY`."""
    owner, _, name = path.rpartition(".")
    node, _, capability = owner.partition("/")
    found = topology.nodes[node]
    return (found.capabilities[capability] if capability else found.properties).get(name)


@pytest.mark.parametrize("case", CASES)
def test_a_form_is_read_or_refused_for_the_right_reason(
    case: dict[str, Any], memory_tree: Any
) -> None:
    assert set(case) <= KEYS
    tree = memory_tree({"t.yaml": case["template"], **case.get("files", {})})
    topology, found = load_topology(tree, "t.yaml", case.get("inputs"))
    said = [
        f"{finding.code.removeprefix('tosca/')} {finding.place.path}:{finding.place.line}"
        + (f" {finding.message}" if finding.is_error else " (hint)")
        for finding in found
    ]
    assert said == case.get("findings", [])
    if any(finding.is_error for finding in found):
        assert topology is None
        return
    assert topology is not None
    if "nodes" in case:
        assert {name: node.type for name, node in topology.nodes.items()} == case["nodes"]
    if "order" in case:
        assert list(topology.nodes) == case["order"]
    if "edges" in case:
        edges = [[e.source, e.name, e.target, e.relationship] for e in topology.edges]
        assert edges == case["edges"]
    values = {path: _value(topology, path) for path in case.get("values", {})}
    assert plain(values) == case.get("values", {})
    assert plain(topology.outputs) == case.get("outputs", plain(topology.outputs))
    # What is read is held for right by tosca-parser too.
    reading = read_template(tree, "t.yaml", case.get("inputs"))
    assert reading.topology
    assert reading.types
    assert validate(reading.topology, reading.types) == Validation()
