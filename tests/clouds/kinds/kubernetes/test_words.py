"""What a cluster says, and what is made of it: rows of data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import account, claims, happens, names, nodes, shapes
from deepcat.clouds.kinds.kubernetes.amounts import amount
from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.kinds.kubernetes.observe import found
from deepcat.clouds.kinds.kubernetes.probe import staying
from deepcat.clouds.kinds.kubernetes.refused import refused
from deepcat.errors import DeepcatError

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 29, 12, 1, tzinfo=UTC)


def rows(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((HERE / f"{name}.yaml").read_text()))


def _id(row: dict[str, Any]) -> str:
    return str(row.get("id") or row.get("message"))


def pod(row: dict[str, Any]) -> dict[str, Any]:
    status = {
        "phase": row.get("phase", "Pending"),
        "message": row.get("message"),
        "conditions": row.get("conditions", []),
        "initContainerStatuses": row.get("init", []),
        "containerStatuses": row.get("main", []),
    }
    gone = {"deletionTimestamp": "now"} if row.get("gone") else {}
    return {"metadata": {"name": "demo-1", **gone}, "status": status}


@pytest.mark.parametrize("row", rows("happens"), ids=_id)
def test_what_happens_is_told_by_what_it_is(row: dict[str, Any]) -> None:
    conditions = [
        {"type": "ReplicaFailure", "status": "True", "message": row["workload"]}
        for _ in [0]
        if "workload" in row
    ]
    events = [
        {
            **event,
            "involvedObject": {"name": event.get("of", "demo-1")},
            "lastTimestamp": event.get("at", str(at)),
        }
        for at, event in enumerate(row.get("events", ()))
    ]
    workload = {"status": {"conditions": conditions}}
    seen = happens.seen(workload, [pod(each) for each in row.get("pods", ())], events, NOW, 20)
    assert seen.ready == row.get("ready", 0)
    assert seen.waits == row.get("waits", "")
    if "kind" not in row:
        assert seen.trouble is None
        return
    assert seen.trouble is not None
    assert (seen.trouble.kind, seen.trouble.code) == (row["kind"], row["code"])
    assert row.get("says", "") in seen.trouble.message
    assert seen.trouble.hint


@pytest.mark.parametrize(
    ("status", "since", "says"),
    [
        ("Unknown", "12:00:30", "its node `n-1` is lost: Kubelet stopped posting node status."),
        ("Unknown", "12:00:50", ""),
        ("True", "12:00:30", ""),
    ],
)
def test_a_node_that_is_silent_for_a_while_is_lost(status: str, since: str, says: str) -> None:
    ready = {"type": "Ready", "status": status, "lastTransitionTime": f"2026-11-29T{since}Z",
             "message": "Kubelet stopped posting node status."}  # fmt: skip
    node = {"metadata": {"name": "n-1"}, "status": {"conditions": [ready]}}
    found = happens.lost(node, NOW, 20)
    assert (found.message if found else "") == says


@pytest.mark.parametrize("row", rows("refused"), ids=_id)
def test_a_refusal_is_told_by_what_it_is(row: dict[str, Any]) -> None:
    error = refused(row["status"], {"message": row["message"]})
    assert (error.kind, error.code) == (row["kind"], row["code"])
    assert row["message"] in error.message
    assert error.hint


@pytest.mark.parametrize("row", rows("accounts"), ids=_id)
def test_a_kubeconfig_runs_nothing_that_was_not_allowed(row: dict[str, Any]) -> None:
    cluster = {"server": "https://a:6443", **row.get("cluster", {})}
    text = yaml.safe_dump(
        {
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}, {"name": "d", "cluster": {}}],
            "users": [{"name": "u", "user": row.get("user", {})}, {"name": "v", "user": {}}],
        }
    )
    own = {"namespace": "n", **row.get("own", {})}
    if says := row.get("says"):
        with pytest.raises(DeepcatError, match=says.replace("(", r"\(")) as caught:
            account.config(own, row.get("text", text), "")
        assert caught.value.code == "run/kubeconfig"
        return
    made = account.config(own, row.get("text", text), "told")
    assert len(made["users"]) == len(made["clusters"]) == len(made["contexts"]) == 1
    assert account.server(made).startswith("https://")


def test_a_file_that_does_not_say_where_is_told_so(tmp_path: Path) -> None:
    bare = Cloud("lab", "clouds/lab.yaml", "kubernetes", {"kubernetes": {"namespace": "n"}})
    probe = KIND.probe(bare, Means(tmp_path))
    assert (probe.healthy, probe.refused) == (False, False)
    assert probe.detail == "clouds/lab.yaml does not say how its cluster is reached"


def _node(row: dict[str, Any]) -> dict[str, Any]:
    taints = [{"key": key, "effect": "NoSchedule"} for key in row.get("taints", ())]
    ready = {"type": "Ready", "status": row.get("ready", "True")}
    return {
        "metadata": {"name": row["name"], "labels": row.get("labels", {})},
        "spec": {"taints": taints, "unschedulable": row.get("unschedulable", False)},
        "status": {"allocatable": row["has"], "conditions": [ready]},
    }


def _running(row: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"nodeName": row["node"]}
    spec["containers"] = [{"resources": {"requests": row.get("asks", {})}}]
    spec["initContainers"] = [{"resources": {"limits": row.get("init", {})}}]
    return {"metadata": {}, "spec": spec, "status": {"phase": row.get("phase", "Running")}}


def _slices(row: dict[str, Any]) -> list[dict[str, Any]]:
    """What drivers say of their devices, in the forms of two versions of the group."""
    found = []
    for each in row.get("slices", ()):
        devices = [
            {"name": name, **({"basic": said} if each.get("beta") else said)}
            for name, said in each["devices"].items()
        ]
        pool = {"name": each["node"], "generation": each.get("generation", 1)}
        spec = {"driver": each["driver"], "nodeName": each["node"], "pool": pool}
        found.append({"spec": {**spec, "devices": devices}})
    return found


@pytest.mark.parametrize("row", rows("nodes"), ids=_id)
def test_what_is_free_is_worked_out_from_nodes_pods_and_quotas(row: dict[str, Any]) -> None:
    pods = [_running(each) for each in row.get("pods", ())]
    claimed = claims.read(row.get("classes", ()), _slices(row), row.get("claims", ()))
    read = nodes.read(map(_node, row["nodes"]), pods, claimed)
    made = {each.name: each for each in nodes.shapes(read)}
    assert made.keys() == row["shapes"].keys()
    for name, wanted in row["shapes"].items():
        for key, value in wanted.items():
            told = getattr(made[name], key)
            assert (list(told) if isinstance(told, tuple) else told) == value, (name, key)
    quotas = [
        {
            "spec": {"scopes": each.get("scopes")},
            "status": {"hard": each["hard"], "used": each.get("used", {})},
        }
        for each in row.get("quotas", ())
    ]
    ours = [_running(each) for each in row.get("ours", ())]
    assert dict(nodes.limits(quotas, ours)) == row.get("limits", {})


@pytest.mark.parametrize(
    ("text", "value"),
    [("500m", 0.5), ("2", 2), ("1Gi", 1 << 30), ("1e3", 1000), ("1.5k", 1500), ("5E", 5e18),
     ("12E2", 1200), ("100n", 1e-7), (3, 3), (None, 0), ("x", 0), ("1Zi", 0)],
)  # fmt: skip
def test_an_amount_is_read(text: Any, value: float) -> None:
    assert amount(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("shape", "resource", "count", "labels"),
    [
        ("nvidia.A-40GB.2", "nvidia.com/gpu", 2, {"nvidia.com/gpu.product": "A-40GB"}),
        ("nvidia.A.B.1", "nvidia.com/gpu", 1, {"nvidia.com/gpu.product": "A.B"}),
        ("amd.4", "amd.com/gpu", 4, {}),
        ("mig-1g_5gb.A100.1", "nvidia.com/mig-1g.5gb", 1, {"nvidia.com/gpu.product": "A100"}),
        ("mig-1g_5gb.1", "nvidia.com/mig-1g.5gb", 1, {}),
    ],
)  # fmt: skip
def test_a_shape_says_what_a_pod_asks_for(
    shape: str, resource: str, count: int, labels: dict[str, str]
) -> None:
    card = shapes.card(shape)
    assert card is not None
    assert (card.resource, card.count, dict(card.labels)) == (resource, count, labels)


def test_a_shape_that_no_cluster_has_is_refused() -> None:
    assert shapes.card("cpu") is None
    for odd in ("big", "nvidia", "nvidia.x", "tpu.1"):
        with pytest.raises(ValueError, match="no shape"):
            shapes.card(odd)


def test_names_of_two_catalogs_differ_and_fit() -> None:
    long = "a" * 63
    assert names.server_name("one", "demo") != names.server_name("two", "demo")
    assert len(names.tag_name("one", long)) <= 63
    assert len(names.server_name("one", long, "Node_1")) <= 63 - 24
    assert names.server_name("one", "demo", "a") != names.server_name("one", "demo", "b")


def test_what_answers_is_told_by_its_labels() -> None:
    labels = {**names.labels("cat", "demo"), "deepcat/state": "0a1b2c3d"}
    ready = pod({"conditions": [{"type": "Ready", "status": "True"}]})
    ready["metadata"] = {"name": "demo-123abc-0a1b2c3d-77f-x2", "labels": labels}
    waits = pod({})
    waits["metadata"] = {"name": "demo-123abc-99999999-77f-x3", "labels": labels}
    tag = {
        "metadata": {"name": "deepcat-demo", "labels": names.labels("cat", "demo")},
        "data": {"owner.json": '{"name": "demo", "shape": "cpu"}'},
    }
    broken = {
        "metadata": {"name": "x", "labels": names.labels("cat", "other")},
        "data": {"owner.json": "{"},
    }
    told = found("lab", [tag, broken], [ready, waits])
    assert [(each.name, each.shape, sorted(each.up)) for each in told] == [
        ("demo", "cpu", ["demo-123abc-0a1b2c3d"]),
        ("other", "", []),
    ]


def _labelled(deployment: str, state: str) -> dict[str, Any]:
    return {"metadata": {"labels": {names.DEPLOYMENT: deployment, "deepcat/state": state}}}


def test_what_a_killed_run_has_left_takes_no_room_from_the_next_one() -> None:
    live, tried = _labelled("demo", "11111111"), _labelled("demo", "22222222")
    strange, job = _labelled("other", "33333333"), _labelled("demo", "")
    noted = {"live": {"server": {"state": "11111111"}}, "tried": {"server": {"state": "22222222"}}}
    tag = {**_labelled("demo", ""), "data": {"state.json": json.dumps(noted)}}
    pods = [live, tried, strange, job, {"metadata": {"name": "of somebody else"}}]
    assert staying(pods, pods[:4], [tag]) == [live, strange, job, pods[4]]
    assert staying(pods, pods[:4], []) == pods, "what has no tag is nobody's to take over"
    spoilt = {**_labelled("demo", ""), "data": {"state.json": '{"live": ["x", 1]}'}}
    assert staying(pods, [live], [spoilt]) == pods[1:]


@pytest.mark.parametrize(
    ("keep", "job", "is_counted"),
    [
        ("running", "terminated", False),
        ("running", "running", True),
        ("terminated", "terminated", True),
    ],
)
def test_what_a_training_made_waits_in_no_room_of_the_next_one(
    keep: str, job: str, is_counted: bool
) -> None:
    states = {"keep": keep, "job": job}
    told = [{"name": name, "state": {state: {"x": 1}}} for name, state in states.items()]
    pod = {**_labelled("demo", ""), "status": {"containerStatuses": told}}
    assert bool(staying([pod], [pod], [])) == is_counted
    assert staying([pod], [], []) == [pod], "of another catalog it is"
