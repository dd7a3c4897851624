"""What the tests of the records share."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from deepcat.plan.values import State, Status
from deepcat.records import stamp
from deepcat.records.record import Record


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """Builds a record from a name and what differs from the plain one."""

    def build(name: str, **state: object) -> Record:
        values: dict[str, object] = {
            "name": name,
            "module": "half-plus-two",
            "version": "1.0.0",
            "module_digest": "a" * 64,
            "profile": "serve",
            "inputs": {"rest_port": 8501},
            "cloud": "local",
            "shape": "host",
            "status": Status.RUNNING,
            "wish_digest": "b" * 64,
            "commit": "c" * 40,
        }
        return Record(State(**(values | state)))  # type: ignore[arg-type]

    return build


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """An empty Git repository."""
    root = tmp_path / "repo"
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    return root


@dataclass(frozen=True)
class Shared:
    """A remote and clones of it.

    Attributes:
        remote: a bare repository.
        folder: where clones are made.
    """

    remote: Path
    folder: Path

    def clone(self, name: str, address: str = "") -> Path:
        """A clone of this name, by another address than the remote's own where one is given."""
        made = self.folder / name
        git(self.folder, "init", "-q", "-b", "main", name)
        git(made, "remote", "add", "origin", address or f"file://{self.remote}")
        return made

    def stale(self, clone: Path) -> None:
        """Let the clone's last fetch have been long ago."""
        (clone / ".git" / stamp.FILE).unlink(missing_ok=True)


def git(root: Path, *argv: str) -> str:
    """What Git says."""
    done = subprocess.run(["git", "-C", root, *argv], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """A remote, and nothing that a test before has said of one."""
    monkeypatch.setattr("deepcat.records.told._said", set())
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    return Shared(tmp_path / "remote.git", tmp_path)
