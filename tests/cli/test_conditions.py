"""Every command under conditions that are no fault of deepcat: right statuses, and no bug told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deepcat.cli.main import COMMANDS

pytestmark = pytest.mark.starts("a program")
RIG = Path(__file__).parents[1] / "rigs" / "conditions.py"
CATALOG = {
    "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: Wälder\n",
    "clouds/local.yaml": "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: Here.\n",
    "deployments/demo.yaml": "apiVersion: deepcat/v1\nmodule: half-plus-two\nprofile: serve\n",
}
# A command -> how it ends where nothing is amiss.
ROWS: dict[tuple[str, ...], int] = {
    ("check",): 0,
    ("check", "--json"): 0,
    ("check", "--rules"): 0,
    ("check", "--explain", "nope"): 2,
    ("new", "deployment", "demo", "--module", "nope"): 2,
    ("new", "collection", "few", "nope"): 2,
    ("import", "nope.json"): 2,
    ("export", "half-plus-two", "--to", "ai4os"): 0,
    ("render", "demo", "--to", "kubernetes", "--image", "x"): 0,
    ("render", "nope", "--to", "helm", "--image", "x"): 2,
    ("topology", "half-plus-two"): 0,
    ("topology", "half-plus-two", "--svg"): 0,
    ("data", "list"): 0,
    ("data", "show", "nope"): 2,
    ("match", "demo"): 0,
    ("plan",): 0,
    ("plan", "--json"): 0,
    ("apply",): 2,
    ("status",): 0,
    ("status", "demo"): 0,
    ("trainings",): 0,
    ("train", "nope"): 2,
    ("sweep", "nope", "--over", "lr=1,2"): 2,
    ("retry", "nope"): 2,
    ("resume", "nope"): 2,
    ("stop", "nope"): 2,
    ("logs", "nope"): 2,
    ("predict", "nope", "--sample", "1"): 2,
    ("destroy", "nope", "--yes"): 2,
    ("adopt", "demo"): 1,
    ("rollback", "nope"): 2,
    ("propose", "nope"): 2,
    ("reproduce", "nope"): 1,
    ("reproduce", "nope", "--on", "local"): 2,
    ("reproduce", "--all", "--on", "local"): 2,
    ("store", "sweep"): 0,
    ("locks",): 0,
    ("records", "log"): 0,
    ("records", "verify"): 0,
    ("records", "export"): 0,
    ("metrics",): 0,
    ("serve",): 2,
    ("serve", "--model", "x=modules", "--rest-port", "65536"): 2,
    ("site", "serve", "--no-build", "--port", "-1"): 2,
    ("ci", "samples", "--base", "nope"): 2,
    ("help", "records", "log"): 0,
    ("doctor",): -1,
    ("demo", "--port", "99999"): 2,
    ("clouds",): 0,
    ("clouds", "probe", "nope"): 2,
    ("clouds", "orphans", "--json"): 0,
    ("clouds", "rights", "nope"): 2,
    ("runtime", "list"): 0,
    ("runtime", "push", "nope"): 2,
    ("ssh", "nope"): 2,
    ("develop", "nope"): 2,
    ("develop", "nope", "--branch", "main"): 2,
    ("develop", "nope", "--source-code", "https://example.org/code"): 2,
    ("develop", "half-plus-two", "--template", "empty"): 2,
    ("develop", "https://example.org/code.git", "--template", "empty"): 2,
    ("develop", "save", "nope"): 2,
    ("develop", "stop", "nope"): 2,
    ("tunnel", "nope"): 2,
    ("completion", "fish"): 0,
}
SAME = ("closed stdin", "closed stderr", "encoding ascii", "encoding latin-1")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    root = tmp_path_factory.mktemp("conditions")
    for name, text in CATALOG.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    shutil.copytree(repository / "modules" / "half-plus-two", root / "modules" / "half-plus-two")
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "begin"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    return root


def ended(root: Path, *conditions: str) -> list[tuple[int, str, str, str, tuple[str, ...]]]:
    """For each condition and command: how it ended, what it said where, and which they were.

    All that they import is imported once under each condition, and else before it comes to be.
    """
    rows = [(condition, argv) for condition in conditions for argv in ((), *ROWS)]
    environment = {k: v for k, v in os.environ.items() if k not in ("DEEPCAT_DEBUG", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, str(RIG)], cwd=root, env=environment, input=json.dumps(rows),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = list(zip(rows, json.loads(done.stdout), strict=True))
    for row, how in found:
        assert row[1] or how == [0, "", ""], (row, how)
    return [(status, out, err, *row) for row, (status, out, err) in found if row[1]]


def test_every_command_has_a_row() -> None:
    assert {argv[0] for argv in ROWS} == set(COMMANDS)


@pytest.mark.slow
def test_what_the_surroundings_lack_changes_no_status(catalog: Path) -> None:
    for status, out, err, condition, argv in ended(catalog, *SAME):
        case = (condition, argv, out, err)
        assert "deepcat/bug" not in err and "Traceback" not in err, case
        assert status == ROWS[argv] or (ROWS[argv] < 0 and status in (0, 1)), case
        if condition == "encoding ascii":
            assert (out + err).isascii(), case


@pytest.mark.slow
def test_output_that_cannot_be_written_is_said(catalog: Path) -> None:
    codes = {"full stdout": "disk/full", "closed stdout": "output/closed", "unread stdout": ""}
    for status, out, err, condition, argv in ended(catalog, *codes):
        case = (condition, argv, out, err)
        assert "deepcat/bug" not in err and "Traceback" not in err, case
        if ROWS[argv] == 0 and argv not in (("locks",), ("records", "export")):
            assert status == (1 if codes[condition] else 141), case
            assert f"[{codes[condition]}]" in err or not codes[condition], case
        else:
            assert status in (ROWS[argv], 1, 141) or ROWS[argv] <= 0, case


@pytest.mark.slow
def test_a_folder_that_is_gone_is_said(catalog: Path) -> None:
    for status, out, err, condition, argv in ended(catalog, "gone"):
        case = (condition, argv, out, err)
        assert "deepcat/bug" not in err and "Traceback" not in err, case
        assert status in (0, 1, 2), case
    status, _, err, *_ = ended(catalog, "gone")[0]
    assert (status, err.splitlines()[0]) == (
        2, "error: the folder that this was begun in is gone",
    )  # fmt: skip
