"""A kind of cloud that another package brings, driven through the commands as it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.starts("deepcat, as a program")

MODULE = "modules/half-plus-two"
CLOUD = """\
apiVersion: deepcat/v1
name: far
kind: outside
summary: Hosts that somebody lists.
address: far.example.org
price: 0.5
shapes: [{name: big, cpus: 64, memory: 256GiB}]
outside: {user: deepcat, free: 2}
"""
WISH = "apiVersion: deepcat/v1\nmodule: half-plus-two\nowner: ada\n"


@pytest.fixture
def deepcat(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path],
    repository: Path,
    outside_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Any]:
    """Run a command in a catalog with one cloud and one wish, with the package or without."""
    files = {
        path.relative_to(repository).as_posix(): path.read_bytes()
        for path in (repository / MODULE).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    settings = "apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n"
    root = git_tree_at({"deepcat.yaml": settings, "deployments/demo.yaml": WISH, **files})
    (root / "clouds").mkdir()

    def call(*argv: str, cloud: str = CLOUD, is_installed: bool = True) -> Any:
        (root / "clouds" / "far.yaml").write_text(cloud)
        path = str(outside_folder) if is_installed else ""
        return subprocess.run(
            [sys.executable, "-m", "deepcat.cli.main", "-C", str(root), *argv],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def test_it_is_checked_matched_and_planned(deepcat: Callable[..., Any]) -> None:
    said = deepcat("check", "clouds")
    assert (said.returncode, said.stderr) == (0, ""), said.stdout
    assert "Nothing to mend" in said.stdout
    (ranked,) = json.loads(deepcat("match", "demo", "--json").stdout)["ranked"]
    assert (ranked["cloud"], ranked["kind"], ranked["free"]) == ("far", "outside", 2)
    assert "on far/big" in deepcat("plan").stdout


def test_what_it_says_of_its_own_section_holds(deepcat: Callable[..., Any]) -> None:
    said = deepcat("check", "clouds", cloud=CLOUD.replace("user:", "usr:"))
    assert said.returncode == 1
    assert "clouds/far.yaml:8:11" in said.stdout
    assert "did you mean `user`?" in said.stdout
    said = deepcat("check", "clouds", cloud=CLOUD.replace("free: 2", "free: -2"))
    assert "`free`" in said.stdout
    other = deepcat("check", "clouds", cloud=f"{CLOUD}slurm: {{partition: gpu}}\n")
    assert "`slurm` is not known here" in other.stdout


def test_what_it_does_not_take_is_refused_in_the_plan(deepcat: Callable[..., Any]) -> None:
    said = deepcat("plan", cloud=CLOUD.replace("{user: deepcat, free: 2}", "{down: true}"))
    assert "the cloud did not answer the last probe" in said.stdout
    assert said.returncode == 1


def test_without_its_package_nothing_is_promised(deepcat: Callable[..., Any]) -> None:
    said = deepcat("check", "clouds", is_installed=False)
    assert said.returncode == 0
    assert "nothing here knows the kind of cloud `outside`" in said.stdout
    why = "nothing here can run on clouds of the kind `outside`"
    for verb in ("plan", "match"):
        said = deepcat(verb, is_installed=False)
        assert (said.returncode, said.stderr) == (1, "")
        assert why in said.stdout
    said = deepcat("apply", "--yes", is_installed=False)
    assert said.returncode == 1
    assert why in said.stdout
    assert "run/kind" not in said.stdout + said.stderr
