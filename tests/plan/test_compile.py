"""Topologies compiled to plays: order, hosts, and hostile text that stays text."""

from __future__ import annotations

import re
from string import ascii_letters, digits
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.errors import DeepcatError
from deepcat.plan.compile import compile_plays, hosts, outputs
from deepcat.plan.expressions import Expression, Resolver
from deepcat.plan.values import Action
from deepcat.tosca.topology import Deferred, Edge, Node, Operation, Topology

DEPLOYMENT = Deployment(
    "demo", "deployments/demo.yaml", "m", "", "serve", {}, None, Placement(), None, "ada", {}
)
MODULE = Module("m", "1.0.0", "modules/m", {}, "d", "modules/m/tosca.yaml", None, ())
LIFE = ("create", "configure", "start", "stop", "delete")
HOSTILE = "{{ lookup('pipe', 'touch /tmp/owned') }}'\"}}{% raw %}\\"


def role(name: str, *steps: str) -> tuple[Operation, ...]:
    return tuple(Operation(step, "Standard", f"role:{name}", {}, "library") for step in steps)


def script(step: str, **inputs: Any) -> Operation:
    return Operation(step, "Standard", f"modules/m/scripts/{step}.sh", inputs, "module")


def node(name: str, kind: str, *operations: Operation, **properties: Any) -> Node:
    return Node(name, kind, (kind, "tosca.nodes.Root"), properties, {}, {}, {}, operations)


def topology(*nodes: Node, edges: tuple[Edge, ...] = (), **values: Any) -> Topology:
    named = {each.name: each for each in nodes}
    return Topology("modules/m/tosca.yaml", "1.3", "", {}, named, edges, values)


def edge(source: str, name: str, target: str, *operations: Operation) -> Edge:
    return Edge(source, name, target, name, "DependsOn", {}, operations)


SERVING = topology(
    node("host", "tosca.nodes.Compute"),
    node("model", "deepcat.nodes.Model", *role("model", "create"), archive="a", odd=1),
    node("server", "deepcat.nodes.ModelServer", *role("model_server", "start"), image=None),
    edges=(edge("server", "host", "host"), edge("server", "model", "model")),
)


def _with(kind: str, **properties: Any) -> Topology:
    more = node("more", kind, *role("more", "start", "stop"), **properties)
    return topology(*SERVING.nodes.values(), more, edges=SERVING.edges)


def names(made: Topology, action: Action, **more: Any) -> list[tuple[str, list[str]]]:
    plays = compile_plays(made, DEPLOYMENT, MODULE, action, **more)
    return [(play["hosts"], [task["name"] for task in play["tasks"]]) for play in plays]


@pytest.mark.parametrize(
    ("action", "tasks"),
    [
        (Action.CREATE, ["b: create", "a: create", "a: configure", "a: start"]),
        (Action.REPLACE, ["b: create", "a: create", "a: configure", "a: start"]),
        (Action.DELETE, ["a: stop", "a: delete", "b: delete"]),
        (Action.UPDATE, ["a: configure"]),
    ],
)
def test_the_lifecycle_in_dependency_order(action: Action, tasks: list[str]) -> None:
    made = topology(
        node("b", "x", script("create"), script("delete")),
        node("a", "x", *(script(step) for step in LIFE)),
        edges=(edge("a", "dependency", "b"),),
    )
    assert names(made, action) == [("demo", tasks)]


def test_a_model_is_fetched_before_its_server_starts() -> None:
    assert names(SERVING, Action.CREATE) == [("demo.host", ["model: create", "server: start"])]
    assert names(SERVING, Action.DELETE) == []


def test_nothing_to_do_compiles_to_nothing() -> None:
    assert names(SERVING, Action.NONE) == []
    assert names(SERVING, Action.UPDATE, nodes={"server": Action.NONE}) == []


def test_an_update_touches_the_nodes_that_change() -> None:
    made = topology(
        node("a", "x", *role("a", "configure")), node("b", "x", *role("b", "configure"))
    )
    assert names(made, Action.UPDATE, nodes={"b": Action.UPDATE}) == [("demo", ["b: configure"])]


