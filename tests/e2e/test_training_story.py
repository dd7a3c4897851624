"""The story of a real module: trained on Slurm with more data, proposed, merged, made again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conformance.grounds.slurm import GROUND
from waiting import until

pytestmark = [
    pytest.mark.starts("a Slurm, trainings as its jobs, and servers"),
    pytest.mark.system("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd"),
    pytest.mark.xdist_group("conformance slurm "),
    pytest.mark.slow,
]

SOURCE = Path(__file__).resolve().parents[2]
MODULE, BRANCH = "digits-classifier", "deepcat/train/learn"
# So many of its images are there at first, and so often they are gone through.
FIRST, ROUNDS = 400, 2
WISH = {"module": MODULE, "placement": {"clouds": ["first"]}, "profile": "train"}


@pytest.fixture
def catalog(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A hub with a cluster, a version of the module that few images made, and its service."""
    (tmp_path / "ground").mkdir()
    ground = GROUND(tmp_path / "ground")
    monkeypatch.setattr(hub, "patience_s", 600)
    try:
        _cluster(hub, ground)
        for name, value in ground.environment().items():
            monkeypatch.setenv(name, value)
        _module(hub.clone)
        hub.wish("demo", module=MODULE)
        hub.commit("begin with few images")
        hub.push("main")
        yield hub
    finally:
        hub.end()
        ground.clear(hub.catalog)
        ground.end()


def _cluster(hub: Any, ground: Any) -> None:
    """The cluster's file; its Python has the packages that the module is trained with."""
    data = dict(ground.clouds(hub.catalog)["first"])
    data["slurm"]["python"] = sys.executable
    head = {"apiVersion": "deepcat/v1", "name": "first", "summary": "The cluster.", "price": 0}
    (hub.clone / "clouds" / "first.yaml").write_text(json.dumps(head | data))


def _module(root: Path) -> None:
    """The module as few images make it, with the figures that its script tells of them."""
    folder = root / "modules" / MODULE
    shutil.copytree(
        SOURCE / "modules" / MODULE, folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(SOURCE / "datasets", root / "datasets")
    rows = (root / "datasets/digits/digits.csv").read_text().splitlines(keepends=True)
    _data(root, "".join(rows[: FIRST + 1]))
    (root / "inputs.json").write_text(json.dumps({"epochs": 1}))
    done = subprocess.run(
        [sys.executable, "train.py", "--write"],
        cwd=folder,
        env=os.environ | {"DEEPCAT_INPUTS": str(root / "inputs.json")},
        check=True,
        capture_output=True,
        text=True,
    )
    (root / "inputs.json").unlink()
    told = json.loads(done.stdout)
    data = yaml.safe_load((folder / "module.yaml").read_text())
    for each in data["metrics"]:
        each["value"] = round(told[each["name"]], 3)
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))


def _data(root: Path, content: str) -> None:
    """The module's data set has other content."""
    import hashlib

    (root / "datasets/digits/digits.csv").write_text(content)
    path = root / "datasets/digits.yaml"
    data = yaml.safe_load(path.read_text())
    data |= {"sha256": hashlib.sha256(content.encode()).hexdigest(), "bytes": len(content.encode())}
    path.write_text(yaml.safe_dump(data, sort_keys=False))


def test_more_data_on_a_cluster_becomes_the_version_that_is_served(
    catalog: Any, asking: type, tmp_path: Path
) -> None:
    before = _metrics(catalog.clone)
    _data(catalog.clone, (SOURCE / "datasets/digits/digits.csv").read_text())
    catalog.wish("learn", **WISH, inputs={"epochs": ROUNDS}, propose="better")
    catalog.commit("train with all images")
    catalog.push("main")
    until(lambda: _training(catalog).get("progress") or _is_over(catalog), 600, 2.0)
    until(lambda: _is_over(catalog), 600, 2.0)
    assert _training(catalog)["state"] == "ended", _training(catalog)
    said = catalog.deepcat("status", "learn")
    assert "accuracy" in said and "loss" in said

    said = catalog.deepcat("ci", "watch")
    assert f"proposed as {MODULE} 1.1.0: {BRANCH}" in said
    head = catalog.git("rev-parse", BRANCH, at=catalog.bare)
    catalog.deepcat("ci", "watch")
    assert catalog.git("rev-parse", BRANCH, at=catalog.bare) == head
    assert [each for each in catalog.branches() if "/train/" in each] == [BRANCH]
    words = catalog.git("log", "-2", "--format=%B", BRANCH, at=catalog.bare)
    assert "Confusion matrix" in words and "other data (digits)" in words and "kWh" in words
    assert "accuracy" in words and _training(catalog)["training"] in words
    told = catalog.git("show", f"{BRANCH}:modules/{MODULE}/module.yaml", at=catalog.bare)
    run = yaml.safe_load(told)["training"]["run"]
    assert run["id"] == _training(catalog)["training"]
    assert {"commit", "inputs", "seed", "data"} <= run.keys()

    site = tmp_path / "site"
    catalog.deepcat("site", "build", "--out", str(site))
    page = site / "modules" / MODULE / "trainings" / _training(catalog)["training"] / "index.html"
    assert "curve-line" in page.read_text()

    catalog.git("fetch", "-q", "origin", f"{BRANCH}:proposed")
    request = json.loads(
        (catalog.clone / "modules" / MODULE / "samples/a-seven.request.json").read_text()
    )
    url = catalog.status()["demo"]["endpoints"]["rest"]
    with asking(url, MODULE, request) as asked:
        catalog.merge("proposed")
        until(lambda: catalog.status()["demo"]["version"] == "1.1.0", 600, 2.0)
    assert asked.answers and not asked.failures
    assert asked.answers[0] != asked.answers[-1]
    assert _metrics(catalog.clone)["accuracy"] > before["accuracy"]

    colleague = tmp_path / "colleague"
    catalog.git("clone", "-q", str(catalog.bare), str(colleague), at=tmp_path)
    told = catalog.deepcat("reproduce", MODULE, "--json", at=colleague)
    (found,) = json.loads(told[told.index("[\n") : told.rindex("]") + 1])
    assert (found["version"], found["verdict"]) == ("1.1.0", "identical")

    told = catalog.deepcat("sweep", MODULE, "--over", "epochs=1,2", "--on", "first", "--yes")
    assert "accuracy" in told


def _metrics(root: Path) -> dict[str, float]:
    data = yaml.safe_load((root / "modules" / MODULE / "module.yaml").read_text())
    return {each["name"]: each["value"] for each in data["metrics"]}


def _training(catalog: Any) -> dict[str, Any]:
    found = catalog.status().get("learn", {}).get("trainings") or [{}]
    return dict(found[0])


def _is_over(catalog: Any) -> bool:
    return _training(catalog).get("state") in ("ended", "failed", "lost")
