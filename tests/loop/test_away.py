"""A deployment on a cloud that is not this machine: whether it runs, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import deepcat
from deepcat.loop.deployments import log
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

CLOUD = "apiVersion: deepcat/v1\nname: far\nkind: outside\nsummary: Far away.\nprice: 0\n"
STATE = State(
    "demo", "digits", "1.0.0", "d", "serve", {}, "far", "spare", Status.RUNNING, "wish", "",
    resources={"said": ["one", "two", "three"]},
)  # fmt: skip


@pytest.fixture
def root(git_tree_at: Callable[[Mapping[str, str]], Path], outside_kind: Path) -> Path:
    """A catalog whose one deployment is recorded as running on another package's cloud."""
    made = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n", "clouds/far.yaml": CLOUD})
    commit = deepcat.open(made, "main").commit
    record = Record(replace(STATE, commit=commit))
    Store(made).update("demo", lambda _: record, "demo: runs")
    return made


def test_its_cloud_is_asked_whether_it_runs(root: Path) -> None:
    demo = deepcat.open(root).deployment("demo")
    assert demo.status == "failed", "its cloud lists nothing"
    (root / "clouds" / "far.yaml").unlink()
    assert demo.status == "running", "nobody could look, and unknown is not gone"


def test_its_log_is_had_also_when_its_clouds_file_is_gone(root: Path) -> None:
    assert list(log(root, "demo", 2)) == ["two", "three"]
    (root / "clouds" / "far.yaml").unlink()
    assert list(log(root, "demo", 1)) == ["three"]