def test_ten_dependent_nodes_are_one_play() -> None:
    nodes = [node(f"n{i}", "x", script("create"), script("start")) for i in range(10)]
    edges = tuple(edge(f"n{i}", "dependency", f"n{i - 1}") for i in range(1, 10))
    ((host, tasks),) = names(topology(*nodes, edges=edges), Action.CREATE)
    assert host == "demo"
    assert tasks == [f"n{i}: {step}" for i in range(10) for step in ("create", "start")]


def test_a_role_gets_what_it_takes_of_its_node() -> None:
    (play,) = compile_plays(SERVING, DEPLOYMENT, MODULE, Action.CREATE)
    assert play["gather_facts"] is False
    assert play["tasks"][0]["vars"]["deepcat_node"]["properties"] == {"archive": "a"}
    assert play["tasks"][1] == {
        "name": "server: start",
        "ansible.builtin.import_role": {"name": "model_server", "tasks_from": "start"},
        "vars": {
            "deepcat_node": {
                "name": "server",
                "type": "deepcat.nodes.ModelServer",
                "properties": {},
                "inputs": {},
                "requirements": {"host": ["host"], "model": ["model"]},
            }
        },
    }


def test_a_script_gets_its_path_inside_the_module() -> None:
    made = topology(node("a", "x", script("create", size=3)))
    ((task,),) = (play["tasks"] for play in compile_plays(made, DEPLOYMENT, MODULE, Action.CREATE))
    assert task["deepcat_operation"] == {"node": "{{ deepcat_node }}"}
    held = task["vars"]["deepcat_node"]
    assert (held["operation"], held["implementation"]) == ("create", "scripts/create.sh")
    assert held["inputs"] == {"size": 3}


def test_nodes_live_where_they_are_hosted() -> None:
    made = topology(
        node("left", "tosca.nodes.Compute"),
        node("right", "tosca.nodes.Compute"),
        node("base", "x"),
        node("model", "x"),
        node("app", "x"),
        node("loose", "x"),
        edges=(
            edge("app", "host", "base"),
            edge("app", "model", "model"),
            edge("base", "host", "right"),
        ),
    )
    assert hosts(made, "d") == {
        "left": "d.left",
        "right": "d.right",
        "base": "d.right",
        "model": "d.right",
        "app": "d.right",
        "loose": "d.left",
    }


def test_plays_follow_the_hosts_in_turn() -> None:
    made = topology(
        node("one", "tosca.nodes.Compute"),
        node("two", "tosca.nodes.Compute"),
        node("a", "x", *role("a", "start")),
        node("b", "x", *role("b", "start")),
        node("c", "x", *role("c", "start")),
        edges=(edge("a", "host", "one"), edge("b", "host", "two"), edge("c", "host", "one")),
    )
    assert names(made, Action.CREATE) == [
        ("demo.one", ["a: start"]),
        ("demo.two", ["b: start"]),
        ("demo.one", ["c: start"]),
    ]


def test_relationships_have_their_say_between_the_nodes_own() -> None:
    between = tuple(
        Operation(step, "Configure", f"role:{step}", {}, "library")
        for step in ("pre_configure_source", "post_configure_target", "add_target", "remove_target")
    )
    made = topology(
        node("one", "tosca.nodes.Compute"),
        node("two", "tosca.nodes.Compute"),
        node("db", "x", *role("db", *LIFE)),
        node("app", "x", *role("app", *LIFE)),
        edges=(
            edge("app", "database", "db", *between),
            edge("app", "host", "two"),
            edge("db", "host", "one"),
        ),
    )
    assert names(made, Action.CREATE) == [
        ("demo.one", ["db: create", "db: configure", "db: start"]),
        ("demo.two", ["app: create", "app and db: pre_configure_source", "app: configure"]),
        ("demo.one", ["app and db: post_configure_target"]),
        ("demo.two", ["app: start", "app and db: add_target"]),
    ]
    assert names(made, Action.DELETE)[0] == (
        "demo.two",
        ["app and db: remove_target", "app: stop", "app: delete"],
    )


