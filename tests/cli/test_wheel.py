"""What an organisation gets: the wheel alone, in an empty directory."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.starts("a program")


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree and unpacked, so that no checkout is on the path."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            folder,
            repository,
        ],
        check=True,
        capture_output=True,
    )
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        archive.extractall(unpacked)
    return unpacked


def deepcat(wheel: Path, cwd: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(wheel), "HOME": str(cwd)}
    return subprocess.run(
        [sys.executable, "-m", "deepcat", *argv],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_carries_its_data(wheel: Path) -> None:
    assert list((wheel / "deepcat" / "playbooks" / "roles").iterdir())
    assert list((wheel / "deepcat" / "catalog" / "schemas").glob("*.json"))
    assert list((wheel / "deepcat" / "tosca" / "types").glob("*.y*ml"))
    assert (wheel / "deepcat_site" / "source" / "mkdocs.yml").is_file()
    assert (wheel / "deepcat_site" / "source" / "site" / "overrides" / "assets").is_dir()


def test_a_catalog_of_ones_own(wheel: Path, tmp_path: Path) -> None:
    probe = "import deepcat, deepcat_site; print(deepcat.__file__, deepcat_site.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert all(path.startswith(str(wheel)) for path in where)

    done = deepcat(wheel, tmp_path, "new", "catalog", "my-catalog")
    assert done.returncode == 0, done.stderr
    catalog = tmp_path / "my-catalog"
    for argv in (("check",), ("site", "build")):
        done = deepcat(wheel, catalog, *argv)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (catalog / "_site" / "index.html").is_file()
