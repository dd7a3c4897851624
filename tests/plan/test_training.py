"""What a wish sets a training: limits and an early end, or why that is not carried out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Deployment, ModelRef, Module, Placement
from deepcat.plan.bounded import bounded, line, promise
from deepcat.plan.changes import difference
from deepcat.plan.digests import applied_nodes
from deepcat.plan.training import is_use
from deepcat.plan.values import Action, State, Status, Wish
from deepcat.tosca.topology import Node, Topology

NODE = Node(
    "training", "deepcat.nodes.TrainingJob", (), {"command": "python train.py"}, {}, {}, {}, ()
)
DATA = {
    "training": {"command": "python train.py", "metric": "error"},
    "metrics": [{"name": "error", "value": 1, "higher_is_better": False}],
}


def topology(*nodes: Node) -> Topology:
    held = {node.name: node for node in nodes}
    return Topology("t", "tosca_simple_yaml_1_3", "", {}, held, (), {}, ())


def wish(**data: Any) -> Deployment:
    return Deployment(
        "learn", "d", "m", "*", "train", {}, None, Placement((), None, ""), None, "ada", data
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "modules" / "m"
    folder.mkdir(parents=True)
    (tmp_path / "deepcat.yaml").write_text("apiVersion: deepcat/v1\n")
    (folder / "train.py").write_text("print()")
    (folder / "README.md").write_text("# M")
    return tmp_path


def module(data: dict[str, Any] = DATA, **given: Any) -> Module:
    plain = {"version": "1.0.0", "digest": "d", "topology": "", "model": None, "samples": ()}
    return Module(name="m", path="modules/m", data=data, **(plain | given))


def given(root: Path, data: dict[str, Any] = DATA, **said: Any) -> Any:
    found, refused = bounded(topology(NODE), wish(**said), module(data), work_tree(root))
    return found.nodes["training"].properties, [each.code for each in refused]


def test_it_begins_from_the_model_of_the_version_that_it_gets(root: Path) -> None:
    own = ModelRef("tensorflow-savedmodel", "model.tar.gz", "", "a" * 64, {})

    def found(wanted: str, model: ModelRef | None = own) -> tuple[Any, list[str]]:
        asked = (topology(NODE), wish(**{"from": wanted}), module(model=model), work_tree(root))
        held, refused = bounded(*asked)
        return held.nodes["training"].properties.get("begins_from"), [e.code for e in refused]

    assert found("1.0.0") == ("a" * 64, [])
    assert found("scratch") == (None, [])
    assert found("0.9.0") == (None, ["training/from"])
    assert found("1.0.0", replace(own, path="", source="https://example.org/m")) == (
        None, ["training/from"],
    )  # fmt: skip
    assert found("1.0.0", None) == (None, ["training/from"])
    assert "begin from the model of 1.0.0" in line(wish(**{"from": "1.0.0"}))


def test_limits_become_properties_of_the_node(root: Path) -> None:
    said = {
        "limits": {"time": "4h", "cost": 20, "disk": "1GiB"},
        "retries": {"module": 2, "capacity": 5},
        "stop": {"patience": 5, "nan": False},
    }
    own, refused = given(root, **said)
    assert not refused
    assert (own["time_limit"], own["retries"]) == ("14400 s", 2)
    assert own["limits"] == {
        "cost": 20.0,
        "disk_bytes": 2**30,
        "nan": False,
        "stop": {"metric": "error", "patience": 5, "higher_is_better": False},
    }
    assert line(wish(**said)) == (
        "end it after 4h, or at a cost of 20, or when it has written 1GiB, or when its metric got"
        " no better 5 times; try it 3 times; begin it again 5 times at most when its place is lost"
    )
    assert line(wish()) == ""


def test_what_a_module_promises_of_its_checkpoints_holds(root: Path) -> None:
    data = {**DATA, "training": {**DATA["training"], "checkpoint": {"every": "10m", "keep": 2}}}
    own, refused = given(root, data)
    assert (own["limits"], refused) == ({"checkpoint": {"every_s": 600, "keep": 2}}, [])
    said = promise(module(data))
    assert said == "lose 10m of work at most, by its checkpoints; keep its newest 2 checkpoints"
    assert promise(module()) == ""


@pytest.mark.parametrize(
    ("stop", "data"),
    [
        ({"metric": "loss", "patience": 3}, DATA),
        ({"metric": "error"}, DATA),
        ({"patience": 3}, {"training": {}}),
    ],
)
def test_an_early_end_that_is_not_clear_is_refused(
    root: Path, stop: dict[str, Any], data: dict[str, Any]
) -> None:
    assert given(root, data, stop=stop)[1] == ["training/stop"]
    assert not given(root, data, stop={"metric": "loss", "patience": 3, "mode": "min"})[1]


def test_what_runs_no_training_takes_no_limits(root: Path) -> None:
    found = bounded(topology(), wish(limits={"time": "4h"}), module(), work_tree(root))
    assert [each.code for each in found[1]] == ["training/bounds"]


def test_only_a_place_to_develop_stops_when_nobody_uses_it(root: Path) -> None:
    asked, tree = wish(idle="4h"), work_tree(root)
    assert [each.code for each in bounded(topology(), asked, module(), tree)[1]] == ["develop/idle"]
    desk = replace(NODE, name="desk", type="deepcat.nodes.Notebook", ancestry=())
    found, refused = bounded(topology(desk), asked, module(), tree)
    assert not refused
    assert found.nodes["desk"].properties["idle"] == "4h"
    assert line(asked) == "stop it when unused for 4h"
    own = wish(editor="code-server")
    assert [each.code for each in bounded(topology(), own, module(), tree)[1]] == ["develop/editor"]
    found, refused = bounded(topology(desk), own, module(), tree)
    assert (found.nodes["desk"].properties["editor"], refused) == ("code-server", ())
    assert line(own) == "work in code-server"
    assert line(wish(idle="off")) == "let it run unused"


def test_only_what_a_training_reads_makes_another_one(root: Path) -> None:
    before = given(root)[0]["files"]
    (root / "modules" / "m" / "README.md").write_text("# Other")
    assert given(root)[0]["files"] == before
    (root / "modules" / "m" / "train.py").write_text("print(1)")
    assert given(root)[0]["files"] != before


def test_a_new_version_is_no_reason_to_train_again(root: Path) -> None:
    def asked(own: Module, **said: Any) -> Wish:
        found, _ = bounded(topology(NODE), wish(**said), own, work_tree(root))
        return Wish(wish(**said), own, found, ())

    first = asked(module())
    state = State(
        "learn", "m", "1.0.0", "d", "train", {}, "c", "s", Status.ENDED, "w", "", is_job=True,
        ended="2026-11-30T08:00:00+00:00", exit_status=0, nodes=applied_nodes(first.topology),
    )  # fmt: skip
    later = module(version="1.1.0", digest="other")
    assert difference(asked(later), state).action is Action.NONE
    assert difference(asked(later, limits={"time": "9h"}), state).action is Action.NONE
    (root / "modules" / "m" / "train.py").write_text("print(2)")
    again = difference(asked(later), state)
    assert again.action is Action.CREATE
    assert [each.property for each in again.causes] == ["nodes.training.properties.files"]


def test_which_properties_are_of_use_alone() -> None:
    assert is_use("nodes.a.properties.limits.cost")
    assert is_use("nodes.a.properties.time_limit")
    assert not is_use("nodes.a.properties.inputs.limits")
    assert not is_use("version")