def test_every_operation_of_a_relationship_has_its_place() -> None:
    """At the target what TOSCA ends in `_target`, and what tells the target of its source."""
    steps = (
        "pre_configure_source", "pre_configure_target", "post_configure_source",
        "post_configure_target", "add_target", "add_source", "target_changed",
        "remove_target", "remove_source",
    )  # fmt: skip
    between = (Operation(step, "Configure", f"role:{step}", {}, "library") for step in steps)
    made = topology(
        node("one", "tosca.nodes.Compute"),
        node("two", "tosca.nodes.Compute"),
        node("db", "x"),
        node("app", "x", *role("app", *LIFE)),
        edges=(
            edge("app", "database", "db", *between),
            edge("app", "host", "two"),
            edge("db", "host", "one"),
        ),
    )

    def told(action: Action) -> list[str]:
        return [
            f"{host.removeprefix('demo.')} {task.rpartition(' ')[2]}"
            for host, tasks in names(made, action)
            for task in tasks
        ]

    assert told(Action.CREATE) == [
        "two create",
        "two pre_configure_source",
        "one pre_configure_target",
        "two configure",
        "two post_configure_source",
        "one post_configure_target",
        "two start",
        "two add_target",
        "one add_source",
        "two target_changed",
    ]
    assert told(Action.DELETE) == [
        "two remove_target",
        "one remove_source",
        "two stop",
        "two delete",
    ]


@pytest.mark.parametrize(
    "operation",
    [
        Operation("create", "Standard", "role:../../evil", {}, "library"),
        Operation("create", "Standard", "role:x; rm", {}, "library"),
        Operation("create", "Standard", "a.sh", {"LD PRELOAD": 1}, "module"),
        Operation("create", "Standard", "a.sh", {"X=1;id;": 1}, "module"),
        Operation("create", "Standard", "https://example.org/a.yml", {}, "remote"),
        Operation("create", "Standard", "a.sh", {"x": Deferred("lookup", ("pipe",))}, "module"),
        Operation("create", "Standard", "a.sh", {"x": Deferred("get_input", ("i",))}, "module"),
        Operation("create", "Standard", "a.sh", {"x": Deferred("token", ("a", "", 0))}, "module"),
        Operation(
            "create", "Standard", "a.sh", {"x": Deferred("token", ("a", "-", "x"))}, "module"
        ),
    ],
)
def test_what_cannot_be_carried_out_is_refused(operation: Operation) -> None:
    with pytest.raises(DeepcatError) as refused:
        compile_plays(topology(node("a", "x", operation)), DEPLOYMENT, MODULE, Action.CREATE)
    assert refused.value.code in ("plan/operation", "plan/function")


def test_an_unknown_node_is_refused() -> None:
    made = topology(node("a", "x", script("create", v=Deferred("get_attribute", ("b", "c")))))
    with pytest.raises(DeepcatError):
        compile_plays(made, DEPLOYMENT, MODULE, Action.CREATE)


def test_only_what_the_host_knows_is_an_expression() -> None:
    made = topology(
        node("a", "x", script("create", plain=HOSTILE, known=Deferred("concat", (HOSTILE, 1)))),
        url=Deferred("get_attribute", ("a", "url")),
    )
    (play,) = compile_plays(made, DEPLOYMENT, MODULE, Action.CREATE)
    inputs = play["tasks"][0]["vars"]["deepcat_node"]["inputs"]
    assert inputs["plain"] == HOSTILE
    assert not isinstance(inputs["plain"], Expression)
    assert isinstance(inputs["known"], Expression)
    assert isinstance(outputs(made, DEPLOYMENT)["url"], Expression)


