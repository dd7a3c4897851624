"""`deepcat metrics`: figures as a file that a collector finds whole or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError
from deepcat.loop.monitor import keep_watched
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "catalog"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    (root / "deepcat.yaml").write_text(
        "apiVersion: deepcat/v1\ntitle: T\nsummary: S.\ncurrency: EUR\n"
    )
    state = State(
        name="garden",
        module="plants",
        version="1.0.0",
        module_digest="",
        profile="serve",
        inputs={},
        cloud="away",
        shape="gpu",
        status=Status.RUNNING,
        wish_digest="",
        commit="",
        resources={"machine": "another"},
    )
    record = Record(state, price_hour=2.0, updated="2026-03-31T10:00:00+00:00")
    Store(root).update("garden", lambda _: record, "garden: runs")
    return root


def _call(root: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), "metrics", *argv])


def test_figures_are_printed(root: Path) -> None:
    done = _call(root)
    assert done.exit_code == 0, done.output
    assert 'deepcat_deployment_up{deployment="garden"} 1\n' in done.output
    assert (
        'deepcat_deployment_price_per_hour{deployment="garden",currency="EUR"} 2\n' in done.output
    )
    tip = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "records"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert f'deepcat_records_tip_info{{commit="{tip}"}} 1\n' in done.output
    assert "deepcat_watch_last_run" not in done.output
    keep_watched(root, False)
    assert "deepcat_watch_last_run_success 0\n" in _call(root).output


def test_a_file_is_replaced_whole_and_readable_by_all(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "textfiles"
    folder.mkdir()
    out = folder / "deepcat.prom"
    out.write_text("old\n")
    before = out.stat().st_ino
    done = _call(root, "--out", str(out))
    assert (done.exit_code, done.output) == (0, "")
    assert out.read_text().startswith("# HELP deepcat_info")
    assert out.stat().st_ino != before, "whoever reads the old one reads it to its end"
    assert out.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in folder.iterdir()] == ["deepcat.prom"]


def test_where_nothing_can_be_written_is_said(root: Path, tmp_path: Path) -> None:
    done = _call(root, "--out", str(tmp_path / "none" / "deepcat.prom"))
    assert isinstance(done.exception, DeepcatError)
    assert done.exception.code == "metrics/write"
    taken = tmp_path / "taken"
    (taken / "x").mkdir(parents=True)
    from deepcat.loop.monitor import write

    with pytest.raises(DeepcatError):
        write(taken, "x 1\n")
    assert not list(tmp_path.glob(".taken*")), "nothing half written is left"


def test_without_records_there_are_figures(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    (tmp_path / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n")
    done = _call(tmp_path)
    assert done.exit_code == 0, done.output
    assert 'deepcat_deployments{status="running"} 0\n' in done.output
