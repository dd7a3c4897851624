"""Which deepcat new workflows install: the very one that runs, or none that somebody guessed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.beginning.forges.source import Source
from deepcat.cli.new import installed
from deepcat.errors import UsageError

RECORD = "deepcat/__init__.py,sha256=one,1\ndeepcat-1.2.0.dist-info/RECORD,,\n"
COMMIT = "c" * 40
ADDRESS = "https://example.org/deepcat-1.2.0-py3-none-any.whl"


class Installed:
    """What pip has written down of an installation."""

    version = "1.2.0"

    def __init__(self, told: Any, record: str = RECORD) -> None:
        self._texts = {"RECORD": record}
        if told is not None:
            self._texts["direct_url.json"] = told if isinstance(told, str) else json.dumps(told)

    def read_text(self, name: str) -> str | None:
        return self._texts.get(name)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Source]:
    def ask(*facts: Any) -> Source:
        monkeypatch.setattr(installed, "distribution", lambda name: Installed(*facts))
        return installed.source("", tmp_path)

    return ask


def wheel(folder: Path, record: str = RECORD) -> Path:
    path = folder / "deepcat-1.2.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deepcat/__init__.py", "")
        archive.writestr(
            "deepcat-1.2.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: deepcat\nVersion: 1.2.0\n",
        )
        archive.writestr("deepcat-1.2.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("deepcat-1.2.0.dist-info/RECORD", record)
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_commit_that_pip_fetched(running: Callable[..., Source]) -> None:
    told = {"url": "https://example.org/deepcat.git", "vcs_info": {"commit_id": COMMIT}}
    assert running(told).address == f"git+https://example.org/deepcat.git@{COMMIT}"


def test_a_wheel_from_an_address(running: Callable[..., Source]) -> None:
    told = {"url": ADDRESS, "archive_info": {"hashes": {"sha256": "a" * 64}}}
    found = running(told)
    assert (found.requirement, found.sha256) == (f"deepcat @ {ADDRESS}", "a" * 64)


def test_a_wheel_from_a_file_is_kept(running: Callable[..., Source], tmp_path: Path) -> None:
    path = wheel(tmp_path)
    told = {"url": path.as_uri(), "archive_info": {"hashes": {"sha256": digest(path)}}}
    assert running(told).wheel == (path.name, path.read_bytes())
    path.write_bytes(b"another")
    with pytest.raises(UsageError, match="no longer where it was"):
        running(told)


def test_a_wheel_of_which_pip_noted_no_hash_is_known_by_its_files(
    running: Callable[..., Source], tmp_path: Path
) -> None:
    path = wheel(tmp_path)
    told = {"url": path.as_uri(), "archive_info": {}}
    assert running(told).wheel == (path.name, path.read_bytes())
    with pytest.raises(UsageError, match="no longer where it was"):
        running(told, RECORD.replace("one", "two"))
    path.write_bytes(b"another")
    with pytest.raises(UsageError, match="no longer where it was"):
        running(told)


@pytest.mark.starts("a program")
@pytest.mark.parametrize(
    ("record", "words"),
    [(RECORD, ""), (RECORD.replace("one", "two"), "another program"), (None, "does not give")],
)
def test_a_release_is_the_one_of_the_index_only_if_it_is_what_runs(
    record: str | None,
    words: str,
    running: Callable[..., Source],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.delenv("PIP_CERT", raising=False)
    if record is not None:
        sha256 = digest(wheel(tmp_path, record))
    if words:
        with pytest.raises(UsageError, match=words):
            running(None)
        return
    assert running(None) == Source("deepcat==1.2.0", sha256)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pushed", ""),
        ("no origin", "without an origin"),
        ("by ssh", "without an origin"),
        ("changed", "in no commit"),
        ("ahead", "was not pushed"),
    ],
)
def test_a_checkout_is_its_commit_where_others_find_it(
    state: str, words: str, running: Callable[..., Source], tmp_path: Path
) -> None:
    root = tmp_path / "checkout"

    def git(*argv: str) -> str:
        done = subprocess.run(["git", *argv], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", str(root))
    (root / "file").write_text("1")
    git("-C", str(root), "add", "-A")
    git("-C", str(root), "commit", "-q", "-m", "begin")
    if state != "no origin":
        address = (
            "ssh://git@example.org/d.git" if state == "by ssh" else "https://example.org/d.git"
        )
        git("-C", str(root), "remote", "add", "origin", address)
        git("-C", str(root), "update-ref", "refs/remotes/origin/main", "HEAD")
    if state == "changed":
        (root / "file").write_text("2")
    if state == "ahead":
        git("-C", str(root), "commit", "-q", "--allow-empty", "-m", "more")
    told = {"url": root.as_uri(), "dir_info": {"editable": True}}
    if words:
        with pytest.raises(UsageError, match=words) as raised:
            running(told)
        assert "--deepcat" in raised.value.hint
        return
    head = git("-C", str(root), "rev-parse", "HEAD")
    assert running(told).address == f"git+https://example.org/d.git@{head}"


@pytest.mark.parametrize("told", ["no JSON", "[]", "{}", '{"url": "https://x"}'])
def test_a_note_that_cannot_be_read_is_no_guess(told: str, running: Callable[..., Source]) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        running(told)
