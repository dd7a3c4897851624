"""A training becomes one pull request, killed anywhere, however often it is asked for."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ended_trainings import (
    BETTER,
    BRANCH,
    METRIC,
    MODULE,
    SOURCE,
    TRAINING,
    git,
    here,
    other_model,
    told,
)

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.errors import DeepcatError
from deepcat.forge.bare import Bare
from deepcat.forge.git import Repository
from deepcat.loop.trained import propose as room
from deepcat.loop.trained.named import named
from deepcat.loop.trained.propose import Outcome, Stage, propose
from deepcat.loop.trained.store import ModelStore, Place
from deepcat.loop.trained.stores.seam import POINTED
from deepcat.loop.trained.values import Wish
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.records.trainings import Training
from deepcat.review.comment import plain

__all__ = ["here"]

Answers = Callable[[Any, Any], tuple[str, Sequence[Mapping[str, Any]]]]


def as_expected(_: Any, module: Any) -> tuple[str, Sequence[Mapping[str, Any]]]:
    return "", [each.response for each in module.samples]


def otherwise(_: Any, module: Any) -> tuple[str, Sequence[Mapping[str, Any]]]:
    bodies = [dict(each.response) for each in module.samples]
    bodies[0] = {"predictions": [9.5, 9.5, 9.5]}
    return "", bodies


@contextmanager
def bring(root: Path) -> Iterator[Path]:
    yield output(root)


def output(root: Path) -> Path:
    """What the training made."""
    return root.parent / "output"


def stage(root: Path, ask: Answers = as_expected) -> Stage:
    repository = Repository(root)
    inbox = Bare(repository, "main")
    given = (root, repository, inbox, Store(root), "main", "", ask)
    return Stage(*given, lambda _: bring(root), "EUR", in_commit=True)


def of(root: Path) -> Training:
    return Store(root).read_trainings()[TRAINING]


def run(root: Path, ask: Answers = as_expected, wish: Wish = Wish.BETTER, **more: Any) -> Outcome:
    return propose(stage(root, ask), of(root), wish, **more)


def test_a_better_one_is_one_branch_with_one_commit(here: Path) -> None:
    outcome = run(here)
    assert (outcome.state, outcome.address, outcome.is_draft) == ("proposed", BRANCH, False)
    assert git(here, "rev-list", "--count", f"main..{BRANCH}") == "1"
    text = git(here, "show", f"{BRANCH}:modules/{MODULE}/module.yaml")
    data = yaml.safe_load(text)
    assert data["version"] == outcome.version != "1.0.0"
    assert data["changes"][0]["version"] == data["version"]
    assert data["training"]["run"]["id"] == outcome.training
    assert data["training"]["run"]["commit"] == git(here, "rev-parse", "main")
    assert data["dates"]["updated"] == "2026-11-30"
    assert data["metrics"][0]["value"] == pytest.approx(BETTER[METRIC["name"]])
    topology = git(here, "show", f"{BRANCH}:modules/{MODULE}/tosca.yaml")
    assert told("model")["sha256"] not in text + topology
    body = git(here, "log", "-1", "--format=%B", BRANCH)
    assert "▲ better" in body
    assert "`demo`" in body
    assert f"deepcat reproduce {MODULE} {outcome.version}" in body
    assert not git(here, "ls-files", "--modified")


def data_set(root: Path, content: str) -> str:
    """Give the catalog this content of the data set `points`; gives what it is known by."""
    (root / "datasets").mkdir(exist_ok=True)
    (root / "datasets/points").mkdir(exist_ok=True)
    (root / "datasets/points/points.csv").write_text(content)
    facts = {
        "apiVersion": "deepcat/v1", "title": "Points", "description": "Some points.",
        "maintainers": ["ada"], "license": "CC0-1.0", "files": 1,
        "address": "datasets/points/points.csv",
        "sha256": hashlib.sha256(content.encode()).hexdigest(), "bytes": len(content.encode()),
    }  # fmt: skip
    (root / "datasets/points.yaml").write_text(yaml.safe_dump(facts))
    found = load(work_tree(root))
    assert "points" in found.datasets, list(found.findings)
    return found.datasets["points"].digest


def test_other_data_is_said_in_its_words_and_in_the_changes(here: Path) -> None:
    path = here / "modules" / MODULE / "module.yaml"
    learns = "\ntraining:\n  data: {points: {dataset: points}}\n"
    path.write_text(path.read_text().replace("\ntraining:\n", learns))
    first = data_set(here, "x,y\n1,2.5\n")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "Few points")
    second = data_set(here, "x,y\n1,2.5\n2,3\n")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "More points")
    assert first != second

    def trained(digest: str) -> Outcome:
        told = {"points": {"dataset": "points", "digest": digest}}
        return propose(stage(here), replace(of(here), data=told), Wish.BETTER)

    same = replace(of(here), data={"points": {"dataset": "points", "digest": first}})
    assert "other data" not in propose(stage(here), same, Wish.BETTER, dry_run=True).body
    outcome = trained(second)
    assert "it was trained with other data (points)." in outcome.body
    assert outcome.version == "1.1.0"
    text = git(here, "show", f"{BRANCH}:modules/{MODULE}/module.yaml")
    change = yaml.safe_load(text)["changes"][0]["text"]
    assert change.startswith("Trained anew with other data (points) by learn (")


def test_it_says_who_would_take_it_and_what_they_run(here: Path) -> None:
    pinned = (here / "deployments/demo.yaml").read_text().replace("^1.0.0", "1.0.0")
    (here / "deployments/pinned.yaml").write_text(pinned)
    (here / "deployments/idle.yaml").write_text((here / "deployments/demo.yaml").read_text())
    git(here, "add", "-A")
    git(here, "commit", "-qm", "More deployments")
    state = State(
        name="demo", module=MODULE, version="1.0.0", module_digest="", profile="serve", inputs={},
        cloud="local", shape="host", status=Status.RUNNING, wish_digest="", commit="",
    )  # fmt: skip
    Store(here).update("demo", lambda _: Record(state), "begin")
    body = run(here, dry_run=True).body
    assert "| `demo` | `^1.0.0` | `1.0.0` | `local/host` |" in body
    assert "| `idle` | `^1.0.0` | not yet |  |" in body
    assert "Not by what asks for other versions: `pinned` (`1.0.0`)." in body


def test_plots_of_the_script_are_shown_and_wrong_ones_named(here: Path) -> None:
    (output(here) / "plots").mkdir()
    (output(here) / "plots/confusion_matrix.json").write_text(
        json.dumps({"labels": ["low", "high"], "matrix": [[7, 1], [2, 6]]})
    )
    (output(here) / "plots/residuals.json").write_text("nonsense")
    body = run(here, dry_run=True).body
    assert "| low | **7** | 1 |" in body
    assert "plots/residuals.json of its output cannot be shown" in body.replace("\\", "")
    (output(here) / "plots/residuals.json").unlink()
    (output(here) / "plots/residuals.json").symlink_to("/etc/hostname")
    with pytest.raises(DeepcatError) as caught:
        run(here, dry_run=True)
    assert caught.value.code == "job/bad-output"


def test_it_is_proposed_once_whoever_asks_and_however_often(here: Path) -> None:
    first = run(here)
    head = git(here, "rev-parse", BRANCH)
    git(here, "update-ref", "-d", f"refs/heads/{BRANCH}")  # a person declined it
    again = run(here)
    assert (again.state, again.address) == (first.state, first.address)
    assert not git(here, "branch", "--list", BRANCH)
    assert head


@pytest.mark.parametrize("where", ["put_proposal", "update_training", "lease_branch"])
def test_killed_anywhere_it_goes_on(
    here: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    kind = {"put_proposal": Bare, "update_training": Store, "lease_branch": Repository}[where]
    with monkeypatch.context() as patched:
        patched.setattr(kind, where, die)
        with pytest.raises(Killed):
            run(here)
    before = git(here, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")
    outcome = run(here)
    assert outcome.state == "proposed"
    assert before in ("", git(here, "rev-parse", BRANCH))
    assert git(here, "rev-list", "--count", f"main..{BRANCH}") == "1"


def test_answers_that_changed_are_a_commit_of_their_own(here: Path) -> None:
    outcome = run(here, otherwise)
    assert len(outcome.changed) == 1
    subjects = git(here, "log", "--format=%s", f"main..{BRANCH}").splitlines()
    assert subjects[0].startswith(f"{MODULE} {outcome.version} (training ")
    assert subjects[1] == f"Expected answers that changed: {MODULE}"
    text = git(here, "show", f"{BRANCH}:modules/{MODULE}/module.yaml")
    assert yaml.safe_load(text)["samples"][0]["response"] == {"predictions": [9.5, 9.5, 9.5]}
    assert "needs a maintainer's yes" in outcome.body


def test_what_is_not_better_is_held_and_said_or_a_draft(here: Path) -> None:
    Path(output(here), "metrics.json").write_text(json.dumps({METRIC["name"]: METRIC["value"]}))
    outcome = run(here)
    assert (outcome.state, outcome.why) == (
        "held",
        f"its {METRIC['name']} is the same as before",
    )
    assert not git(here, "branch", "--list", "deepcat/*")
    assert run(here).state == "held"
    drafted = run(here, wish=Wish.ALWAYS, again=True)
    assert (drafted.state, drafted.is_draft) == ("proposed", True)


def test_the_very_model_that_is_there_is_no_proposal(here: Path) -> None:
    shutil.copy(SOURCE / "model.tar.gz", output(here) / "model.tar.gz")
    assert run(here, wish=Wish.ALWAYS).why == "it made the very model that 1.0.0 has"


def test_a_dry_run_writes_nothing(here: Path) -> None:
    before = git(here, "for-each-ref")
    outcome = run(here, dry_run=True)
    assert (outcome.state, bool(outcome.body)) == ("shown", True)
    assert git(here, "for-each-ref") == before


def test_what_was_merged_is_not_proposed_again(here: Path) -> None:
    outcome = run(here)
    git(here, "merge", "-q", "--ff-only", BRANCH)
    unknown = replace(of(here), proposal={})
    assert propose(stage(here), unknown, Wish.BETTER).state == "merged"
    assert outcome.state == "proposed"


def test_a_branch_that_others_wrote_to_is_left_alone(here: Path) -> None:
    git(here, "branch", BRANCH, "main")
    with pytest.raises(DeepcatError) as caught:
        run(here)
    assert caught.value.code == "propose/branch"
    assert git(here, "rev-parse", BRANCH) == git(here, "rev-parse", "main")


LATER = "2026-12-01T09:00:00+00:00"


class Forge(Bare):
    """A forge that closes what is proposed, and keeps its branch."""

    closed: frozenset[str] = frozenset()

    def open_keys(self) -> frozenset[str]:
        return super().open_keys() - self.closed


def once_more(root: Path) -> None:
    """Let it be trained once more, to another model."""
    Store(root).update_training(TRAINING, lambda now: now and replace(now, ended=LATER), "again")
    (output(root) / "model.tar.gz").write_bytes(other_model(level=1))


def by_somebody(root: Path, branch: str) -> None:
    """Let somebody else write to a branch."""
    git(root, "checkout", "-q", branch)
    git(root, "commit", "-q", "--allow-empty", "-m", "Mine")
    git(root, "checkout", "-q", "main")


def test_what_was_trained_once_more_is_proposed_in_place_of_what_was_before(here: Path) -> None:
    first = run(here)
    old = git(here, "rev-parse", BRANCH)
    once_more(here)
    outcome = run(here)
    assert (outcome.state, outcome.address) == ("proposed", BRANCH)
    assert outcome.body.splitlines()[0] != first.body.splitlines()[0], "its marker is another"
    assert git(here, "rev-parse", BRANCH) != old
    assert git(here, "rev-list", "--count", f"main..{BRANCH}") == "1", "it was rewritten"
    assert git(here, "branch", "--list", "deepcat/train/*").split() == [BRANCH]
    assert run(here).address == BRANCH
    git(here, "merge", "-q", "--ff-only", BRANCH)
    assert propose(stage(here), replace(of(here), proposal={}), Wish.BETTER).state == "merged"
    older = replace(of(here), proposal={}, ended="2026-12-02T09:00:00+00:00")
    assert propose(stage(here), older, Wish.BETTER).state == "held", "the very same model"


def test_another_branch_holds_it_where_others_wrote_to_one_that_is_closed(here: Path) -> None:
    run(here)
    by_somebody(here, BRANCH)
    once_more(here)
    with pytest.raises(DeepcatError, match="somebody else") as caught:
        run(here)
    assert caught.value.code == "propose/branch", "there is no second one beside what is open"
    theirs = git(here, "rev-parse", BRANCH)
    inbox = Forge(Repository(here), "main")
    inbox.closed = frozenset({"train/learn"})
    given = replace(stage(here), inbox=inbox)
    assert propose(given, of(here), Wish.BETTER).address == f"{BRANCH}.2"
    for number in (3, 4):  # what is open is rewritten, whichever it is
        later = replace(of(here), ended=f"2026-12-0{number}T09:00:00+00:00")
        assert propose(given, later, Wish.BETTER).address == f"{BRANCH}.2"
    assert git(here, "rev-parse", BRANCH) == theirs
    names = git(here, "for-each-ref", "--format=%(refname:short)", "refs/heads/deepcat").split()
    assert names == [BRANCH, f"{BRANCH}.2"]


def test_a_model_that_does_not_serve_is_refused(here: Path) -> None:
    with pytest.raises(DeepcatError) as caught:
        run(here, lambda *_: ("the model could not be served: no", ()))
    assert caught.value.code == "job/bad-output"
    assert not git(here, "branch", "--list", "deepcat/*")


def test_metrics_of_other_names_are_none(here: Path) -> None:
    Path(output(here), "metrics.json").write_text('{"strange": 1}')
    with pytest.raises(DeepcatError) as caught:
        run(here)
    assert caught.value.code == "job/no-metric"


def test_what_is_told_fits_and_shows_strangers_words_as_text(here: Path) -> None:
    lines = [json.dumps({"step": n, "<b>@all [x](y)": n}) for n in range(99)]
    Path(output(here), "metrics.jsonl").write_text("\n".join(lines))
    body = run(here, dry_run=True).body
    assert "<b>" not in body
    assert "@all" not in body
    assert len(body) <= room.tell.MOST


def test_what_is_too_large_for_git_goes_to_the_store_before_a_commit_names_it(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(f"file://{tmp_path}/store", "https://models.example.org", above=0)
    asked = []

    def ask(tree: Any, module: Any) -> tuple[str, Sequence[Mapping[str, Any]]]:
        asked.append(tree.read(f"{module.path}/{module.model.path}"))
        return as_expected(tree, module)

    given = replace(stage(here, ask), models=ModelStore(place))
    with monkeypatch.context() as patched:
        patched.setattr(ModelStore, "put", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            propose(given, of(here), Wish.BETTER)
    assert not git(here, "branch", "--list", "deepcat/*")
    outcome = propose(given, of(here), Wish.BETTER)
    made = (output(here) / "model.tar.gz").read_bytes()
    assert asked[-1] == made
    sha256 = hashlib.sha256(made).hexdigest()
    address = f"https://models.example.org/sha256/{sha256[:2]}/{sha256}.tar.gz"
    text = git(here, "show", f"{BRANCH}:modules/{MODULE}/module.yaml")
    assert yaml.safe_load(text)["model"]["source"] == address
    assert "path" not in yaml.safe_load(text)["model"]
    topology = git(here, "show", f"{BRANCH}:modules/{MODULE}/tosca.yaml")
    assert f"archive: {address}" in topology
    files = git(here, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    assert f"modules/{MODULE}/model.tar.gz" not in files
    kept = tmp_path / "store" / "sha256" / sha256[:2] / f"{sha256}.tar.gz"
    assert kept.read_bytes() == made
    assert outcome.state == "proposed"
    assert sha256 in named(Repository(here))


def test_a_pointer_goes_with_the_model_that_it_is_of(here: Path) -> None:
    (here / "modules" / MODULE / POINTED).write_text("of a model in Git LFS")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "a pointer")
    assert run(here).state == "proposed"
    files = git(here, "ls-tree", "-r", "--name-only", BRANCH, f"modules/{MODULE}/").splitlines()
    assert f"modules/{MODULE}/{POINTED}" not in files
    assert f"modules/{MODULE}/model.tar.gz" in files


def evaluates(here: Path) -> None:
    """Let the module say how its models are measured."""
    path = here / "modules" / MODULE / "module.yaml"
    text = path.read_text()
    assert text.count("\ntraining:\n") == 1
    path.write_text(
        text.replace("\ntraining:\n", "\ntraining:\n  evaluate: [python, measure.py]\n")
    )
    git(here, "commit", "-qam", "Measure")


def test_what_was_measured_counts_and_what_was_forged_is_told(here: Path) -> None:
    evaluates(here)
    name, stated = METRIC["name"], METRIC["value"]
    sign = 1 if METRIC.get("higher_is_better") else -1
    said = {"new": {"metrics": {name: stated}}, "old": {"metrics": {name: stated + sign * 0.5}}}
    (output(here) / "evaluated.json").write_text(json.dumps(said))
    held = run(here, dry_run=True)
    assert held.state == "held"
    assert "worse than" in held.why  # the script says that it is better
    shown = run(here, wish=Wish.ALWAYS, dry_run=True)
    assert shown.is_draft
    assert "Measured by `evaluate` on the same data" in shown.body
    said_by_script = shown.figures[0].said
    assert said_by_script == pytest.approx(BETTER[name], abs=1e-6)
    shown_name = plain(name)
    assert f"The script says {shown_name} {said_by_script:g}" in shown.body
    assert f"and it measures {stated:g}**; what was measured counts" in shown.body
    before = shown.figures[0].before
    assert f"1.0.0 states {shown_name} {stated:g}; it measures {before:g}" in shown.body
    assert "not measured again" not in shown.body


def test_without_evaluate_nothing_counts_as_measured(here: Path) -> None:
    said = {"new": {"metrics": {METRIC["name"]: 7.0}}, "old": {"metrics": {}}}
    (output(here) / "evaluated.json").write_text(json.dumps(said))
    outcome = run(here, dry_run=True)
    assert "not measured again" in outcome.body
    assert outcome.figures[0].after == pytest.approx(BETTER[METRIC["name"]])


@pytest.mark.parametrize(
    "said", [{"new": {"failed": "status 3"}}, {"new": 3}, [], {"new": {"metrics": 3}}]
)
def test_what_could_not_be_measured_is_not_proposed(here: Path, said: object) -> None:
    evaluates(here)
    (output(here) / "evaluated.json").write_text(json.dumps(said))
    with pytest.raises(DeepcatError, match="has not measured the new model"):
        run(here)
