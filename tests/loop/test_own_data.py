"""Data of one's own: named in the catalog, or by an address and what lies there now."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.catalog.datasets import found
from deepcat.errors import DeepcatError
from deepcat.loop import own_data
from deepcat.loop.own_data import changed, entries
from deepcat.plan.values import State, Status
from deepcat.records.record import Record

SOURCE = Path(__file__).resolve().parents[2] / "modules" / "half-plus-two"
TRAINING = {"command": "python train.py", "data": {"points": {"dataset": "points"}}}
STATE = State(
    name="train-lines-1", module="lines", version="1.0.0", module_digest="", profile="train",
    inputs={}, cloud="here", shape="host", status=Status.ENDED, wish_digest="", commit="",
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(SOURCE, tmp_path / "modules" / "lines")
    for path, content in {
        "deepcat.yaml": {"apiVersion": "deepcat/v1", "title": "T"},
        "modules/lines/module.yaml": {
            **yaml.safe_load((SOURCE / "module.yaml").read_text()),
            "name": "lines",
            "training": TRAINING,
        },
        "datasets/points.yaml": {
            "apiVersion": "deepcat/v1", "title": "Points", "address": "datasets/points/a.csv",
            "sha256": hashlib.sha256(b"1,2\n").hexdigest(), "bytes": 4, "maintainers": ["ada"],
        },
    }.items():  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(yaml.safe_dump(content))
    (tmp_path / "datasets" / "points").mkdir()
    (tmp_path / "datasets" / "points" / "a.csv").write_text("1,2\n")
    return tmp_path


def seen(root: Path, text: str) -> dict[str, Any]:
    return entries(root, "lines", {"points": text})["points"]


def test_it_is_known_by_what_lies_there_now(root: Path) -> None:
    assert seen(root, "points") == {"dataset": "points"}
    digest = hashlib.sha256(b"1,2\n").hexdigest()
    file: dict[str, Any] = {"address": "datasets/points/a.csv", "bytes": 4, "sha256": digest}
    assert seen(root, file["address"]) == file
    folder: dict[str, Any] = {"address": "datasets/points", "bytes": 4, "sums": {"a.csv": digest}}
    assert seen(root, folder["address"]) == folder
    both = [found(each, {}, str.encode) for each in (file, folder)]
    assert both[0].digest == both[1].digest  # the same data, however it is named


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("point", "points", "no data that `lines` reads by the name `point`"),
        ("points", "pointz", "no data set `pointz`"),
        ("points", "broken", "the data set `broken` has errors"),
        ("points", "ftp://example.org/x", "by which nothing here fetches"),
        ("points", "/etc/passwd", "is no path below `datasets/`"),
        ("points", "file:/etc/passwd", "no data may be read from"),
        ("points", "http://169.254.169.254/x", "none of the public web"),
        ("points", "datasets/none.csv", "there is no `datasets/none.csv`"),
    ],
)
def test_what_cannot_be_had_is_told(root: Path, name: str, text: str, why: str) -> None:
    (root / "datasets/broken.yaml").write_text("apiVersion: deepcat/v1\n")
    with pytest.raises(DeepcatError, match=why):
        entries(root, "lines", {name: text})


def test_more_files_than_a_wish_may_name_are_a_data_set(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "MOST_FILES", 1)
    (root / "datasets" / "points" / "b.csv").write_text("3,4\n")
    with pytest.raises(DeepcatError, match="has 2 files, and 1 may be asked for"):
        seen(root, "datasets/points")


def test_a_source_that_changed_since_another_training_is_told(root: Path) -> None:
    before = {"points": seen(root, "datasets/points/a.csv")}
    state = replace(STATE, asked={"module": "lines", "data": before})
    records = [Record(state), Record(replace(state, name="other", asked={"module": "lines"}))]
    assert not [*changed(records, "lines", before)]
    (root / "datasets" / "points" / "a.csv").write_text("5,6\n")
    now = {"points": seen(root, "datasets/points/a.csv")}
    assert [*changed(records, "lines", now)] == [("points", "train-lines-1")]
    assert not [*changed(records, "others", now)]


def test_what_is_mounted_is_not_fetched_and_is_what_the_module_or_the_command_names(
    root: Path,
) -> None:
    path = root / "datasets/points.yaml"
    path.write_text(path.read_text().replace("datasets/points/a.csv", "s3://points/a.csv"))
    mounted = {"dataset": "points", "how": "mount"}
    assert entries(root, "lines", {}, ["points"]) == {"points": mounted}
    assert entries(root, "lines", {"points": "points"}, ["points"]) == {"points": mounted}
    address = "s3://nowhere/points"
    own = {"address": address, "how": "mount"}
    assert entries(root, "lines", {"points": address}, ["points"]) == {"points": own}
    with pytest.raises(DeepcatError, match="is none that is mounted"):
        entries(root, "lines", {"points": "datasets/points"}, ["points"])
    with pytest.raises(DeepcatError, match="reads by the name"):
        entries(root, "lines", {}, ["lines"])


def test_what_was_mounted_is_not_said_to_have_changed() -> None:
    then = {"address": "s3://points", "sha256": "0" * 64, "bytes": 4}
    asked = {"module": "lines", "data": {"points": then}}
    records = [Record(replace(STATE, asked=asked))]
    now = {"points": {"address": "s3://points", "how": "mount"}}
    assert not [*changed(records, "lines", now)]