@given(st.text(max_size=40), st.text(max_size=10))
def test_text_of_the_catalog_is_never_part_of_an_expression(text: str, name: str) -> None:
    made = topology(node("a", "x"), node(name, "y"))
    asked = {
        "one": Deferred("concat", (text, Deferred("get_attribute", (name, text, text)))),
        "two": Deferred("token", (text, text or "-", 0)),
    }
    found = Resolver(made, hosts(made, "demo")).values(asked)
    for expression in (found["one"], found["two"]):
        inner = str(expression).removeprefix("{{ ").removesuffix(" }}").replace("{}", "")
        assert not set(inner) - set(ascii_letters + digits + "[]()'|.,_:/ -")
        quoted = re.findall("'([^']*)'", inner)
        assert all(re.fullmatch("[A-Za-z0-9_.:/ -]*", word) for word in quoted)


FACTS = {
    "hostvars": {
        "demo": {
            "deepcat_address": "192.0.2.7",
            "deepcat_attributes": {
                "a": {"url": HOSTILE, "ports": [80, 81], HOSTILE: "odd"},
                "b": {"map": {"deep": {"x": "y"}}},
            },
            "deepcat_outputs": {"a": {"create": {"token": "s3"}}},
        }
    }
}
VALUES = [
    (Deferred("get_attribute", ("a", "url")), HOSTILE),
    (Deferred("get_attribute", ("a", HOSTILE)), "odd"),
    (Deferred("get_attribute", ("a", "ports", 1)), 81),
    (Deferred("get_attribute", ("b", "map", "deep", "x")), "y"),
    (Deferred("get_attribute", ("b", "endpoint", "map", "deep", "x")), "y"),
    (Deferred("get_attribute", ("b", "started")), "as declared"),
    (Deferred("get_attribute", ("b", "endpoint", "weight")), 5),
    (Deferred("get_attribute", ("b", "size")), 7),
    (Deferred("get_attribute", ("a", "unknown")), ""),
    (Deferred("get_attribute", ("a", "private_address")), "192.0.2.7"),
    (Deferred("get_operation_output", ("a", "Standard", "create", "token")), "s3"),
    (Deferred("get_operation_output", ("a", "Standard", "start", "token")), ""),
    (
        Deferred("concat", ("http://", Deferred("get_attribute", ("a", "url")), ":", 80)),
        f"http://{HOSTILE}:80",
    ),
    (Deferred("concat", (HOSTILE, "é😀\n\0", True)), f"{HOSTILE}é😀\n\0true"),
    (Deferred("join", ((1, "b", Deferred("get_attribute", ("b", "size"))), "-")), "1-b-7"),
    (Deferred("join", (("a", "b"),)), "ab"),
    (Deferred("concat", (1.5, float("inf"), None)), "1.5infNone"),
    (Deferred("token", ("a:b;c", ":;", 2)), "c"),
    (Deferred("token", ("a]b^c", "]^", 1)), "b"),
]


@pytest.fixture(scope="module")
def template() -> Any:
    """Ansible's own evaluation of text that is trusted."""
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar, trust_as_template

    def evaluate(text: str, **variables: Any) -> Any:
        return Templar(DataLoader(), variables=FACTS | variables).template(
            trust_as_template(str(text))
        )

    return evaluate


@pytest.mark.starts("Ansible")
@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_ansible_evaluates_an_expression(template: Any, value: Deferred, expected: Any) -> None:
    own = Node(
        "b",
        "x",
        ("x",),
        {"size": 7},
        {"started": "as declared"},
        {"endpoint": {"weight": 5}},
        {},
        (),
    )
    made = topology(node("a", "x"), own)
    found = Resolver(made, hosts(made, "demo")).values({"asked": value})
    assert template(found.pop("asked"), **found) == expected


@pytest.mark.parametrize("action", [Action.CREATE, Action.REPLACE, Action.DELETE])
def test_what_is_off_costs_nothing(action: Action) -> None:
    off = _with("deepcat.nodes.DEEPaaSGateway", enabled=False)
    assert names(off, action) == names(SERVING, action)
    on = _with("deepcat.nodes.DEEPaaSGateway", enabled=True)
    # What this means in a type of others is theirs.
    others = _with("org.example.Cache", enabled=False)
    for made in (on, others):
        assert [name for _, tasks in names(made, action) for name in tasks if "more" in name]
