"""What a training finds: deepcat's own part for scripts, in every environment."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from deepcat.host.box import needs
from deepcat.host.failure import StepError
from deepcat.host.job.training import Training, lay, require_python

SCRIPT = "import deepcat.training as t; print(t.__file__, t.given('epochs', 1))"


@pytest.mark.starts("a Python")
@pytest.mark.parametrize("environment", ["packages", ""])
def test_a_script_has_our_part_for_it_in_every_environment(
    tmp_path: Path, environment: str
) -> None:
    folder, files = tmp_path / "job", tmp_path / "module"
    files.mkdir()
    own = str(tmp_path / environment) if environment else ""
    laid = lay(Training("", (("epochs", "5"),)), folder, files, own, tmp_path / "kept", {})
    done = subprocess.run(
        [folder / "bin" / "python", "-c", SCRIPT],
        cwd=folder / "work",
        env=laid.variables,
        check=True,
        capture_output=True,
        text=True,
    )
    path, epochs = done.stdout.split()
    assert Path(path).is_relative_to(folder) and epochs == "5"
    assert any(Path(path).is_relative_to(each) for each in laid.reads)
    named = laid.variables["PYTHONPATH"].split(os.pathsep)
    assert named[:-1] == ([own] if own else [])


@pytest.mark.parametrize(
    ("asked", "version", "code"),
    [
        ("", "3.9.2", ""),
        (">=3.11,<3.13", "3.12.4", ""),
        (">=3.11,<3.13", "3.13.0rc1", "job/python"),
        ("==3.11.*", "3.12.4", "job/python"),
        ("three", "3.12.4", "run/values"),
    ],
)
def test_a_training_is_for_some_pythons(asked: str, version: str, code: str) -> None:
    with pytest.raises(StepError) if code else nullcontext() as found:
        require_python(Training(python=asked), version)
    assert not code or found.value.code == code


@pytest.mark.starts("a Python")
def test_a_virtual_environment_is_read_though_it_is_begun_without_its_packages(
    tmp_path: Path,
) -> None:
    made = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    source = str(Path(needs.__file__).parents[3])
    script = f"import sys; sys.path.append({source!r}); from deepcat.host.box.needs import *"
    script += "; print(*of_python(), sep=chr(10))"
    done = subprocess.run(
        [made / "bin" / "python", "-I", "-S", "-c", script],
        check=True,
        capture_output=True,
        text=True,
    )
    assert str(made) in done.stdout.splitlines()
