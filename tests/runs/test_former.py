"""Which operations of what ran before are carried out, and which are left out with a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.plan.values import Wish
from deepcat.runs.former import compiled, kept
from deepcat.runs.values import Former
from deepcat.tosca.topology import Deferred, Node, Operation, Topology


def wish(version: str, **nodes: dict[str, Any]) -> Wish:
    """Nodes by name, each with what its `delete.sh` is given; all of them are made by `make.sh`."""
    made = {}
    for name, inputs in nodes.items():
        own = (
            Operation("create", "Standard", "modules/m/make.sh", {"NAME": name}, "module"),
            Operation("delete", "Standard", "modules/m/delete.sh", inputs, "module"),
        )
        made[name] = Node(name, "x", ("x",), {}, {}, {}, {}, own)
    return Wish(
        Deployment("d", "d", "m", "", "serve", {}, None, Placement(), None, "ada", {}),
        Module("m", version, "modules/m", {}, "d", "modules/m/tosca.yaml", None, ()),
        Topology("t", "1.3", "", {}, made, (), {}),
        (),
    )


@pytest.fixture
def former(tmp_path: Path) -> Former:
    folder = tmp_path / "modules" / "m"
    folder.mkdir(parents=True)
    for name in ("make.sh", "delete.sh"):
        (folder / name).write_text(name)
    ask = Deferred("get_attribute", ("plain", "url"))
    return Former(wish("1.0.0", plain={}, asks={"URL": ask}), work_tree(tmp_path))


def names(plays: list[Any]) -> list[str]:
    return [task["name"] for play in plays for task in play["tasks"]]


def test_what_is_known_on_the_host_alone_is_left_out_with_a_word(former: Former) -> None:
    plays, notes = compiled(former, frozenset(), "/files")
    assert names(plays) == ["plain: delete"]
    (note,) = notes
    assert note.startswith("`asks: delete` of 1.0.0 was left out")
    plays, notes = compiled(former, frozenset(), "/files", with_attributes=True)
    assert names(plays) == ["asks: delete", "plain: delete"]
    assert notes == []


def test_what_the_new_version_has_too_is_not_taken_away(former: Former) -> None:
    assert compiled(former, frozenset({"plain", "asks"}), "/files") == ([], [])
    both = wish("2.0.0", plain={})
    assert kept(former, both, former.tree) == {"plain"}
    assert kept(former, wish("2.0.0", other={"X": 1}), former.tree) == frozenset()
    assert kept(former, None, former.tree) == frozenset()


def test_another_content_of_the_same_name_makes_another_thing(
    former: Former, tmp_path: Path
) -> None:
    folder = tmp_path / "next" / "modules" / "m"
    folder.mkdir(parents=True)
    for name in ("make.sh", "delete.sh"):
        (folder / name).write_text("other")
    assert kept(former, wish("2.0.0", plain={}), work_tree(tmp_path / "next")) == frozenset()
