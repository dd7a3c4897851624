"""`deepcat data`: a set is named by what its source has, fetched, held, and let go."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\n")
    folder = tmp_path / "datasets" / "points"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("1,2\n")
    return tmp_path


def run(root: Path, *argv: str, status: int = 0) -> Any:
    done = CliRunner().invoke(cli, ["-C", str(root), "data", *argv])
    error = done.exception if isinstance(done.exception, DeepcatError) else None
    assert (error.exit_code if error else done.exit_code) == status, (done.output, done.exception)
    return str(error) if error else done.stdout


def said(root: Path, *argv: str, status: int = 0) -> Any:
    return json.loads(run(root, *argv, "--json", status=status))


def test_a_file_of_another_sets_folder_is_refused_and_nothing_written(root: Path) -> None:
    assert "below `datasets/mine/`" in run(root, "add", "mine", "datasets/points/a.csv", status=2)
    assert not (root / "datasets" / "mine.yaml").exists()


@pytest.mark.parametrize("address", ["webdav://a.example.org/x", "http://a.example.org/x.csv"])
def test_a_secret_is_sent_nowhere_in_clear_and_nothing_is_written(
    root: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPCAT_WORKLOAD_DAV", "ada:s3cret")
    secret = ("--credential", "env:DEEPCAT_WORKLOAD_DAV")
    assert "without encryption" in run(root, "add", "mine", address, *secret, status=2)
    assert not (root / "datasets" / "mine.yaml").exists()


def test_a_set_with_errors_is_not_said_to_be_none(root: Path) -> None:
    (root / "datasets" / "broken.yaml").write_text("apiVersion: deepcat/v1\n")
    for words in (["show", "broken"], ["pull", "broken"]):
        assert "the data set `broken` has errors" in run(root, *words, status=2)
    done = CliRunner().invoke(cli, ["-C", str(root), "data", "list"])
    assert "datasets/broken.yaml has errors and is left out" in done.stderr


def test_a_file_is_named_fetched_held_and_let_go(root: Path) -> None:
    run(
        root,
        "add",
        "points",
        "datasets/points/a.csv",
        "--license",
        "CC0-1.0",
        "--maintainer",
        "ada",
    )
    data = yaml.safe_load((root / "datasets" / "points.yaml").read_text())
    assert data["sha256"] == hashlib.sha256(b"1,2\n").hexdigest()
    assert (data["bytes"], data["files"], data["maintainers"]) == (4, 1, ["ada"])
    assert CliRunner().invoke(cli, ["-C", str(root), "check"]).exit_code == 0
    (row,) = said(root, "list")["datasets"]
    assert (row["name"], row["license"], row["modules"]) == ("points", "CC0-1.0", [])
    first = said(root, "pull", "points")
    assert (first["sent"], Path(first["path"], "a.csv").read_text()) == (4, "1,2\n")
    assert said(root, "pull", "points")["sent"] == 0
    copied = said(root, "pull", "points", "--into", str(root / "own"))
    assert Path(copied["path"], "a.csv").read_text() == "1,2\n"
    run(root, "pull", "points", "--into", str(root / "own"), status=2)
    (kept,) = said(root, "where", "points")["kept"]
    assert (kept["dataset"], kept["bytes"], kept["place"]) == ("points", 4, "fetched")
    assert [each["dataset"] for each in said(root, "gc")["gone"]] == ["points"]
    assert said(root, "where")["kept"] == []
    assert "is no size" in run(root, "gc", "--keep", "much", status=2)


def test_a_source_that_changed_is_told_and_taken_by_name(root: Path) -> None:
    run(root, "add", "points", "datasets/points")  # a folder: its files are listed
    listed = root / "datasets" / "points" / "SHA256SUMS"
    assert listed.read_text() == f"{hashlib.sha256(b'1,2' + bytes([10])).hexdigest()}  a.csv\n"
    assert run(root, "check") == "points: as its data set says\n"
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "b.csv").write_text("3\n")
    run(root, "add", "others", f"file:{outside}/b.csv", status=1)  # no folder of the owners'
    with (root / "deepcat.yaml").open("a") as stream:
        stream.write(f"allowed_data: {{folders: [{outside}]}}\n")
    run(root, "add", "others", f"file:{outside}/b.csv")
    (outside / "b.csv").write_text("4\n")
    told = said(root, "check", "others", status=1)["datasets"]
    assert "it changed" in told[0]["why"]
    assert "it changed" in run(root, "pull", "others", status=1)
    run(root, "add", "others", f"file:{outside}/b.csv", status=2)
    run(root, "add", "others", f"file:{outside}/b.csv", "--replace")
    assert said(root, "pull", "others")["sent"] == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x",
        "http://169.254.169.254/x",
        "ftp://example.org/x",
        "datasets/../x",
        "datasets/none",
    ],
)
def test_what_may_not_be_asked_leaves_no_file(root: Path, address: str) -> None:
    done = CliRunner().invoke(cli, ["-C", str(root), "data", "add", "mine", address])
    assert isinstance(done.exception, DeepcatError)
    assert not (root / "datasets" / "mine.yaml").exists()


def test_what_is_mounted_is_named_without_being_fetched(root: Path) -> None:
    address = "s3://scans/2026"
    said = ("add", "scans", address, "--maintainer", "ada", "--mount")
    assert "nothing tells how large" in run(root, *said, status=2)
    assert "is no size" in run(root, *said, "--bytes", "much", status=2)
    assert "none that is mounted" in run(
        root, "add", "points", "datasets/points", "--mount", "--bytes", "4B", status=2
    )
    assert "of what is mounted" in run(
        root, "add", "points", "datasets/points", "--bytes", "4B", status=2
    )
    assert not (root / "datasets" / "points.yaml").exists()
    run(root, *said, "--bytes", "2TiB")
    data = yaml.safe_load((root / "datasets" / "scans.yaml").read_text())
    assert {key: data.get(key) for key in ("address", "how", "bytes", "sha256", "files")} == {
        "address": address, "how": "mount", "bytes": 2 << 40, "sha256": None, "files": None,
    }  # fmt: skip
    run(root, "add", "scans", "s3://scans/2027", "--replace")  # it stays mounted
    data = yaml.safe_load((root / "datasets" / "scans.yaml").read_text())
    assert (data["address"], data["how"]) == ("s3://scans/2027", "mount")
    run(root, "add", "scans", "datasets/scans", "--replace", "--no-mount", status=2)
    (root / "datasets" / "scans").mkdir()
    (root / "datasets" / "scans" / "a.csv").write_text("1,2\n")
    run(root, "add", "scans", "datasets/scans/a.csv", "--replace", "--no-mount")
    data = yaml.safe_load((root / "datasets" / "scans.yaml").read_text())
    assert (data.get("how"), data["bytes"]) == (None, 4)
