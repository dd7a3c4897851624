"""`deepcat reproduce`: modules really trained again, in a box."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from ended_trainings import git

from deepcat.cli.main import cli
from deepcat.records.store import Store

pytestmark = pytest.mark.starts("trainings in a box")
MODULES = Path(__file__).parents[3] / "modules"
QUICK = ("half-plus-two", "iris-classifier")
SLOW = tuple(
    sorted(
        path.parent.name for path in MODULES.glob("*/module.yaml") if path.parent.name not in QUICK
    )
)
Build = Callable[[Mapping[str, str | bytes]], Path]


def catalog(build: Build, *names: str) -> Path:
    files: dict[str, str | bytes] = {
        f"modules/{path.relative_to(MODULES).as_posix()}": path.read_bytes()
        for name in names
        for path in (MODULES / name).rglob("*")
        if path.is_file()
    }
    shared = MODULES.parent / "datasets"
    files |= {
        f"datasets/{path.relative_to(shared).as_posix()}": path.read_bytes()
        for path in shared.rglob("*")
        if path.is_file()
    }
    return build({**files, "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n"})


def run(root: Path, *argv: str) -> Result:
    git(root, "config", "deepcat.recordsRemote", "none")
    return CliRunner().invoke(cli, ["-C", str(root), "reproduce", *argv])


def said(root: Path, *argv: str) -> list[dict[str, Any]]:
    done = run(root, *argv, "--json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_small_ones_agree_and_a_record_says_so(git_tree_at: Build) -> None:
    root = catalog(git_tree_at, *QUICK)
    found = said(root, "--all")
    assert [each["module"] for each in found] == list(QUICK)
    assert {each["verdict"] for each in found} <= {"identical", "samples", "metrics"}
    assert set(found[0]) == {
        "module", "version", "verdict", "at", "seconds", "commit", "training", "hardware",
        "metrics", "samples", "differing",
    }  # fmt: skip
    kept = Store(root).read_trainings()
    for each in found:
        known = kept[each["training"]].reproduced
        assert (known["verdict"], known["version"]) == (each["verdict"], "1.0.0")
        assert known["hardware"]["cores"]


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_each_demonstration_module_agrees(git_tree_at: Build, name: str) -> None:
    (found,) = said(catalog(git_tree_at, name), name)
    assert found["verdict"] in {"identical", "samples", "metrics"}
    # An identical model has the same figures; that the module states them, no verdict says then.
    stated = yaml.safe_load((MODULES / name / "module.yaml").read_text("utf-8"))["metrics"]
    assert [each["name"] for each in found["metrics"]] == [each["name"] for each in stated]
    for each in found["metrics"]:
        assert abs(each["after"] - each["before"]) <= each["tolerance"] * (1 + 1e-9), each


SCRIPT = "import os, sys\nprint('\\033[31mno', file=sys.stderr)\nsys.exit(3)\n"


@pytest.mark.parametrize(
    ("script", "more", "code", "words"),
    [
        (SCRIPT, (), "job/exit", "status 3; it said last: "),
        ("import time\ntime.sleep(60)\n", ("--timeout", "2"), "job/time", "within 2 s"),
        ("", (), "job/no-output", "made no model"),
        ("import os\nos.symlink('/etc/passwd', os.environ['DEEPCAT_OUTPUT'] + '/model.tar.gz')\n",
         (), "job/bad-output", "no plain file"),
        ("open('/etc/deepcat-was-here', 'w')\n", (), "job/exit", "Error"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 22), 2)\n", (), "job/exit", "rror"),
    ],
)  # fmt: skip
def test_a_script_that_does_not_do_is_said_by_its_code(
    git_tree_at: Build, script: str, more: tuple[str, ...], code: str, words: str
) -> None:
    root = catalog(git_tree_at, "half-plus-two")
    (root / "modules" / "half-plus-two" / "train.py").write_text(script)
    done = run(root, "half-plus-two", *more)
    assert done.exit_code == 1
    told = f"{done.output}{done.exception}"
    assert words in told
    assert getattr(done.exception, "code", code) == code
    assert "\033" not in told
    assert not Path("/etc/deepcat-was-here").exists()


def test_one_that_began_from_a_model_is_given_it_again(git_tree_at: Build) -> None:
    root = catalog(git_tree_at, "half-plus-two")
    folder = root / "modules" / "half-plus-two"
    folder.joinpath("train.py").write_text(
        "import os, sys\nprint(sorted(os.listdir(os.environ['DEEPCAT_FROM'])), file=sys.stderr)\n"
        "sys.exit(3)\n"
    )
    git(root, "commit", "-qam", "a script that looks at the model")
    data = yaml.safe_load((folder / "module.yaml").read_text())
    made = {"commit": git(root, "rev-parse", "HEAD"), "from": "1.0.0", "begins_from": "1.0.0"}
    data["training"]["run"] = {"id": "4f2a91c07be3", **made}
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    done = run(root, "half-plus-two")
    assert "saved_model.pb" in f"{done.output}{done.exception}"


def test_a_module_without_a_command_is_refused(git_tree_at: Build) -> None:
    root = catalog(git_tree_at, "half-plus-two")
    file = root / "modules" / "half-plus-two" / "module.yaml"
    file.write_text(file.read_text().replace("command: python train.py\n", ""))
    assert getattr(run(root, "half-plus-two").exception, "code", "") == "reproduce/command"
    assert run(root, "half-plus-two", "9.9.9").exit_code != 0
    assert getattr(run(root).exception, "exit_code", 0) == 2
