"""The shell completes the names of deployments that are recorded or wished."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from deepcat.cli.main import cli
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store


def _completed(root: Path, *argv: str, incomplete: str = "") -> list[str]:
    asked = ShellComplete(cli, {}, "deepcat", "_DEEPCAT_COMPLETE")
    return [each.value for each in asked.get_completions(["-C", str(root), *argv], incomplete)]


def test_a_wish_is_completed(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n")
    (tmp_path / "deployments").mkdir()
    for name in ("garden", "park"):
        (tmp_path / "deployments" / f"{name}.yaml").write_text("")
    assert _completed(tmp_path, "adopt") == ["garden", "park"]
    assert _completed(tmp_path, "adopt", incomplete="p") == ["park"]


def test_where_there_is_no_catalog_nothing_is_completed(tmp_path: Path) -> None:
    assert _completed(tmp_path, "adopt") == []
    assert _completed(tmp_path, "locks", "release") == []


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With wishes that cannot be read, a record without a wish, and no cache."""
    root = tmp_path_factory.mktemp("completing")
    files = {
        "deepcat.yaml": "title: T\n",
        "deployments/garden.yaml": "module: plants\n",
        "deployments/park.yaml": "wrong: [",
        "modules/plants/module.yaml": MODULE,
        "modules/plants/tosca.yaml": TOSCA,
        "modules/notes.txt": "",
        "clouds/near.yaml": "",
        "clouds/far.yaml": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "begin"],
                 ["tag", "v1"]):  # fmt: skip
        subprocess.run(["git", *argv], cwd=root, check=True)
    Store(root).update("old", lambda _: Record(OLD), "old: failed")
    (root / "deepcat.yaml").write_text("wrong: [")
    return root


MODULE = """\
name: plants
version: "1.2.0"
samples:
- name: rose
  method: predict
- method: predict
  name: 'tulip'
metrics:
  - name: accuracy
"""
TOSCA = """\
topology_template:
  inputs:
    rest_port:
      type: integer
    colour: {type: string}
  node_templates:
    host: {}
"""
OLD = State("old", "plants", "1.2.0", "", "serve", {}, "near", "host", Status.FAILED, "", "")


@pytest.mark.parametrize(
    ("argv", "incomplete", "expected"),
    [
        (["status"], "", ["garden", "old", "park"]),
        (["plan", "garden"], "p", ["park"]),
        (["records", "log"], "o", ["old"]),
        (["topology"], "pl", ["plants"]),
        (["topology", "plants", "--input"], "", ["colour=", "rest_port="]),
        (["export"], "", ["plants"]),
        (["match", "--cloud"], "", ["far", "near"]),
        (["match", "--gpu"], "mi300", ["MI300A", "MI300X"]),
        (["predict", "garden", "--sample"], "", ["rose", "tulip"]),
        (["predict", "park", "--sample"], "", []),
        (["new", "deployment", "plants", "--version"], "", ["1.2.0", "^1.2.0", "~1.2.0"]),
        (["new", "deployment", "x", "--module", "plants", "--version"], "^", ["^1.2.0"]),
        (["new", "deployment", "nobody", "--version"], "", []),
        (["new", "collection", "few", "plants"], "pl", ["plants"]),
        (["plan", "--commit"], "v", ["v1"]),
        (["check", "--explain"], "sample/js", ["sample/json"]),
        (["check"], "modules/pl", ["modules/plants/"]),
        (["check"], "nowhere/x", []),
        (["locks", "release"], "", []),
        (["check", "--format"], "s", ["sarif"]),
    ],
)
def test_names_of_the_catalog_are_completed(
    argv: list[str], incomplete: str, expected: list[str], catalog: Path
) -> None:
    assert _completed(catalog, *argv, incomplete=incomplete) == expected


@pytest.mark.parametrize(
    "argv", [["status"], ["topology"], ["predict", "x", "--sample"], ["check"]]
)
def test_the_folder_may_be_named_behind_the_command(argv: list[str], catalog: Path) -> None:
    asked = ShellComplete(cli, {}, "deepcat", "_DEEPCAT_COMPLETE")
    before = asked.get_completions(["-C", str(catalog), *argv], "")
    behind = asked.get_completions([argv[0], "-C", str(catalog), *argv[1:]], "")
    assert [each.value for each in before] == [each.value for each in behind]


@pytest.mark.parametrize(
    "name",
    [
        "$(touch x)",
        "`id`",
        "a;id",
        "a&id",
        "a|id",
        "-C",
        "a b",
        "'",
        "*",
        "esc\x1b]0;x\a",
        "a\nfile,",
    ],
)
def test_nothing_is_completed_that_a_shell_or_a_terminal_obeys(tmp_path: Path, name: str) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    plants = tmp_path / "modules" / "plants"
    for folder in (plants, tmp_path / "modules" / name, tmp_path / "deployments"):
        folder.mkdir(parents=True)
    (tmp_path / "deepcat.yaml").write_text("title: T\n")
    (plants / "module.yaml").write_text(f"version: {name.replace(' ', '${IFS}')}\n")
    (tmp_path / "modules" / name / "module.yaml").write_text("version: 1.0.0\n")
    (tmp_path / "deployments" / f"{name}.yaml").write_text("module: plants\n")
    assert _completed(tmp_path, "status") == []
    assert _completed(tmp_path, "export") == ["plants"]
    paths = set(_completed(tmp_path, "check", incomplete="modules/")) - {"modules/-C/"}
    assert paths == {"modules/plants/"}
    versions = _completed(tmp_path, "new", "deployment", "plants", "--version")
    assert not [each for each in versions if set(each) & set("$`;&|*'\x1b")]
