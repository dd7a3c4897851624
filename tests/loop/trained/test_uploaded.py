"""All that a training made is uploaded before it is proposed, once, and never by a dry run."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ended_trainings import MODULE, TRAINING, git, here

from deepcat.cli import proposing, training_wish
from deepcat.cli.training_words import details
from deepcat.errors import DeepcatError, UsageError
from deepcat.forge.choose import scene
from deepcat.loop.trainings import _unless_newer
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.records.trainings import Training, from_text, to_text

__all__ = ["here"]


@pytest.fixture
def catalog(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog whose training is proposed without a box."""
    given = lambda *_: nullcontext(here.parent / "output")  # noqa: E731
    monkeypatch.setattr("deepcat.loop.trained.source.brought", given)
    monkeypatch.setattr(proposing, "answers", lambda _: lambda _tree, module: (
        "", [each.response for each in module.samples]))  # fmt: skip
    git(here, "config", "deepcat.recordsRemote", "none")
    return here


def wish(root: Path, upload: dict[str, Any], **settings: Any) -> None:
    said = {"apiVersion": "deepcat/v1", "module": MODULE, "version": "^1.0.0", "profile": "train"}
    said |= {"owner": "ada", "upload": upload}
    (root / "deployments" / "learn.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
    told = {"apiVersion": "deepcat/v1", "title": "T", "currency": "EUR", **settings}
    (root / "deepcat.yaml").write_text(yaml.safe_dump(told, sort_keys=False))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "wish")


def of(root: Path) -> Training:
    return Store(root).read_trainings()[TRAINING]


def test_it_lies_there_before_it_is_proposed(catalog: Path) -> None:
    results = catalog.parent / "results"
    address = f"file://{results}"
    wish(catalog, {"address": address})
    (refused,) = proposing.propose_all(catalog, scene(), "main")
    assert isinstance(refused, proposing.Unproposed)
    assert "[upload/place]" in refused
    assert not refused.is_lasting
    assert (of(catalog).uploaded, of(catalog).proposal, results.exists()) == ({}, {}, False)

    wish(catalog, {"address": address}, allowed_uploads={"folders": [str(results)]})
    shown = proposing.proposed_one(catalog, scene(), "main", "learn", dry_run=True)
    assert (shown.state, results.exists()) == ("shown", False)
    (outcome,) = proposing.propose_all(catalog, scene(), "main")
    assert not isinstance(outcome, str)
    assert outcome.state == "proposed"
    there = results / "learn" / TRAINING
    output = catalog.parent / "output"
    names = {path.name for path in output.iterdir()}
    assert {path.name: path.read_bytes() for path in there.iterdir()} == {
        name: (output / name).read_bytes() for name in names
    }
    told = of(catalog)
    size = sum((output / name).stat().st_size for name in names)
    known = {"address": f"{address}/learn/{TRAINING}", "files": len(names), "bytes": size}
    assert {
        key: value for key, value in told.uploaded.items() if key not in ("at", "ended")
    } == known
    assert told.proposal["state"] == "proposed"
    assert f"| all that it made | `{known['address']}` |" in outcome.body
    assert any(f"uploaded to {known['address']} (" in line for line in details(told))
    assert from_text(to_text(told), TRAINING) == told
    later = _unless_newer(replace(told, uploaded={}, updated="2030-01-01T00:00:00+00:00"), told)
    assert later is not None
    assert later.uploaded == told.uploaded

    (there / "metrics.json").unlink()
    assert proposing.propose_all(catalog, scene(), "main") == []
    assert proposing.proposed_one(catalog, scene(), "main", "learn").state == "proposed"
    assert not (there / "metrics.json").exists(), "it is done once"


def test_what_a_cut_attempt_left_does_not_lie_among_what_the_next_made(catalog: Path) -> None:
    results = catalog.parent / "results"
    wish(catalog, {"address": f"file://{results}"}, allowed_uploads={"folders": [str(results)]})
    left = results / "learn" / TRAINING
    left.mkdir(parents=True)
    (left / "epoch-1.bin").write_bytes(b"x")  # which the first attempt alone made
    Store(catalog).put_training(replace(of(catalog), attempt=2), "again")
    proposing.propose_all(catalog, scene(), "main")
    there = results / "learn" / f"{TRAINING}-2"
    names = {path.name for path in (catalog.parent / "output").iterdir()}
    assert {path.name for path in there.iterdir()} == names
    assert [path.name for path in left.iterdir()] == ["epoch-1.bin"]


