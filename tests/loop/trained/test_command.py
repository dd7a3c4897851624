"""`deepcat propose`: the new model answers in a box, and a branch holds what it made."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from ended_trainings import BETTER, BRANCH, METRIC, MODULE, TRAINING, git, here

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import read_settings
from deepcat.cli import proposing
from deepcat.cli.main import cli
from deepcat.errors import DeepcatError
from deepcat.forge.choose import scene
from deepcat.loop.trainings import Seen
from deepcat.loop.wished_sweeps import sweeps
from deepcat.records.store import Store

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
        "why", "draft", "metrics", "changed_samples", "body", "statement", "crate",
    }  # fmt: skip
    assert (said["state"], said["address"]) == ("proposed", BRANCH)
    assert said["changed_samples"] == []
    assert said["statement"]["predicateType"] == "https://slsa.dev/provenance/v1"
    sha256 = said["statement"]["subject"][0]["digest"]["sha256"]
    made = [each for each in said["crate"]["@graph"] if each.get("sha256") == sha256]
    assert made and made[0]["wasGeneratedBy"] == {"@id": f"#training-{TRAINING}"}
    named = CliRunner().invoke(cli, ["-C", str(here), "propose", said["training"]])
    assert f"proposed as {MODULE} {said['version']}: {BRANCH}" in named.output
    assert git(here, "rev-list", "--count", f"main..{BRANCH}") == "1"


def test_the_best_of_a_sweep_is_proposed_once_all_are_over(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a box: the answers are the expected ones."""
    monkeypatch.setattr(
        "deepcat.loop.trained.source.brought", lambda *_: nullcontext(here.parent / "output")
    )
    monkeypatch.setattr(proposing, "answers", lambda _: lambda _tree, module: (
        "", [each.response for each in module.samples]))  # fmt: skip
    git(here, "config", "deepcat.recordsRemote", "none")
    module = here / "modules" / MODULE / "module.yaml"
    data = yaml.safe_load(module.read_text())
    data["training"]["inputs"] = {"lr": {"type": "number", "default": 0.1}}
    module.write_text(yaml.safe_dump(data, sort_keys=False))
    sweep = {"over": {"lr": [0.1, 0.2]}, "method": "grid", "metric": METRIC["name"]}
    wish = {"apiVersion": "deepcat/v1", "module": MODULE, "profile": "train", "sweep": sweep}
    (here / "deployments" / "learn.yaml").write_text(yaml.safe_dump(wish))
    git(here, "add", "-A")
    git(here, "commit", "-qm", "sweep")
    store, tree = Store(here), work_tree(here)
    settings = read_settings(tree)
    found = sweeps(tree, load(tree), settings, {}, lambda: Seen({}), lambda _: {})
    asked = found.courses["learn"].asked
    base = replace(store.read_trainings()[TRAINING], sweep=asked.name, metric=METRIC["name"])

    def put(training: str, lr: float, value: float) -> None:
        told = {"lr": lr}, {METRIC["name"]: value}, asked.named({"lr": lr})
        mine = replace(base, training=training, inputs=told[0], metrics=told[1], deployment=told[2])
        store.put_training(mine, "over")

    def refuse(*_: Any) -> None:
        raise DeepcatError("its output is none", hint="train again", code="job/bad-output")

    best = BETTER[METRIC["name"]]
    put(TRAINING, 0.1, best)
    assert proposing.propose_all(here, scene(), "main") == [], "one is still to be tried"
    worse = best - 1 if METRIC.get("higher_is_better", True) else best + 1
    put("0" * 12, 0.2, worse)
    monkeypatch.setattr(proposing, "_is_aside", lambda *_: True)  # since before the last was over
    with monkeypatch.context() as broken:
        broken.setattr("deepcat.loop.trained.propose.propose", refuse)
        (why,) = proposing.propose_all(here, scene(), "main")
        assert isinstance(why, proposing.Unproposed) and why.is_lasting
        assert proposing.propose_all(here, scene(), "main") == [], "it is not woken each time"
    put(TRAINING, 0.1, best)
    (outcome,) = proposing.propose_all(here, scene(), "main")
    assert not isinstance(outcome, str)
    assert (outcome.state, outcome.training) == ("proposed", TRAINING)
    assert "**The sweep**: 2 trainings" in outcome.body
    assert f"| **`{TRAINING}`** | {best:.6g} | `0.1` | ended |" in outcome.body
    assert f"| `{'0' * 12}` | {worse:.6g} | `0.2` | ended |" in outcome.body
    assert proposing.propose_all(here, scene(), "main") == []
    again = proposing.proposed_one(here, scene(), "main", "learn")
    assert (again.state, again.training) == ("proposed", TRAINING)
