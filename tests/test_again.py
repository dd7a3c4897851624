"""What failed is run once more, alone, and nothing else: `make again`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.starts("pytest")

TESTS = r"""
import os

import pytest


@pytest.mark.xdist_group("one host")
@pytest.mark.parametrize("value", ["a", "a@b", "x y", "[k]", "a::b", "\n"])
def test_it(value):
    assert value == "a" or "PYTEST_XDIST_WORKER" not in os.environ


def test_that_passes():
    pass
"""


def _again(cache: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(repository / ".github/again.py"), str(cache)]
    return subprocess.run(words, check=False, text=True, capture_output=True)


def test_only_what_failed_is_run_again(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text(
        "def pytest_sessionfinish(session, exitstatus):\n"
        "    session.config.cache.set('deepcat/status', int(exitstatus))\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-o", "cache_dir=cache", "--color", "no"]

    def ran(*more: str) -> str:
        done = subprocess.run(
            [*words, *more], cwd=tmp_path, check=False, text=True, capture_output=True,
            env={key: value for key, value in os.environ.items() if "XDIST" not in key},
        )  # fmt: skip
        return done.stdout

    assert "5 failed, 2 passed" in ran("-n", "2", "--dist", "loadgroup")
    again = _again(tmp_path / "cache", repository)
    assert again.returncode == 0, again.stderr
    assert "5 passed" in ran("@cache/again.txt")
    assert _again(tmp_path / "cache", repository).returncode == 1


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        pytest.param(1, {}, id="none failed"),
        pytest.param(2, {"test_it.py::test_a": True}, id="broken off"),
        pytest.param(1, {"test_it.py": True}, id="not collected"),
        pytest.param(1, {f"test_it.py::test_a[{n}]": True for n in range(11)}, id="many"),
        pytest.param(None, None, id="no run"),
    ],
)
def test_no_other_run_is_tried_again(
    status: int | None, failed: dict[str, bool] | None, tmp_path: Path, repository: Path
) -> None:
    for name, value in (("deepcat/status", status), ("cache/lastfailed", failed)):
        path = tmp_path / "v" / name
        path.parent.mkdir(parents=True)
        if value is not None:
            path.write_text(json.dumps(value))
    assert _again(tmp_path, repository).returncode == 1
    assert not (tmp_path / "again.txt").exists()
