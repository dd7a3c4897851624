"""A catalog whose training ended, with another model than its module's, to be proposed."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.loop.trained.values import Provenance
from deepcat.records.store import Store
from deepcat.records.trainings import Training

MODULE = "half-plus-two"
SOURCE = Path(__file__).parents[2] / "modules" / MODULE
TRAINING = "4f2a91c07be3"
BRANCH = "deepcat/train/learn"
CLOUD = "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: Here.\n"
WISH = f"apiVersion: deepcat/v1\nmodule: {MODULE}\nversion: ^1.0.0\nprofile: "


def told(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((SOURCE / "module.yaml").read_text())
    return data if not name else data[name]


# How a training came to be, and what it made, as values.
HOW = Provenance(
    "4f2a91c07be3", "learn", "m", "1.0.0", "c" * 40, {"epochs": 3}, 7, "d" * 64, "local", "host",
    "2026-11-30T08:01:30+00:00", began="2026-11-30T08:01:00+00:00", hardware={"cores": 2},
    data={"digits": {"dataset": "digits", "address": "datasets/d.csv", "digest": "e" * 64}},
    energy={"kWh": 0.4, "from": ["estimate"], "estimated_W": 10, "carbon_kg": 0.2},
)  # fmt: skip
MADE = [{"path": "model.tar.gz", "bytes": 5213, "sha256": "a" * 64}]
METRIC = told("metrics")[0]
BETTER = {METRIC["name"]: METRIC["value"] + (1 if METRIC.get("higher_is_better") else -0.001)}


@pytest.fixture
def here(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path],
    tmp_path: Path,
) -> Path:
    """A catalog whose training ended, with another model than before."""
    files: dict[str, str | bytes] = {
        f"modules/{MODULE}/{path.relative_to(SOURCE).as_posix()}": path.read_bytes()
        for path in SOURCE.rglob("*")
        if path.is_file()
    }
    files["deepcat.yaml"] = "apiVersion: deepcat/v1\ntitle: T\ncurrency: EUR\n"
    files |= {"clouds/local.yaml": CLOUD, "deployments/learn.yaml": f"{WISH}train\n"}
    files["deployments/demo.yaml"] = f"{WISH}serve\n"
    root = git_tree_at(files)
    output = tmp_path / "output"
    output.mkdir()
    (output / "model.tar.gz").write_bytes(other_model())
    (output / "metrics.json").write_text(json.dumps(BETTER))
    commit = git(root, "rev-parse", "HEAD")
    Store(root).put_training(
        Training(
            TRAINING, "learn", module=MODULE, version="1.0.0", commit=commit, state="ended",
            cloud="local", shape="host", ended="2026-11-30T08:01:30+00:00", exit_status=0,
            began="2026-11-30T08:01:00+00:00", seconds=30.0,
        ),
        "begin",
    )  # fmt: skip
    return root


def other_model(level: int = 9) -> bytes:
    """The module's own, packed otherwise."""
    buffer = io.BytesIO()
    with (
        tarfile.open(SOURCE / "model.tar.gz") as old,
        tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=level) as new,
    ):
        for member in old.getmembers():
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    return buffer.getvalue()


def git(root: Path, *argv: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *argv], capture_output=True, check=True)
    return done.stdout.decode().strip()
