"""`deepcat propose`: the new model answers in a box, and a branch holds what it made."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner
from ended_trainings import BRANCH, MODULE, git, here

from deepcat.cli.main import cli

__all__ = ["here"]
pytestmark = pytest.mark.starts("TensorFlow in a box")


def test_it_asks_the_new_model_and_makes_one_branch(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "deepcat.loop.trained.source.brought", lambda *_: nullcontext(here.parent / "output")
    )
    git(here, "config", "deepcat.recordsRemote", "none")
    done = CliRunner().invoke(cli, ["-C", str(here), "propose", "learn", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert set(said) == {
        "format", "training", "deployment", "module", "state", "before", "version", "address",
        "why", "draft", "metrics", "changed_samples", "body", "statement",
    }  # fmt: skip
    assert (said["state"], said["address"]) == ("proposed", BRANCH)
    assert said["changed_samples"] == []
    assert said["statement"]["predicateType"] == "https://slsa.dev/provenance/v1"
    named = CliRunner().invoke(cli, ["-C", str(here), "propose", said["training"]])
    assert f"proposed as {MODULE} {said['version']}: {BRANCH}" in named.output
    assert git(here, "rev-list", "--count", f"main..{BRANCH}") == "1"
