"""Workers read different files first, and agree on the order of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from apart_first import first_of

FILE = """\
import os
from pathlib import Path

with Path(os.environ["PYTEST_XDIST_WORKER"]).open("a") as file:
    print(__name__, file=file)

def test_it():
    pass
"""


@pytest.mark.parametrize(
    ("sizes", "firsts"),
    [([1, 1, 1, 1], [0, 1, 2, 3]), ([9, 1, 1, 1], [0, 1, 1, 1]), ([4], [0, 0, 0, 0])],
)
def test_each_worker_begins_where_another_one_s_part_ends(
    sizes: list[int], firsts: list[int]
) -> None:
    assert [first_of(sizes, worker, 4) for worker in range(4)] == firsts


@pytest.mark.starts("pytest")
def test_workers_begin_apart_and_run_in_the_order_of_the_folders(
    tmp_path: Path, repository: Path
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    for name in ("a", "b", "c"):
        (tmp_path / "tests" / name).mkdir(parents=True)
        (tmp_path / "tests" / name / f"test_{name}.py").write_text(FILE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "apart_first", "-n", "3", "-p", "no:cacheprovider",
         "--import-mode=importlib"],
        check=False, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(repository / "tests/rigs")},
        text=True, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    read = {(tmp_path / f"gw{at}").read_text().split()[0][-1] for at in range(3)}
    assert read == {"a", "b", "c"}
