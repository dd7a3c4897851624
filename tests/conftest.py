"""What all tests share: real Git trees, an isolated Git, data beside the project, free ports."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import cloud_packages
import pytest
from free_ports import free_ports
from hypothesis import settings

# gRPC's threads would go on in what is forked from a test's process, and abort it now and then.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

# Property tests are the same on every run; `make quick` asks for fewer of their examples.
settings.register_profile("deepcat", derandomize=True, database=None, deadline=None)
settings.register_profile("quick", settings.get_profile("deepcat"), max_examples=20)
settings.load_profile("deepcat")

pytest_plugins = [
    "apart_first",
    "clusters",
    "crashed_workers",
    "longest_first",
    "model_servers",
    "starts",
]

REPOSITORY = Path(__file__).resolve().parents[1]
GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    # No test goes to the network, wherever the clone comes from that it runs in.
    "GIT_ALLOW_PROTOCOL": "file:git:http",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}
# Characters of a parameter that a test's name shows.
LONGEST_NAME = 300


_kill, _kill_all = os.kill, os.killpg


def _kill_one(pid: int, number: int) -> None:
    """`os.kill` of one process alone: 0, the id of what is not up, would be all of a group."""
    if pid <= 0:
        raise ProcessLookupError(f"{pid} is no process, and would end the tests themselves")
    _kill(pid, number)


def _kill_group(group: int, number: int) -> None:
    """`os.killpg` of another group: 0, the id of what is not up, would be the tests' own."""
    if group <= 1 or group == os.getpgrp():
        raise ProcessLookupError(f"{group} is no group of a test's own")
    _kill_all(group, number)


os.kill, os.killpg = _kill_one, _kill_group


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name long values shortly: a test's name stands in the environment of all that it starts.

    Linux takes no variable above 128 KiB, and one failure would fill the log of the whole run.
    """
    if not isinstance(val, str | bytes) or len(val) <= LONGEST_NAME:
        return None
    data = val if isinstance(val, bytes) else val.encode("utf-8", "surrogatepass")
    return f"{val[:24]!r}-{len(val)}-{hashlib.sha256(data).hexdigest()[:8]}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose programs are missing; in CI that is a failure."""
    for mark in item.iter_markers("system"):
        for program in mark.args:
            if shutil.which(program) is None:
                message = f"needs the program {program}"
                if os.environ.get("CI"):
                    pytest.fail(f"{message}, which CI must install", pytrace=False)
                pytest.skip(message)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps how the whole run ended, for `make again`."""
    if not hasattr(session.config, "workerinput") and getattr(session.config, "cache", None):
        session.config.cache.set("deepcat/status", int(exitstatus))


def _isolate(patch: pytest.MonkeyPatch) -> None:
    """Let Git know nothing of who runs the tests, and have a name of its own."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        patch.delenv(name)
    for name, value in GIT_ENVIRONMENT.items():
        patch.setenv(name, value)


@pytest.fixture(scope="session", autouse=True)
def _isolated_git_of_all() -> Iterator[None]:
    """For what a fixture of a file or of all tests does before the first test."""
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch)
        yield


@pytest.fixture(autouse=True)
def _isolated_git(monkeypatch: pytest.MonkeyPatch) -> None:
    _isolate(monkeypatch)


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
    return free_ports(1)[0]


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


@pytest.fixture(scope="session")
def apart() -> Callable[[str, str], Path]:
    """A function that gives a program of an environment apart, which `make test` fills."""

    def program(environment: str, name: str) -> Path:
        if not (Path(sys.prefix) / f".{environment}").is_file():
            if os.environ.get("CI"):
                message = f"no environment `{environment}`, which `make test` must install"
                pytest.fail(message, pytrace=False)
            pytest.skip(f"`make .venv/.{environment}` installs what this needs")
        return Path(sys.prefix) / environment / "bin" / name

    return program


@pytest.fixture(scope="session")
def validators(
    apart: Callable[[str, str], Path],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program of the environment that `make test` fills with validators."""

    def run(program: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [apart("validators", program), *words], capture_output=True, text=True, check=False
        )

    return run
