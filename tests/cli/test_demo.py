"""The demo: a copy of this repository's own catalog, from nothing to a prediction and back."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepcat.cli.context import Context
from deepcat.cli.demo import command
from deepcat.errors import DeepcatError

PARTS = ("modules", "clouds", "datasets", "deployments", "site", "deepcat.yaml", ".gitignore")


def git(root: Path, *argv: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *argv], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def catalog(repository: Path, tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "catalog"
    root.mkdir()
    for part in PARTS:
        source = repository / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / part)
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "begin")
    # As a clone of somebody who may not write to where it comes from.
    git(root, "remote", "add", "origin", str(tmp_path / "none.git"))
    yield root
    git(root, "config", "deepcat.recordsRemote", "none")
    subprocess.run(
        [sys.executable, "-m", "deepcat", "-C", root, "destroy", "--all", "--yes"],
        check=True,
        capture_output=True,
    )


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_demo_goes_all_the_way_and_leaves_nothing(catalog: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deepcat", "demo", "--once"],
        cwd=catalog,
        env={**os.environ, "HOME": str(catalog.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for step in (
        "check",
        "plan iris-classifier",
        "apply iris-classifier --yes",
        "--grpc",
        "status",
        "site build",
    ):
        assert step in done.stdout
    assert "The website: http://127.0.0.1:" in done.stdout
    assert "\x1b[" not in done.stdout, "colours in a pipe"
    assert "Traceback" not in done.stderr
    log = git(catalog, "log", "--format=%s", "refs/heads/records")
    assert "iris-classifier" in log
    assert git(catalog, "status", "--porcelain") == ""
    assert "stay in this clone" in done.stdout
    assert "recordsremote" not in git(catalog, "config", "--list"), "as the clone was before"
    left = subprocess.run(
        ["pgrep", "-f", str(catalog)], capture_output=True, text=True, check=False
    )
    assert left.stdout == ""


@pytest.mark.starts("a server")
def test_a_taken_port_is_said_before_anything_is_done(repository: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DeepcatError, match=f"port {port} is taken") as caught:
            command.main(["--port", str(port)], obj=Context(repository), standalone_mode=False)
    assert "--port" in caught.value.hint


@pytest.mark.starts("a program")
@pytest.mark.system("unshare")
def test_all_that_is_lacking_is_said_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: Here\n")
    apart = ["unshare", "--user", "--map-root-user", "--net"]
    done = subprocess.run(
        [*apart, sys.executable, "-m", "deepcat", "demo"],
        cwd=tmp_path, env=os.environ | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "no loopback network" in done.stderr
    assert "no Git repository" in done.stderr
    assert "git init -q" in done.stderr


@pytest.mark.starts("a server")
def test_missing_tensorflow_is_said_with_what_to_do(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(DeepcatError, match="serve") as caught:
        command.main([], obj=Context(repository), standalone_mode=False)
    assert "make demo" in caught.value.hint
