"""A deployment on a cloud of another package's kind: whether it runs, what it says, what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cloud_packages
import pytest

import deepcat
from deepcat.loop.deployments import log
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

CLOUD = "apiVersion: deepcat/v1\nname: far\nkind: outside\nsummary: Far away.\nprice: 0\n"
STATE = State(
    "demo", "digits", "1.0.0", "d", "serve", {}, "far", "spare", Status.RUNNING, "wish", "",
    resources={"machine": "far", "said": ["one", "two", "three"]},
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


PROJECT = """\
[project]
name = "deepcat-outside-rough"
version = "0.1"
[project.entry-points."deepcat.clouds"]
rough = "deepcat_outside_rough:KIND"
"""
# Hosts as the kind `local` has them, but one answer that raises.
ROUGH = """\
from deepcat.clouds.kinds.local.kind import Local

class Rough(Local):
    name = "rough"

    def {answer}(self, *given):
        raise RuntimeError("no route")

KIND = Rough()
"""


@pytest.fixture
def rough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: Any
) -> Iterator[Callable[[str], Any]]:
    """Let the catalog of `tool` have a cloud of a kind that raises when it is asked this."""

    def install(answer: str) -> Any:
        package, folder = tmp_path / "package", tmp_path / "folder"
        package.mkdir()
        folder.mkdir()
        (package / "pyproject.toml").write_text(PROJECT)
        (package / "deepcat_outside_rough.py").write_text(ROUGH.format(answer=answer))
        monkeypatch.syspath_prepend(str(cloud_packages.unpack(package, folder)))
        monkeypatch.setenv("PYTHONPATH", str(folder))
        cloud_packages.forget()
        text = (tool.root / "clouds" / "local.yaml").read_text()
        tool.write({"clouds/local.yaml": text.replace("kind: local", "kind: rough")})
        return deepcat.open(tool.root)

    yield install
    cloud_packages.forget()


@pytest.mark.starts("Ansible")
@pytest.mark.parametrize("answer", ["reach", "realise"])
def test_a_kind_that_raises_fails_its_own_changes(rough: Callable[[str], Any], answer: str) -> None:
    (outcome,) = rough(answer).apply()
    assert [(each.code, each.kind.value) for each in outcome.failures] == [("run/kind", "cloud")]
    assert "RuntimeError: no route" in outcome.failures[0].message


@pytest.mark.starts("Ansible")
def test_what_runs_is_recorded_though_nobody_knows_its_address(
    rough: Callable[[str], Any], tool: Any
) -> None:
    catalog = rough("endpoint")
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert any("how it is reached is not known" in note for note in outcome.notes)
    assert (catalog.deployment("demo").status, tool.mark("mark").exists()) == ("running", True)
