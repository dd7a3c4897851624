"""A module that runs keeps its page, whatever becomes of its newest version."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat_site.from_catalog import build_site


def _git(root: Path, *words: str) -> str:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    done = subprocess.run(["git", *who, *words], cwd=root, capture_output=True, check=True)
    return done.stdout.decode().strip()


def _runs(root: Path, commit: str, module_commit: str = "") -> None:
    state = State(
        name="leaves",
        module="leaf-finder",
        version="1.0.0",
        module_digest="",
        profile="serve",
        inputs={},
        cloud="local",
        shape="box",
        status=Status.RUNNING,
        wish_digest="",
        commit=commit,
        module_commit=module_commit,
        endpoints={"rest": "http://127.0.0.1:8501"},
    )
    at = "2026-03-31T12:00:00+00:00"
    Store(root).replace_all({"leaves": Record(state, created=at, updated=at)}, "leaves: runs")


@pytest.mark.starts("the renderer of hand-written pages")
def test_one_wrong_date_takes_no_running_modules_page_away(tmp_path: Path, site_tools) -> None:
    root, out = site_tools.write_catalog(tmp_path / "catalog"), tmp_path / "out"
    _git(root, "init", "-q", "-b", "main")
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "Begin")
    _runs(root, _git(root, "rev-parse", "HEAD"))
    for name in ("leaf-finder", "wave-reader"):
        path = root / "modules" / name / "module.yaml"
        text = path.read_text("utf-8").replace("version: 1.0.0", "version: 1.1.0")
        path.write_text(text + "dates: {created: 2026-99-01, updated: 2026-09-02}\n", "utf-8")
    _git(root, "commit", "-qam", "Break both")

    build_site(root, out)
    page = (out / "modules" / "leaf-finder" / "index.html").read_text("utf-8")
    assert "The newest version of this module has errors." in page
    assert "Shown is version 1.0.0, which runs." in page
    assert "modules/leaf-finder/module.yaml:" in page
    assert "2026-99-01" in page
    assert not (out / "modules" / "wave-reader").exists(), "what does not run is left out"
    assert "../modules/leaf-finder/" in (out / "check" / "index.html").read_text("utf-8")

    path = root / "modules" / "leaf-finder" / "module.yaml"
    path.write_text(path.read_text("utf-8").replace("2026-99-01", "2026-09-01"), "utf-8")
    build_site(root, out)
    page = (out / "modules" / "leaf-finder" / "index.html").read_text("utf-8")
    assert "has errors" not in page
    assert "v1.1.0" in page


@pytest.mark.starts("the renderer of hand-written pages")
def test_a_module_that_was_taken_away_keeps_its_page_while_it_runs(
    tmp_path: Path, site_tools
) -> None:
    root, out = site_tools.write_catalog(tmp_path / "catalog"), tmp_path / "out"
    wish = (
        "apiVersion: deepcat/v1\nmodule: leaf-finder\nversion: 1.0.0\nprofile: serve\nowner: ann\n"
    )
    (root / "deployments").mkdir(exist_ok=True)
    (root / "deployments/leaves.yaml").write_text(wish, "utf-8")
    _git(root, "init", "-q", "-b", "main")
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "Begin")
    carried = _git(root, "rev-parse", "HEAD")
    _git(root, "rm", "-rq", "modules/leaf-finder")
    _git(root, "commit", "-qm", "Take it away")
    _runs(root, _git(root, "rev-parse", "HEAD"), carried)

    build_site(root, out)
    page = (out / "modules/leaf-finder/index.html").read_text("utf-8")
    assert "This module is no longer in the catalog." in page
    assert f"Shown is version 1.0.0 of commit {carried[:12]}, which goes on running." in page
    page = (out / "status/leaves/index.html").read_text("utf-8")
    assert "Module as of" in page and carried[:12] in page
    assert "/modules/leaf-finder/" in page

    Store(root).update("leaves", lambda _: None, "leaves: gone")
    build_site(root, out)
    assert not (out / "modules/leaf-finder").exists()
