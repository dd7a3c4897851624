"""A catalog in a repository without a commit, as `new catalog` leaves it: its records are read."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.loop.world import gather
from deepcat.records.clone import open_store


@pytest.mark.starts("Ansible")
def test_what_runs_is_known_and_taken_down_without_a_commit(tool: Any) -> None:
    shutil.rmtree(tool.root / ".git")
    subprocess.run(["git", "init", "-q", "-b", "main", tool.root], check=True)
    tool.deepcat("apply", "--yes")
    assert "Plan: nothing to change" in tool.deepcat("plan")
    assert "Nothing to do: 1 deployment is as wished." in tool.deepcat("apply", "--yes")
    tool.write({"deployments/demo.yaml": None})
    assert "1 to delete" in tool.deepcat("plan")
    tool.deepcat("apply", "--yes")
    assert "Nothing is deployed." in tool.deepcat("status")


@pytest.mark.parametrize("place", ["outside", "owned"])
def test_where_there_can_be_no_records_a_plan_is_shown_and_nothing_is_done(
    git_tree_at: Callable[[Mapping[str, str]], Path], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n"})
    if place == "outside":
        shutil.rmtree(root / ".git")
    else:
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert gather(root).records == {}
    with pytest.raises(DeepcatError) as caught:
        gather(root, store=open_store(root, to_act=True))
    code = {"outside": "records/no-git", "owned": "records/ownership"}
    assert caught.value.code == code[place]
