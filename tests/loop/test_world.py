"""What a wish is made of, and why it is held back; read from a real tree without any cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.reading.tree import Tree
from deepcat.loop.world import gather, only
from deepcat.plan.values import Action, Change, Plan
from deepcat.tosca import load
from deepcat.tosca.load import load_topology

MODULE = """\
apiVersion: deepcat/v1
name: tool
version: {version}
title: A tool
summary: Does nothing yet, and says so.
license: MIT
authors: [{{name: Ada}}]
maintainers: ["@ada"]
categories: ["AI4 tools"]
description: "Nothing runs of it."
libraries: ["TensorFlow"]
links: {{source_code: "https://example.org/tool"}}
tags: [tool]
tasks: ["Other"]
"""
TOPOLOGY = """\
tosca_definitions_version: tosca_simple_yaml_1_3
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces: {Standard: {create: create.sh}}
"""


@pytest.mark.parametrize(
    ("version", "wish", "why"),
    [
        ("1.2.0", "module: tool\nversion: ^1.0.0\n", ""),
        ("1.2.0", "module: tool\n", ""),
        ("1.2.0", "module: tool\nversion: 1.2.0\n", ""),
        # Whoever takes any version takes one before its release, in a plan as in a check.
        ("1.2.0-rc.1", "module: tool\nversion: '*'\n", ""),
        ("1.2.0-rc.1", "module: tool\n", ""),
        ("1.2.0", "module: tool\nversion: ^2.0.0\n", "nothing meets"),
        ("1.2.0-rc.1", "module: tool\nversion: 1.x\n", "nothing meets"),
        ("1.2.0", "module: other\n", "there is no module"),
        ("1.2.0", "module: [\n", "deployments/demo.yaml:"),
        ("newest", "module: tool\n", "modules/tool/module.yaml:"),
    ],
)
def test_why_a_wish_is_held_back(
    git_tree_at: Callable[[dict[str, str]], Path], version: str, wish: str, why: str
) -> None:
    root = git_tree_at(
        {
            "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
            "modules/tool/module.yaml": MODULE.format(version=version),
            "modules/tool/README.md": "# Tool\n",
            "modules/tool/tosca.yaml": TOPOLOGY,
            "modules/tool/create.sh": "true\n",
            "deployments/demo.yaml": f"apiVersion: deepcat/v1\nprofile: serve\nowner: ada\n{wish}",
        }
    )
    world = gather(root)
    plan = world.plan()
    assert plan.changes == ()
    if why:
        assert world.wishes == {}
        assert why in world.held["demo"][0]
        assert plan.refusals == {"demo": world.held["demo"]}
    else:
        assert world.held == {}
        assert world.wishes["demo"].module.version == version
        assert plan.refusals == {"demo": ("no cloud offers anything",)}


def test_a_plan_for_some_shows_those_alone() -> None:
    changes = tuple(Change(Action.NONE, name, "m", "1", "serve") for name in ("a", "b", "c"))
    plan = Plan("c", "d", changes, {"x": ("why",), "y": ("why",)})
    found = only(plan, ("b", "x"))
    assert [change.deployment for change in found.changes] == ["b"]
    assert set(found.refusals) == {"x"}
    assert only(plan, ()) == plan


TAKES = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  inputs:
    rest_port: {type: integer, default: 8501, constraints: [{in_range: [0, 65535]}]}
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces: {Standard: {create: create.sh}}
"""
NEEDS = TAKES.replace(", default: 8501", "")


@pytest.mark.parametrize(
    ("template", "inputs", "place"),
    [
        (TAKES, "inputs: {rest_port: 99999}\n", "deployments/demo.yaml:5:10"),
        (TAKES, "inputs:\n  rest_prt: 1\n", "deployments/demo.yaml:6:3"),
        (TAKES, "inputs: {rest_port: many}\n", "deployments/demo.yaml:5:10"),
        (NEEDS, "", "deployments/demo.yaml"),
        # What is wrong whatever is given is the template's fault.
        (TAKES.replace("host: host", "host: nobody"), "inputs: {rest_port: 1}\n",
         "modules/tool/tosca.yaml:10:23"),
    ],
)  # fmt: skip
def test_a_plan_names_the_file_of_a_fault_as_a_check_does(
    git_tree_at: Callable[[dict[str, str]], Path], template: str, inputs: str, place: str
) -> None:
    from deepcat.catalog.check import examine
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.loop.templates import topologies

    root = git_tree_at(
        {
            "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
            "modules/tool/module.yaml": MODULE.format(version="1.2.0") + "topology: tosca.yaml\n",
            "modules/tool/README.md": "# Tool\n",
            "modules/tool/tosca.yaml": template,
            "modules/tool/create.sh": "true\n",
            "deployments/demo.yaml": "apiVersion: deepcat/v1\nprofile: serve\nowner: ada\n"
            f"module: tool\n{inputs}",
        }
    )
    (why, *_) = gather(root).held["demo"]
    assert why.startswith(f"{place}:"), why
    found = examine(work_tree(root), topologies(), cached=False).findings
    checked = [str(finding.place) for finding in found if finding.is_error]
    assert any(each.startswith(place) for each in checked), checked


def test_what_is_asked_without_a_file_has_its_faults_in_none(
    git_tree_at: Callable[[dict[str, str]], Path],
) -> None:
    trained = "training: {command: python train.py, inputs: {epochs: {type: integer}}}\n"
    root = git_tree_at(
        {
            "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
            "modules/tool/module.yaml": MODULE.format(version="1.2.0") + trained,
            "modules/tool/README.md": "# Tool\n",
        }
    )
    asked = {"apiVersion": "deepcat/v1", "module": "tool", "profile": "train", "owner": "ada"}
    held = gather(root, asked={"own": {**asked, "inputs": {"epochs": "sixty"}}}).held["own"]
    assert held == (
        "the input `epochs`: `sixty` is not an integer (give a whole number such as `2`)",
    )


def test_wishes_of_one_template_read_it_once_for_the_same_inputs(
    git_tree_at: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = "\ntopology_template:\n  inputs: {n: {type: float, default: 1}}\n"
    own = {"deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
           "modules/tool/README.md": "# Tool\n",
           "modules/tool/module.yaml": MODULE.format(version="1.0.0"),
           "modules/tool/tosca.yaml": TOPOLOGY.replace("\ntopology_template:\n", asks),
           "modules/tool/create.sh": "true\n"}  # fmt: skip
    wishes = {"one": "1.5", "same": "1.5", "other": "2.5", "usual": ""}
    for name, value in wishes.items():
        given = f"inputs: {{n: {value}}}\n" if value else ""
        text = f"apiVersion: deepcat/v1\nmodule: tool\nprofile: serve\nowner: ada\n{given}"
        own[f"deployments/{name}.yaml"] = text
    read: list[object] = []

    def counted(tree: Tree, path: str, inputs: Mapping[str, Any] | None) -> Any:
        read.append(dict(inputs or {}))
        return load_topology(tree, path, inputs)

    monkeypatch.setattr(load, "load_topology", counted)
    gathered = gather(git_tree_at(own))
    assert gathered.held == {}
    assert {name: wish.topology.inputs["n"] for name, wish in gathered.wishes.items()} == {
        **{"one": 1.5, "same": 1.5, "other": 2.5, "usual": 1}
    }
    assert sorted(map(str, read)) == ["{'n': 1.5}", "{'n': 2.5}", "{}"]
