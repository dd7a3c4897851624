"""Every command that reads prints JSON by `--json`, of the shape that the reference names."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from deepcat.cli.main import cli
from deepcat.errors import UsageError
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

# What prints nothing that a program would read, or has a form of its own for it.
WITHOUT = {
    "new catalog", "new collection", "new deployment", "new module", "new workflows",
    "locks release",
    "records export", "records forget", "records rebuild", "records repair", "records sign",
    "site build", "site serve", "ci pr", "ci samples", "ci comment", "ci merge",
    "ci watch", "ci reproduce", "ci site", "render",
    "clouds new", "clouds rights", "ssh",
    "data add", "develop save", "develop stop",
    "ci hook guard", "ci hook install", "ci hook receive", "help", "demo", "completion",
}  # fmt: skip
CALLS = {
    "check": [],
    "clouds": [],
    "clouds orphans": [],
    "clouds probe": ["local"],
    "data check": [],
    "data gc": [],
    "data list": [],
    "data pull": ["digits"],
    "data show": ["digits"],
    "data where": [],
    "doctor": [],
    "export": ["half-plus-two", "--to", "ai4os"],
    "import": ["metadata.json", "--dry-run"],
    "locks": [],
    "logs": ["old"],
    "match": ["demo"],
    "metrics": [],
    "plan": [],
    "records log": [],
    "records show": ["old"],
    "records verify": [],
    "rollback": ["demo", "1.0.0", "--dry-run"],
    "status": [],
    "store sweep": [],
    "topology": ["half-plus-two"],
    "trainings": [],
    "destroy": ["demo", "--yes"],
}
# These start something; read theirs: `tests/cli/test_apply.py`, `tests/cli/test_tunnel.py`,
# `tests/runtime/test_serving.py`, `tests/serving/models/test_checking.py`,
# `tests/loop/test_adopt.py`, `tests/loop/trained`, `tests/e2e/test_develop.py`.
ELSEWHERE = {
    "sweep",
    "train",
    "retry",
    "resume",
    "stop",
    "adopt",
    "apply",
    "develop open",
    "predict",
    "propose",
    "reproduce",
    "runtime build",
    "runtime list",
    "runtime push",
    "serve",
    "tunnel",
}
OLD = State(
    "old", "half-plus-two", "1.0.0", "", "serve", {}, "local", "host", Status.FAILED, "", ""
)
METADATA = {"title": "T", "summary": "S.", "description": ["D."], "keywords": ["tensorflow"],
            "license": "MIT", "sources": {"code": "https://example.org/t"}}  # fmt: skip
DEMO = "apiVersion: deepcat/v1\nmodule: half-plus-two\nprofile: serve\n"


def commands(
    command: click.Command = cli, ctx: click.Context | None = None, path: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """Every command by its words, groups that do something by themselves among them."""
    here = click.Context(command, parent=ctx)
    if isinstance(command, click.Group):
        for name in command.list_commands(here):
            below = command.get_command(here, name)
            assert below is not None
            yield from commands(below, here, f"{path} {name}".strip())
    if path and (not isinstance(command, click.Group) or command.invoke_without_command):
        yield path, command


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    root = tmp_path_factory.mktemp("json")
    shutil.copytree(repository / "modules" / "half-plus-two", root / "modules" / "half-plus-two")
    shutil.copytree(repository / "datasets", root / "datasets")
    for folder in ("clouds", "deployments"):
        (root / folder).mkdir()
    (root / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: Wälder\n", "utf-8")
    (root / "clouds" / "local.yaml").write_text(
        "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: Here.\n"
    )
    (root / "deployments" / "demo.yaml").write_text(DEMO)
    (root / "metadata.json").write_text(json.dumps(METADATA))
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "begin"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    Store(root).update("old", lambda _: Record(OLD, log="https://example.org/log"), "old: failed")
    return root


@pytest.fixture(scope="module")
def shapes(repository: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, tuple[str, ...]]] = runpy.run_path(
        str(repository / "docs" / "reference" / "shapes.py")
    )["SHAPES"]
    return found


def said(root: Path, *argv: str) -> Any:
    done = CliRunner().invoke(cli, ["-C", str(root), *argv, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return json.loads(done.stdout)


def test_every_command_prints_json_or_is_listed(shapes: dict[str, Any]) -> None:
    named = {
        path: any("--json" in each.opts for each in command.params) for path, command in commands()
    }
    assert {path for path, has in named.items() if not has} == WITHOUT
    assert {path for path, has in named.items() if has} == set(CALLS) | ELSEWHERE == set(shapes)


@pytest.mark.starts("a program")
@pytest.mark.parametrize("path", CALLS)
def test_what_is_printed_is_one_document_of_the_shape(
    path: str, catalog: Path, shapes: dict[str, tuple[str, tuple[str, ...]]], monkeypatch: Any
) -> None:
    monkeypatch.chdir(catalog)
    if path == "logs":
        (catalog / ".deepcat" / "runs").mkdir(parents=True, exist_ok=True)
    document = said(catalog, *path.split(), *CALLS[path])
    what, keys = shapes[path]
    assert what.startswith("a list") == isinstance(document, list)
    rows = document if isinstance(document, list) else [document]
    for row in rows:
        if "left out" in what:
            assert set(keys) <= row.keys()
        elif keys:
            assert set(keys) == row.keys()  # fmt: skip
    if "`deepcat-" in what:
        assert f"`{document['format']}`" in what


@pytest.mark.parametrize(
    "argv",
    [
        ("plan", "--json", "--markdown"),
        ("topology", "half-plus-two", "--svg", "--mermaid"),
        ("check", "--json", "--format", "sarif"),
        ("check", "--format", "text", "--json"),
        ("check", "--rules", "--format", "sarif"),
        ("plan", "--json", "--diff"),
        ("logs", "old", "--json", "--follow"),
        ("metrics", "--json", "--out", "figures"),
    ],
)
def test_two_forms_at_once_are_refused(argv: tuple[str, ...], catalog: Path) -> None:
    done = CliRunner().invoke(cli, ["-C", str(catalog), *argv])
    assert isinstance(done.exception, UsageError)
    assert not done.stdout


def test_the_same_form_twice_is_one(catalog: Path) -> None:
    argv = ["-C", str(catalog), "check", "--json", "--format", "json"]
    assert json.loads(CliRunner().invoke(cli, argv).stdout)["format"] == "deepcat-check/v1"
