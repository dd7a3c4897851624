"""Containers that run on, step by step: each beside the one before, until it is led to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pods.given import Run, cloud, means
from pods.stand_in import NO_NODE, Kept

from deepcat.clouds.kinds.kubernetes import steps

LOGIN = {"server": "https://k:6443", "token": "env:DEEPCAT_TRIAL_TOKEN"}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    monkeypatch.setattr(steps, "Cluster", made)
    monkeypatch.setenv("DEEPCAT_TRIAL_TOKEN", "trial-token-0")
    return made


def up(root: Path, run: str, line: str = "serve", **own: Any) -> tuple[Run, Mapping[str, Any]]:
    """A run, and what its step gave."""
    made = Run(cloud(LOGIN, "lab", **own), means(root), run, servers=1)
    node = {
        "name": "tool",
        "properties": {"command": line, "environment_variables": {"A": "1"}},
        "host": {"publish_ports": [{"protocol": "tcp", "source": 5000}]},
        "artifacts": {"image": {"file": "a/b:1"}},
    }
    made.step("begin")
    return made, made.step("container", node=node)


def test_one_comes_up_is_changed_beside_the_old_one_and_goes(kept: Kept, tmp_path: Path) -> None:
    first, told = up(tmp_path, "r1")
    assert told["changed"]
    assert kept.names("services") == [], "nobody is led to what is not proved"
    assert first.step("prove")["ansible_facts"]["deepcat_listening"] == []
    settled = first.step("settle")["deepcat"]
    (name,) = kept.names("services")
    assert settled["endpoints"] == {"port-5000": f"http://{name}.lab.svc:5000"}
    (before,) = kept.names("deployments")
    again, told = up(tmp_path, "r2")
    assert not told["changed"]
    again.step("settle")
    second, told = up(tmp_path, "r3", "serve --more")
    assert told["changed"]
    assert before in kept.names("deployments")
    second.step("prove")
    second.step("settle")
    (now,) = kept.names("deployments")
    assert now != before
    assert second.step("delete")["changed"]
    assert kept.held == {}


def test_what_does_not_come_up_goes_and_what_ran_stays(kept: Kept, tmp_path: Path) -> None:
    first, _ = up(tmp_path, "r1")
    first.step("prove")
    first.step("settle")
    (before,) = kept.names("deployments")
    second, _ = up(tmp_path, "r2", "serve --more")
    (tried,) = set(kept.names("deployments")) - {before}
    kept.conditions = {tried: NO_NODE}
    assert second.step("prove")["deepcat_failure"]["code"] == "run/unschedulable"
    assert second.step("abandon")["deepcat"] == {"left": True}
    assert kept.names("deployments") == [before]


def test_whatever_the_clouds_endpoint_says_nobody_outside_comes_to_it(
    kept: Kept, tmp_path: Path
) -> None:
    made, _ = up(tmp_path, "r1", endpoint={"node_port": {}})
    made.step("prove")
    made.step("settle")
    (service,) = [each for path, each in kept.held.items() if "/services/" in path]
    assert service["spec"]["type"] == "ClusterIP"


def test_ports_that_somebody_else_noted_are_refused(kept: Kept, tmp_path: Path) -> None:
    made, _ = up(tmp_path, "r1")
    (tag,) = [each for path, each in kept.held.items() if "/configmaps/deepcat-demo" in path]
    state = json.loads(tag["data"]["state.json"])
    state["tried"]["tool"]["ports"] = ["x"]
    tag["data"]["state.json"] = json.dumps(state)
    assert made.step("prove")["deepcat_failure"]["code"] == "run/values"
