"""What only the old version knows to take away: what was, what shall be, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from deepcat.plan.former import brings_operations, lines, made_again, own_steps
from deepcat.tosca.topology import Node, Operation, Topology

MAKES = {"create": ("make.sh", {}), "delete": ("clear.sh", {})}


def topology(operations: Mapping[str, tuple[str, Any]], origin: str = "module") -> Topology:
    own = tuple(
        Operation(name, "Standard", script, inputs, origin)
        for name, (script, inputs) in operations.items()
    )
    node = Node("tool", "x", ("x",), {}, {}, {}, {}, own)
    return Topology("t", "1.3", "", {}, {"tool": node}, (), {})


def content(**files: str) -> Callable[[str], str]:
    return lambda path: files.get(path.removesuffix(".sh"), "")


OLD = content(make="1", clear="1")


@pytest.mark.parametrize(
    ("after", "files", "kept"),
    [
        # The very same thing is made again: its deletion would take it from the new version.
        (MAKES, {"make": "1", "clear": "1"}, True),
        ({"create": ("make.sh", {})}, {"make": "1"}, True),
        ({"delete": ("clear.sh", {})}, {"clear": "1"}, True),
        # Another script, or the same one given something else, makes another thing.
        (MAKES, {"make": "2", "clear": "2"}, False),
        ({"create": ("make.sh", {"WHERE": "b"})}, {"make": "1"}, False),
        ({"configure": ("make.sh", {})}, {"make": "1"}, False),
        ({}, {}, False),
    ],
)
def test_what_the_new_version_has_too_is_kept(
    after: Mapping[str, tuple[str, Any]], files: dict[str, str], kept: bool
) -> None:
    found = made_again(topology(MAKES), topology(after), OLD, content(**files))
    assert found == (frozenset({"tool"}) if kept else frozenset())


def test_our_own_roles_need_nobody_to_take_down_what_they_made() -> None:
    roles = topology({"create": ("role:a", {}), "delete": ("role:a", {})}, "library")
    assert made_again(roles, roles, OLD, OLD) == frozenset()
    assert list(own_steps(roles)) == []


def test_what_is_done_is_told_by_node_and_version() -> None:
    made = topology(MAKES | {"stop": ("stop.sh", {})})
    assert lines(made, "1.0.0") == ("tool: stop, delete of 1.0.0",)
    assert lines(made, "") == ("tool: stop, delete",)
    assert lines(made, "1.0.0", {"tool"}) == ()


def test_what_stands_upon_another_is_taken_down_first() -> None:
    """The nodes of a topology stand in the order of their dependencies."""
    (base,) = topology(MAKES).nodes.values()
    nodes = {name: replace(base, name=name) for name in ("base", "top")}
    both = replace(topology(MAKES), nodes=nodes)
    assert [step.node.name for step in own_steps(both)] == ["top", "base"]
    assert [step.node.name for step in own_steps(both, {"top"})] == ["base"]
    assert lines(both, "1") == ("top: delete of 1", "base: delete of 1")


@pytest.mark.parametrize(
    ("implementation", "brings"), [("modules/m/a.sh", True), ("role:model", False), ("", False)]
)
def test_a_record_tells_whether_a_module_brought_operations(
    implementation: str, brings: bool
) -> None:
    nodes = {"tool": {"operations": {"create": {"implementation": implementation}}}, "bare": {}}
    assert brings_operations(nodes) is brings
