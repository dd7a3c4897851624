"""What is saved of a folder that somebody works in, and what is not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deepcat.host.notebook import saved
from deepcat.host.notebook.saving import left

TOKEN = "ghp_" + "a" * 36
REF, BASE = "refs/deepcat/work/desk", "refs/deepcat/base/desk"

pytestmark = pytest.mark.usefixtures("files")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "data").mkdir(parents=True)
    (folder / "train.py").write_text("print(1)\n")
    (folder / ".gitignore").write_text("*.tmp\n")
    (folder / "kept.tmp").write_text("it began with it\n")
    return folder


def save(tmp_path: Path, before: str = "") -> dict[str, Any]:
    saving = saved._Saving(str(tmp_path / "files"), str(tmp_path / "saved.git"), REF, BASE)
    return saving.saved(before)


def listed(tmp_path: Path, ref: str = REF) -> list[str]:
    argv = ["git", "--git-dir", str(tmp_path / "saved.git"), "ls-tree", "-r", "--name-only", ref]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def commits(tmp_path: Path) -> int:
    argv = ["git", "--git-dir", str(tmp_path / "saved.git"), "rev-list", "--count", REF]
    return int(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def test_it_begins_with_all_and_goes_on_with_what_changed(tmp_path: Path, files: Path) -> None:
    first = save(tmp_path)
    assert listed(tmp_path, BASE) == [".gitignore", "kept.tmp", "train.py"]
    assert not save(tmp_path, first["state"])["changed"]
    (files / "new.py").write_text("x")
    (files / "other.tmp").write_text("ignored")
    (files / "train.py").unlink()
    assert save(tmp_path, first["state"])["changed"]
    assert listed(tmp_path) == [".gitignore", "kept.tmp", "new.py"]
    assert listed(tmp_path, BASE) == [".gitignore", "kept.tmp", "train.py"]
    assert commits(tmp_path) == 2


def test_what_is_left_out_is_said_and_no_link_is_followed(
    tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path)
    monkeypatch.setattr(saved, "MOST_BYTES", 1000)
    secret = tmp_path / "outside"
    secret.write_text("not for others")
    (files / "link").symlink_to(secret)
    (files / "folder").symlink_to(tmp_path)
    (files / "large.bin").write_bytes(b"x" * 1001)
    (files / "key.py").write_text(f"token = '{TOKEN}'\n")
    (files / 'odd\n"name').write_text("x")
    (files / 'a"quote\\.py').write_text("x")
    own = files / "repository"
    own.mkdir()
    subprocess.run(["git", "init", "-q", str(own)], check=True)
    hook = own / ".git" / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    subprocess.run(["git", "-C", str(own), "config", "core.fsmonitor", str(hook)], check=True)
    told = save(tmp_path)
    assert told["left"] == {
        "link": "a link",
        "folder": "a link",
        "large.bin": "it is larger than 20 MB",
        "key.py": "it holds what looks like a secret",
        'odd\\n"name': "its name",
        "repository/": "a repository of its own",
    }
    assert listed(tmp_path) == [".gitignore", '"a\\"quote\\\\.py"', "kept.tmp", "train.py"]
    assert not (tmp_path / "ran").exists()


def test_what_is_gone_is_not_left_out_any_more() -> None:
    secret = saved.READ[0]
    before = {"left": {"key.py": secret, "gone.npz": "it is larger than 20 MB"}}
    now = {"changed": False, "left": {"link": "a link"}}
    assert left(before, now) == {"key.py": secret, "link": "a link"}
    assert left(before, {**now, "changed": True}) == {"link": "a link"}


def test_a_link_that_comes_between_is_not_followed(tmp_path: Path, files: Path) -> None:
    assert saved._read(str(files), "train.py") == (b"print(1)\n", "100644")
    (files / "data").rmdir()
    (files / "data").symlink_to(tmp_path)
    assert saved._read(str(files), "data/outside") is None
    assert saved._read(str(files), "nothing") is None


def test_a_pipe_that_git_would_wait_for_is_told(tmp_path: Path, files: Path) -> None:
    first = save(tmp_path)
    (files / "data" / "below").mkdir()
    os.mkfifo(files / "data" / "below" / ".gitignore")
    with pytest.raises(OSError, match=r"`data/below/.gitignore` is no plain file"):
        save(tmp_path, first["state"])
    (files / "data" / "below" / ".gitignore").unlink()
    (files / "new.py").write_text("x")
    assert save(tmp_path, first["state"])["changed"]
