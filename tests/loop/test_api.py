"""`deepcat.open`: what a program may ask of a catalog, and how it is told what is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import deepcat
from deepcat.errors import UsageError
from deepcat.runs.values import Event

Build = Callable[[Mapping[str, str | bytes]], Path]


@pytest.mark.starts("Python")
def test_the_interface_costs_nothing_until_it_is_used() -> None:
    program = "import sys, deepcat; print([n for n in sys.modules if n.startswith('deepcat.')])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_what_there_is(git_tree_at: Build) -> None:
    assert {"open", "Catalog", "Deployment", "DeepcatError"} <= set(dir(deepcat))
    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        deepcat.opne  # noqa: B018 - a name that is not there
    root = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n", "modules/x/y": ""})
    found = deepcat.open(root / "modules" / "x")
    assert (found.root, found.commit) == (root, "")
    assert len(deepcat.open(root, commit="main").commit) == 40
    assert found.deployments == ()


def test_what_is_wrong_is_told(git_tree_at: Build, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no catalog here"):
        deepcat.open(tmp_path)
    root = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\ntitle: 1\n"})
    with pytest.raises(deepcat.DeepcatError, match="there is no commit `lost`"):
        deepcat.open(root, commit="lost")
    at = deepcat.open(root, commit="main")
    assert [each.place.path for each in at.check() if each.is_error] == ["deepcat.yaml"]
    assert at.check("deepcat.yaml") == at.check() == at.check(("deepcat.yaml", "deepcat.yaml"))
    with pytest.raises(UsageError, match="nothing of the catalog lies at `module`"):
        at.check("module")
    with pytest.raises(UsageError, match="from the files as they lie"):
        at.build_site(tmp_path / "site")
    for act in (at.plan, at.apply):
        with pytest.raises(deepcat.DeepcatError) as caught:
            act()
        assert caught.value.code == "catalog/settings"


@pytest.mark.starts("Ansible")
def test_from_a_plan_to_nothing(tool: Any) -> None:
    catalog = deepcat.open(tool.root)
    assert [each for each in catalog.check() if each.is_error] == []
    stale = catalog.plan(["demo"])
    seen: list[Event] = []
    (outcome,) = catalog.apply(stale, progress=seen.append)
    assert outcome.ok, outcome.failures
    assert [each.ok for each in seen if each.kind == "end"] == [True] * seen[-1].total
    demo = catalog.deployment("demo")
    assert (demo.status, demo.name) == ("running", "demo")
    assert catalog.deployments == (demo,)
    # What the plan showed was done; now something else would be.
    with pytest.raises(deepcat.DeepcatError) as caught:
        catalog.apply(stale)
    assert caught.value.code == "plan/moved"
    assert catalog.apply() == ()
    assert catalog.plan("demo").is_empty
    with pytest.raises(deepcat.DeepcatError) as caught:
        demo.predict({"instances": [1.0]})
    assert caught.value.code == "predict/not-running"
    with pytest.raises(UsageError, match="there is no deployment `third`"):
        catalog.destroy(["demo", "third"])
    assert tool.mark("mark").exists()
    # What is wrong with the files does not keep anything from being taken down.
    tool.write({"deepcat.yaml": "quotas: [\n"})
    (gone,) = catalog.destroy("demo")
    assert gone.ok
    assert not tool.mark("mark").exists()
    with pytest.raises(deepcat.DeepcatError) as caught:
        catalog.deployment("demo")
    assert caught.value.code == "predict/unknown"


@pytest.mark.starts("Ansible")
def test_a_commit_is_planned_as_it_was(tool: Any) -> None:
    tool.write({"deployments/demo.yaml": None})
    tool.commit("no wish")
    assert deepcat.open(tool.root).plan().changes == ()
    (outcome,) = deepcat.open(tool.root, commit="HEAD~1").apply()
    assert outcome.ok, outcome.failures
    assert tool.mark("mark").exists()