@pytest.mark.parametrize(
    ("upload", "settings", "code"),
    [
        (
            {"address": "webdavs://a.example.org/x", "credential": "env:DEEPCAT_WORKLOAD_BOB_X"},
            {"secrets": {"ada": ["env:DEEPCAT_WORKLOAD_ADA_"]}},
            "training/wish",
        ),
        ({"address": "webdav://127.0.0.1:1/x"}, {}, "upload/place"),
        (
            {"address": "webdavs://127.0.0.1:1/x", "credential": "env:DEEPCAT_WORKLOAD_NONE"},
            {"allowed_uploads": {"hosts": ["127.0.0.1:1"]}},
            "secret/missing",
        ),
    ],
)
def test_it_goes_nowhere_by_what_is_of_others(
    catalog: Path, upload: dict[str, Any], settings: dict[str, Any], code: str
) -> None:
    wish(catalog, upload, **settings)
    with pytest.raises(DeepcatError) as caught:
        proposing.proposed_one(catalog, scene(), "main", "learn")
    assert caught.value.code == code
    assert (of(catalog).uploaded, of(catalog).proposal) == ({}, {})


def asked(root: Path, upload: dict[str, Any]) -> None:
    """The same training, without a file: its record keeps the wish."""
    (root / "deployments" / "learn.yaml").unlink()
    said = {"apiVersion": "deepcat/v1", "module": MODULE, "version": "^1.0.0", "profile": "train"}
    state = State(
        "learn", MODULE, "1.0.0", "d", "train", {}, "local", "host", Status.ENDED, "w", "",
        is_job=True, exit_status=0, asked={**said, "owner": "ada", "upload": upload},
    )  # fmt: skip
    Store(root).update("learn", lambda _: Record(state), "learn: asked for")


def test_one_without_a_file_goes_where_its_command_said(catalog: Path) -> None:
    results = catalog.parent / "results"
    wish(catalog, {"address": "file:///else"}, allowed_uploads={"folders": [str(results)]})
    said = training_wish.upload(catalog, "ada", f"file://{results}", ())
    asked(catalog, said["upload"])
    told = proposing.uploaded_one(catalog, scene(), "learn").uploaded
    assert (told["files"], told["address"]) == (2, f"file://{results}/learn/{TRAINING}")
    assert of(catalog).proposal == {}
    assert len(list((results / "learn" / TRAINING).iterdir())) == 2


@pytest.mark.parametrize(
    ("address", "pairs", "why"),
    [
        ("https://a.example.org/x", (), "nothing is uploaded to"),
        ("swift://b/x", (), "`endpoint`"),
        ("s3://b/x", ("credential=env:DEEPCAT_WORKLOAD_BOB_X",), "not to `ada`"),
        ("s3://b/x", ("colour=red",), "`--upload-with colour=red` says nothing"),
        ("", ("region=eu",), "`--upload-with region=eu` says nothing"),
    ],
    ids=["the web", "no endpoint", "another's secret", "no such word", "no address"],
)
def test_a_command_that_says_nothing_sound_is_refused(
    catalog: Path, address: str, pairs: tuple[str, ...], why: str
) -> None:
    secrets = {"bob": ["env:DEEPCAT_WORKLOAD_BOB_"]}
    wish(catalog, {"address": "file:///else"}, secrets=secrets)
    with pytest.raises(UsageError, match=why):
        training_wish.upload(catalog, "ada", address, pairs)


def test_a_record_that_somebody_wrote_gives_no_secret_away(catalog: Path) -> None:
    secrets = {"bob": ["env:DEEPCAT_WORKLOAD_BOB_"]}
    wish(catalog, {"address": "file:///else"}, secrets=secrets)
    for upload, why in (
        ({"address": "s3://b/x", "credential": "env:DEEPCAT_WORKLOAD_BOB_X"}, "not to `ada`"),
        ({"address": ["s3://b/x"]}, "not the form"),
    ):
        (catalog / "deployments" / "learn.yaml").touch()
        asked(catalog, upload)
        with pytest.raises(DeepcatError, match=why) as caught:
            proposing.uploaded_one(catalog, scene(), "learn")
        assert caught.value.code == "training/wish"
