"""The template of a kind is installed as somebody else's package, and passes what all must pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cases import cases, column

TEMPLATE = Path(__file__).parent / "template_kind"
SUITE = "tests/clouds/conformance/test_conformance.py"
# Of the core cases what `make test` tries; `make conformance` tries all.
FEW = ("serve-and-predict", "killed-while-creating", "orphan-is-swept", "destroy-leaves-nothing")


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_template_is_a_kind_that_passes_the_core_cases(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    kind = column(TEMPLATE / "conformance.yaml", TEMPLATE)
    due = [case.id for case in cases() if kind.is_due(case)]
    tried = due if pytestconfig.getoption("keep", False) else [name for name in due if name in FEW]
    assert len(tried) >= len(FEW)
    installed = tmp_path / "installed"
    flags = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    pip = [sys.executable, "-m", "pip", "install", *flags, "--target", installed, TEMPLATE]
    subprocess.run(pip, check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "--tb=short", f"--basetemp={tmp_path / 'run'}",
         *(f"{SUITE}::test_case[{kind.kind}-{name}]" for name in tried), "--kind", TEMPLATE],
        cwd=TEMPLATE.parents[2],
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert f"{len(tried)} passed" in done.stdout


def test_it_is_small() -> None:
    lines = [path.read_text("utf-8").count("\n") for path in TEMPLATE.glob("deepcat_folders/*.py")]
    assert sum(lines) < 200
