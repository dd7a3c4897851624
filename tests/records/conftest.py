"""What the tests of the records share."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat.plan.values import State, Status
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
