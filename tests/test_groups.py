"""Tests of a group stay on one worker, and one that crashes its worker leaves the others to run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """\
import os
from pathlib import Path

import pytest


@pytest.mark.xdist_group("one host")
@pytest.mark.parametrize("number", range(6))
def test_it(number):
    with Path("workers").open("a") as file:
        print(os.environ["PYTEST_XDIST_WORKER"], file=file)
"""


@pytest.mark.starts("pytest")
def test_a_group_stays_on_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    words = ["-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    subprocess.run([sys.executable, *words], cwd=tmp_path, check=True, capture_output=True)
    workers = (tmp_path / "workers").read_text().split()
    assert len(workers) == 6
    assert len(set(workers)) == 1


CRASHES = {
    "a lone test": """
import os
import pytest

@pytest.mark.parametrize("number", range(9))
@pytest.mark.xdist_group("one host")
def test_of_a_group(number):
    pass

def test_that_crashes():
    os._exit(3)

def test_that_follows():
    pass
""",
    "in a group": """
import os
import pytest

@pytest.mark.parametrize("number", range(9))
@pytest.mark.xdist_group("one host")
def test_of_a_group(number):
    if number == 5:
        os._exit(3)

def test_alone():
    pass

def test_that_follows():
    pass
""",
    "the last": """
import os
import time

def test_alone():
    pass

def test_that_crashes():
    time.sleep(1)
    os._exit(3)
""",
}


@pytest.mark.starts("pytest")
@pytest.mark.parametrize("tests", CRASHES.values(), ids=CRASHES)
def test_a_test_that_ends_its_worker_fails_once_and_all_others_run(
    tests: str, tmp_path: Path, repository: Path
) -> None:
    (tmp_path / "test_it.py").write_text(tests)
    words = ["-m", "pytest", "-p", "crashed_workers", "-n", "2", "--dist", "loadgroup"]
    done = subprocess.run(
        [sys.executable, *words, "-q", "-p", "no:cacheprovider", "--color", "no"],
        check=False, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(repository / "tests/rigs")},
        text=True, capture_output=True, timeout=300,
    )  # fmt: skip
    ran = tests.count("def test_") + 8 * tests.count("range(9)")
    assert f"1 failed, {ran - 1} passed" in done.stdout
