"""Which files of a module travel with a run, and which never do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Deployment, Module, Placement, Sample
from deepcat.plan.values import Action, Change, State, Status, Wish
from deepcat.runs.prepare import _fixed_ports, tasks_file
from deepcat.runs.stage import files, locks, module_files, servers
from deepcat.runs.values import Job
from deepcat.tosca.topology import Edge, Node, Operation, Topology

STATE = State("d", "m", "1", "", "serve", {}, "local", "host", Status.PENDING, "", "")
SCRIPT = Operation("create", "Standard", "modules/m/make.sh", {}, "module")
MODEL, SERVER = "deepcat.nodes.Model", "deepcat.nodes.ModelServer"


def node(name: str, *ancestry: str, operations: tuple[Operation, ...] = (), **given: Any) -> Node:
    return Node(name, ancestry[0], ancestry, given, {}, {}, {}, operations)


def wish(
    *nodes: Node, edges: tuple[Edge, ...] = (), topology: str = "tosca.yaml", **inputs: Any
) -> Wish:
    deployment = Deployment(
        "d", "deployments/d.yaml", "m", "", "serve", inputs, None, Placement(), None, "ada", {}
    )
    samples = (Sample("one", "predict", {"instances": [1]}, {"predictions": [2]}),)
    where = f"modules/m/{topology}"
    module = Module("m", "1.0.0", "modules/m", {}, "d", where, None, samples)
    made = Topology(where, "1.3", "", {}, {each.name: each for each in nodes}, edges, {})
    return Wish(deployment, module, made, ())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("model.tar.gz", "make.sh", "deep/data.bin", "tosca.zip", "README.md"):
        path = tmp_path / "modules/m" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "modules/m/out.sh").symlink_to("/etc/hostname")
    (tmp_path / "secret").write_text("secret")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "travels"),
    [
        (wish(node("a", "x")), []),
        (wish(node("a", MODEL, archive="model.tar.gz")), ["model.tar.gz"]),
        # A type of the module's own that is derived from ours is a model too.
        (wish(node("a", "mine.Model", MODEL, archive="model.tar.gz")), ["model.tar.gz"]),
        (wish(node("a", "mine.Other", archive="model.tar.gz")), []),
        (wish(node("a", MODEL, archive="../../secret")), []),
        (wish(node("a", MODEL, archive="/etc/hostname")), []),
        (wish(node("a", MODEL, archive="https://example.org/m.tar.gz")), []),
        (wish(node("a", MODEL, archive="out.sh")), []),
        (wish(node("a", MODEL, archive="missing.tar.gz")), []),
        (wish(node("a", MODEL, archive="deep")), []),
        # Scripts may need any file beside them but words, and no link leads out.
        (
            wish(node("a", "x", operations=(SCRIPT,))),
            ["deep/data.bin", "make.sh", "model.tar.gz", "tosca.zip"],
        ),
        (
            wish(node("a", "x"), edges=(Edge("a", "r", "a", "r", "t", {}, (SCRIPT,)),)),
            ["deep/data.bin", "make.sh", "model.tar.gz", "tosca.zip"],
        ),
        (
            wish(node("a", "x", operations=(SCRIPT,)), topology="tosca.zip"),
            ["deep/data.bin", "make.sh", "model.tar.gz"],
        ),
    ],
)
def test_what_travels(root: Path, given: Wish, travels: list[str]) -> None:
    assert [name for name, _ in module_files(work_tree(root), given)] == travels


def test_the_owner_s_tag_and_the_samples_travel_always(root: Path) -> None:
    found = dict(files(work_tree(root), wish(node("a", MODEL, archive="model.tar.gz")), STATE))
    assert list(found) == ["owner.json", "samples.json", "about.json", "module/model.tar.gz"]
    assert json.loads(found["owner.json"])["name"] == "d"
    assert [sample["name"] for sample in json.loads(found["samples.json"])] == ["one"]


def test_servers_are_counted_by_their_ancestry() -> None:
    made = wish(node("a", SERVER), node("b", "mine.Server", SERVER), node("c", MODEL))
    assert servers(made) == 2


@pytest.mark.parametrize(
    ("inputs", "ports"),
    [
        ({}, []),
        ({"port": 8501, "name": "x"}, [8501]),
        ({"a": 9000, "b": 8501, "c": 9000}, [8501, 9000]),
        ({"flag": True, "any": 0, "text": "8501", "share": 0.5}, []),
    ],
)
def test_the_numbers_of_a_wish_are_ports_that_it_fixes(
    inputs: dict[str, Any], ports: list[int]
) -> None:
    given = wish(node("a", "x"), **inputs)
    assert _fixed_ports(Job(Change(Action.CREATE, "d", "m", "1", "serve"), given)) == ports


def test_a_kind_s_own_roles_go_before_ours(tmp_path: Path) -> None:
    ours = tasks_file("model_server", "start")
    assert ours.is_file()
    assert tasks_file("model_server", "start", [tmp_path]) == ours
    own = tmp_path / "model_server" / "tasks" / "start.yml"
    own.parent.mkdir(parents=True)
    own.write_text("[]")
    assert tasks_file("model_server", "start", [tmp_path]) == own
    assert not tasks_file("nothing", "create", [tmp_path]).is_file()


def test_jupyterlab_is_brought_to_a_place_to_develop_and_code_server_is_not() -> None:
    start = (Operation("start", "Standard", "role:notebook", {}, "deepcat"),)

    def pinned(**given: Any) -> list[str]:
        own = node("desk", "deepcat.nodes.Notebook", operations=start, **given)
        return locks(wish(own))

    assert pinned(requirements="own.lock") == [".deepcat/jupyter.lock", "own.lock"]
    assert pinned(requirements="own.lock", editor="code-server") == ["own.lock"]
