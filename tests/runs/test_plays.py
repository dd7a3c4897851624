"""What a run adds to compiled plays, and how events become outcomes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request, Unit
from deepcat.errors import DeepcatError
from deepcat.plan.proof import awaited, proof
from deepcat.plan.values import Action, Change, Wish
from deepcat.runs import plays
from deepcat.runs.events import Watcher, failure_of
from deepcat.runs.fallback import remaining, taken
from deepcat.runs.values import Event, Job, Outcome
from deepcat.tosca.topology import Topology


def _compiled(host: str) -> list[dict[str, Any]]:
    role = {"ansible.builtin.import_role": {"name": "model", "tasks_from": "create"}}
    task = {"name": "model: create", **role, "vars": {"deepcat_node": {}}}
    return [{"name": host, "hosts": host, "gather_facts": False, "tasks": [task]}]


def test_all_are_brought_up_first_and_proved_last() -> None:
    parts = [
        plays.Part("a", _compiled("a.h"), {}),
        plays.Part("b", (), {}, is_removed=True),
        plays.Part("c", [{**_compiled("c.h")[0], "name": "c"}, *_compiled("c.h")], {}),
    ]
    book = plays.playbook(parts)
    assert [play["hosts"] for play in book] == ["b", "a.h", "c.h", "c.h", "a.h:c.h"]
    steps = [
        [task.get("deepcat_host", {}).get("step") for task in play["tasks"][0]["block"]]
        for play in book
    ]
    assert steps == [["delete"], ["begin", None], ["begin", None], [None], ["prove", "settle"]]
    assert ["rescue" in play["tasks"][0] for play in book] == [False, True, True, True, True]
    assert plays.count_steps(book, {("model", "create"): 1}) == 1 + 2 + 3 + 2 * 2
    assert plays.roles(book) == {("model", "create")}


@pytest.mark.parametrize(
    ("awaits", "says"),
    [
        ("", ["wait until it answers, and compare the samples", "let it take over"]),
        ("notebook", ["wait until it answers", "let it take over"]),
        ("job", ["wait until it has started", "let it go on, and write down where"]),
        ("job service", ["wait until it has started or it answers, and compare the samples",
                         "let it take over"]),
    ],
)  # fmt: skip
def test_what_shows_that_it_came_up_is_said_as_it_is(awaits: str, says: list[str]) -> None:
    def part(kind: str) -> plays.Part:
        work: Any = (SimpleNamespace(kind=kind),)
        return plays.Part(kind, (), {}, awaits=awaited(work, proof(work)))

    parts = [part(kind) for kind in awaits.split()] or [plays.Part("a", (), {})]
    *_, last = plays.playbook(parts)
    assert [task["name"] for task in last["tasks"][0]["block"]] == says


def test_deployments_with_the_same_tasks_go_side_by_side() -> None:
    def part(name: str, given: Any, variables: Any, **more: Any) -> plays.Part:
        at = {"ansible_host": more.pop("at", name)}
        return plays.Part(name, given, variables, connection=at, **more)

    bare = {"is_bare": True}
    scripted, undo = _scripted("c.h"), _scripted("b.h")
    parts = [
        part("a", _compiled("a.h"), {}, **bare),
        part("b", _compiled("b.h"), {}, **bare, undo=undo),
        part("c", scripted, {}, **bare),
        part("d", _compiled("d.h"), {}),
        part("e", [*_compiled("e.h"), *_compiled("e.g")], {}, **bare),
        part("f", _scripted("f.h"), {}, is_removed=True),
        part("g", _scripted("g.h"), {}, is_removed=True),
    ]
    book = plays.playbook(parts)
    assert [play["hosts"] for play in book] == [
        "f.h:g.h", "f.h:g.h", "a.h:b.h", "c.h", "d.h", "e.h", "e.g", "a.h:b.h:c.h:d.h:e.h:e.g",
    ]  # fmt: skip
    both = book[2]["tasks"][0]
    assert ["deepcat_ground" in task for task in both["block"]] == [True, False, False]
    assert [task.get("when") for task in both["rescue"]] == [
        None, "inventory_hostname == 'b.h'", None,
    ]  # fmt: skip
    assert plays.count_steps(book[:3], {("model", "create"): 1}) == 2 + 2 + 2 * 3


SCRIPT = {"name": "own: delete", "deepcat_operation": {"node": "n"}, "vars": {"deepcat_node": {}}}


def test_on_one_machine_they_go_one_after_another() -> None:
    here = {"ansible_connection": "local"}
    parts = [plays.Part(name, _compiled(f"{name}.h"), {}, connection=here) for name in "ab"]
    assert [play["hosts"] for play in plays.playbook(parts)] == ["a.h", "b.h", "a.h:b.h"]


def _scripted(host: str) -> list[dict[str, Any]]:
    (play,) = _compiled(host)
    return [{**play, "tasks": [*play["tasks"], SCRIPT]}]


def test_only_scripts_of_the_module_are_asked_to_take_down_and_fail_nothing() -> None:
    own, last = plays.playbook([plays.Part("a", _scripted("a.h"), {}, is_removed=True)])
    (block,) = own["tasks"]
    assert [task["name"] for task in block["block"]] == ["own: delete"]
    assert block["block"][0]["ignore_errors"] is True
    assert "rescue" not in block
    assert [task["deepcat_host"]["step"] for task in last["tasks"][0]["block"]] == ["delete"]
    assert "ignore_errors" not in last["tasks"][0]["block"][0]


def test_what_ran_before_goes_once_the_new_one_has_taken_over_on_all_its_hosts() -> None:
    compiled = [*_compiled("a.h"), *_compiled("a.g")]
    part = plays.Part("a", compiled, {}, leaving=_scripted("a.old"))
    assert part.hosts == ("a.h", "a.g")
    assert part.old_hosts == ("a.old",)
    *_, proof, leaving = plays.playbook([part])
    assert proof["hosts"] == "a.h:a.g"
    assert leaving["hosts"] == "a.old"
    (block,) = leaving["tasks"]
    assert [task["name"] for task in block["block"]] == ["own: delete"]
    assert block["block"][0]["ignore_errors"] is True
    one, other = (f"hostvars['{h}'].deepcat_settled | default(false)" for h in ("a.h", "a.g"))
    assert block["when"] == f"{one} and {other}"


@pytest.mark.parametrize(
    ("host", "is_literal"),
    [
        ("demo", True), ("demo.host-1", True), ("all-of-us", True), ("a_b", True),
        ("all", False), ("ungrouped", False), ("localhost", False), ("", False), ("a:b", False),
        ("a,b", False), ("*", False), ("!a", False), ("~a", False), ("a[0]", False),
        ("-a", False), (".a", False), ("a\n", False),
    ],
)  # fmt: skip
def test_a_host_s_name_is_one_that_ansible_takes_literally(host: str, is_literal: bool) -> None:
    if is_literal:
        plays.require_hosts(_compiled(host))
    else:
        with pytest.raises(DeepcatError) as refused:
            plays.require_hosts(_compiled(host))
        assert refused.value.code == "run/name"


def test_a_host_is_begun_once() -> None:
    book = plays.playbook(
        [plays.Part("a", [*_compiled("a.h"), *_compiled("a.g"), *_compiled("a.h")], {})]
    )
    begun = [len(play["tasks"][0]["block"]) for play in book]
    assert begun == [2, 2, 1, 2]


def test_the_inventory_knows_every_host() -> None:
    parts = [
        plays.Part("a", _compiled("a.h"), {"place": "/p"}, connection={"ansible_host": "h"}),
        plays.Part("b", (), {}, True),
    ]
    hosts = plays.inventory(parts)["all"]["hosts"]
    assert all(values.pop("deepcat_failed") is False for values in hosts.values())
    assert hosts == {
        "a.h": {"ansible_host": "h", "deepcat_place": "/p", "deepcat_deployment": "a"},
        "b": {"deepcat_deployment": "b"},
    }


def _event(kind: str, task: str = "t", **res: Any) -> dict[str, Any]:
    return {"event": kind, "event_data": {"host": "a.h", "task": task, "res": res}}


def test_events_become_progress_and_results() -> None:
    said: list[Event] = []
    watcher = Watcher("local", {"a.h": "a"}, 3, said.append)
    watcher.take({"event": "playbook_on_start"})
    watcher.take(_event("runner_on_start", "one"))
    watcher.take(_event("runner_on_ok", "one", changed=True))
    watcher.take(_event("runner_on_ok", "two", deepcat={"endpoints": {"rest": "r"}}, changed=True))
    assert [(e.kind, e.step, e.done, e.total) for e in said] == [
        ("start", "one", 0, 3),
        ("end", "one", 1, 3),
        ("end", "two", 2, 3),
    ]
    host = watcher.hosts["a.h"]
    assert host.is_proved
    assert host.changed
    assert host.found == {"endpoints": {"rest": "r"}}


def test_a_host_is_proved_by_its_last_step_alone() -> None:
    watcher = Watcher("local", {"a.h": "a"}, 3, lambda _: None)
    watcher.take(_event("runner_on_ok", "prove", deepcat={"samples": {"passed": 1}}))
    assert not watcher.hosts["a.h"].is_proved
    watcher.take(_event("runner_on_ok", "settle", deepcat={"endpoints": {}}))
    assert watcher.hosts["a.h"].is_proved


def test_the_first_failure_counts() -> None:
    watcher = Watcher("local", {"a.h": "a"}, 3, lambda _: None)
    typed = {"kind": "quota", "code": "run/quota", "message": "too many", "hint": "h"}
    watcher.take(_event("runner_on_failed", "one", deepcat_failure=typed, log="the log"))
    watcher.take(_event("runner_on_failed", "two", msg="later"))
    host = watcher.hosts["a.h"]
    assert host.failure == Failure(FailureKind.QUOTA, "run/quota", "too many", "h", "local", "one")
    assert host.log == "the log"


@pytest.mark.parametrize(
    ("result", "unreachable", "kind", "code"),
    [
        ({"msg": "no"}, False, FailureKind.CLOUD, "run/task"),
        ({"msg": "no route"}, True, FailureKind.CLOUD, "run/unreachable"),
        ({"msg": "Permission denied (publickey)."}, True, FailureKind.AUTH, "run/denied"),
        (
            {"deepcat_failure": {"kind": "nonsense"}, "msg": "no"},
            False,
            FailureKind.CLOUD,
            "run/task",
        ),
        ({}, False, FailureKind.CLOUD, "run/task"),
        # A script that is denied something is no wrong credential.
        ({"msg": "Permission denied"}, False, FailureKind.CLOUD, "run/task"),
        ({"argument_errors": ["x"], "msg": "no"}, False, FailureKind.MODULE, "run/values"),
    ],
)
def test_untyped_failures_are_the_clouds(
    result: dict[str, Any], unreachable: bool, kind: FailureKind, code: str
) -> None:
    found = failure_of(result, "c", "s", unreachable)
    assert (found.kind, found.code) == (kind, code)
    assert found.message


A1, A2, B1 = Offer("a", "1", "local"), Offer("a", "2", "local"), Offer("b", "1", "local")


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        (FailureKind.MODULE, "run/sample", ()),
        (FailureKind.AUTH, "run/denied", (B1,)),
        (FailureKind.AUTH, "secret/missing", ()),
        (FailureKind.CLOUD, "run/unreachable", (B1,)),
        (FailureKind.QUOTA, "run/quota", (B1,)),
        (FailureKind.CAPACITY, "run/full", (A2, B1)),
        (FailureKind.CAPACITY, "run/port", (B1,)),
        (FailureKind.CAPACITY, "run/disk-full", (B1,)),
        (FailureKind.CAPACITY, "run/memory", (B1,)),
    ],
)
def test_where_to_try_next(kind: FailureKind, code: str, expected: tuple[Offer, ...]) -> None:
    assert remaining((A2, B1), Failure(kind, code, "m"), "a", "1", apart=False) == expected


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        (FailureKind.MODULE, "run/sample", ()),
        (FailureKind.AUTH, "run/denied", (B1,)),
        (FailureKind.QUOTA, "run/quota", (B1,)),
        (FailureKind.CLOUD, "run/kind", (B1,)),
        (FailureKind.CLOUD, "deepcat/bug", (B1,)),
        (FailureKind.CLOUD, "run/unreachable", (A2, B1)),
        (FailureKind.CLOUD, "run/task", (A2, B1)),
        (FailureKind.CAPACITY, "run/port", (A2, B1)),
        (FailureKind.CAPACITY, "run/disk-full", (A2, B1)),
        (FailureKind.CAPACITY, "run/memory", (A2, B1)),
    ],
)
def test_hosts_that_stand_apart_are_left_one_by_one(
    kind: FailureKind, code: str, expected: tuple[Offer, ...]
) -> None:
    # What is full is not tried again, be it among what is left.
    rest = (A1, A2, B1)
    assert remaining(rest, Failure(kind, code, "m"), "a", "1", apart=True) == expected


def _script(host: str, node: str) -> list[dict[str, Any]]:
    task = {"name": f"{node}: delete", "deepcat_operation": {}, "vars": {"deepcat_node": {}}}
    return [{"name": host, "hosts": host, "gather_facts": False, "tasks": [task]}]


def test_what_ran_before_goes_last_and_only_when_the_new_one_has_taken_over_everywhere() -> None:
    new = [*_compiled("a.h"), *_compiled("a.g")]
    part = plays.Part("a", new, {}, leaving=[*_script("a.h", "old"), *_script("a.old", "old")])
    *_, proof, first, second = plays.playbook([part])
    assert proof["hosts"] == "a.h:a.g"
    assert (first["hosts"], second["hosts"]) == ("a.h", "a.old")
    over = first["tasks"][0]
    assert "rescue" not in over
    for host in ("a.h", "a.g"):
        assert f"hostvars['{host}'].deepcat_settled | default(false)" in over["when"]
    assert all(task["ignore_errors"] for task in over["block"])
    assert part.old_hosts == ("a.old",)
    assert "a.old" in plays.inventory([part])["all"]["hosts"]


def test_what_failed_is_undone_by_its_own_scripts_unless_another_run_is_at_it() -> None:
    parts = [
        plays.Part("a", _compiled("a.h"), {}, undo=_script("a.h", "new")),
        plays.Part("b", _scripted("b.h"), {}),
    ]
    first, second, proof = plays.playbook(parts)
    names = [task["name"] for task in first["tasks"][0]["rescue"]]
    held = ["see that no other run has taken over", "new: delete", "take away what failed"]
    assert names == held
    assert [task["name"] for task in second["tasks"][0]["rescue"]] == held[-1:]
    own = proof["tasks"][0]["rescue"][1]
    assert (own["when"], own["ignore_errors"]) == ("inventory_hostname == 'a.h'", True)


def test_only_scripts_of_the_module_are_asked_to_take_down() -> None:
    (play,) = plays.own_operations([*_compiled("a.h"), *_script("a.h", "x")], "/files")
    (task,) = play["tasks"]
    assert task["vars"] == {"deepcat_node": {}, "deepcat_files": "/files"}


def test_what_somebody_must_mend_is_told_though_it_went_well_elsewhere() -> None:
    denied = Failure(FailureKind.AUTH, "run/denied", "no", cloud="a")
    full = Failure(FailureKind.CAPACITY, "run/full", "no", cloud="b")
    job = Job(Change(Action.CREATE, "demo", "m", "1", "serve"))
    assert Outcome(job, None, ok=True, passed=(full, denied)).refused == (denied,)


def test_the_kind_is_asked_what_is_not_typed() -> None:
    def ask(result: Any, unreachable: bool) -> Failure | None:
        return Failure(FailureKind.QUOTA, "x/quota", f"{result['msg']}, {unreachable}")

    watcher = Watcher("far", {"a.h": "a"}, 1, lambda _: None, ask)
    watcher.take(_event("runner_on_unreachable", "one", msg="too many"))
    assert watcher.hosts["a.h"].failure == Failure(
        FailureKind.QUOTA, "x/quota", "too many, True", "", "far", "one"
    )
    watcher = Watcher("far", {"a.h": "a"}, 1, lambda _: None, ask)
    typed = {"kind": "module", "code": "run/sample", "message": "wrong"}
    watcher.take(_event("runner_on_failed", "one", msg="no", deepcat_failure=typed))
    failure = watcher.hosts["a.h"].failure
    assert failure is not None
    assert failure.kind is FailureKind.MODULE


def test_a_kinds_roles_take_the_place_of_those_that_the_types_name() -> None:
    (play,) = plays.with_roles(_compiled("a.h"), {"model": "model_elsewhere"})
    assert plays.roles([play]) == {("model_elsewhere", "create")}
    (same,) = plays.with_roles(_compiled("a.h"), {"other": "x"})
    assert same == _compiled("a.h")[0]


def test_a_fallback_costs_what_all_its_hosts_cost() -> None:
    change = Change(Action.CREATE, "d", "m", "1", "serve", offer=A1, hosts=2, price_hour=4.0)
    job = Job(change, wish(Request(units=(Unit(3, 2),))))
    small = Offer("b", "small", "local", cpus=2, price=0.5)
    large = Offer("b", "large", "local", cpus=8, price=1.5)
    assert taken(job, A1) == taken(job, None) == (2, 4.0)
    assert taken(job, small) == (3, 1.5)
    assert taken(job, large) == (1, 1.5)


def wish(request: Request) -> Wish:
    deployment = Deployment("d", "d", "m", "", "serve", {}, None, Placement(), None, "ada", {})
    module = Module("m", "1.0.0", "modules/m", {}, "d", "t.yaml", None, ())
    return Wish(deployment, module, Topology("t", "1.3", "", {}, {}, (), {}), (), request)


def test_ansible_takes_steps_only_where_nobody_else_does() -> None:
    local, away = {"ansible_connection": "local"}, {"ansible_connection": "ssh"}
    assert plays.Part("a", (), {}, connection=local).steps_here
    assert not plays.Part("a", (), {}, connection=away).steps_here
    assert not plays.Part("a", (), {}, connection=local, taker=lambda _: {}).steps_here
