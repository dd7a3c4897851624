"""What all tests share: real Git trees, an isolated Git, data beside the project, free ports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import cloud_packages
import pytest

pytest_plugins = ["starts"]

REPOSITORY = Path(__file__).resolve().parents[1]
GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose programs are missing; in CI that is a failure."""
    for mark in item.iter_markers("system"):
        for program in mark.args:
            if shutil.which(program) is None:
                message = f"needs the program {program}"
                if os.environ.get("CI"):
                    pytest.fail(f"{message}, which CI must install", pytrace=False)
                pytest.skip(message)


@pytest.fixture(autouse=True)
def _isolated_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in GIT_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The project's own root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data kept beside the project, where there is some."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no shared data beside the project")
    return folder


@pytest.fixture(scope="session")
def npm_packages() -> Callable[[str], Path]:
    """A function that gives a folder whose packages `make test` has installed by its lock file."""

    def folder(path: str) -> Path:
        if not (REPOSITORY / path / "node_modules").is_dir():
            message = f"needs its packages: npm ci --prefix {path}"
            if os.environ.get("CI"):
                pytest.fail(message, pytrace=False)
            pytest.skip(message)
        return REPOSITORY / path

    return folder


@pytest.fixture(scope="session")
def outside_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for `sys.path` with a package that brings the kind of cloud `outside`."""
    return cloud_packages.unpack(cloud_packages.OUTSIDE, tmp_path_factory.mktemp("outside"))


@pytest.fixture
def outside_kind(outside_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The kind of cloud `outside` is installed; gives the folder where it lies."""
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(outside_folder))
        cloud_packages.forget()
        yield outside_folder
    cloud_packages.forget()


@pytest.fixture
def free_port() -> int:
    """A TCP port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def git_tree_at(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Build a Git repository under `tmp_path` from path -> content, committed on `main`."""

    def build(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "catalog"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
        subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
        subprocess.run(["git", "-C", str(root), "commit", "-q", "-m", "begin"], check=True)
        return root

    return build
