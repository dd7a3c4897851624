"""A name that means nothing ends alike in every command, with the nearest that means something."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError, UsageError
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

LOCAL = "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: Here.\n"
DEMO = "apiVersion: deepcat/v1\nmodule: half-plus-two\nprofile: serve\n"
GARDEN = State(
    "garden", "half-plus-two", "1.0.0", "", "serve", {}, "local", "host", Status.FAILED, "", ""
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """With a wish, `demo`, and a record, `garden`."""
    root = tmp_path_factory.mktemp("names")
    shutil.copytree(repository / "modules" / "half-plus-two", root / "modules" / "half-plus-two")
    for folder in ("clouds", "deployments"):
        (root / folder).mkdir()
    (root / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\n")
    (root / "clouds" / "local.yaml").write_text(LOCAL)
    (root / "deployments" / "demo.yaml").write_text(DEMO)
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "begin"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    Store(root).update("garden", lambda _: Record(GARDEN), "garden: failed")
    return root


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        ("status gardn", "there is no deployment `gardn`", "did you mean `garden`?"),
        ("status zzz", "there is no deployment `zzz`", "there is: `demo`, `garden`"),
        ("status demo zzz", "there is no deployment `zzz`", "there is: `demo`, `garden`"),
        ("records log gardn", "there is no deployment `gardn`", "did you mean `garden`?"),
        ("records show gardn", "there is no deployment `gardn`", "did you mean `garden`?"),
        ("logs gardn", "there is no deployment `gardn`", "did you mean `garden`?"),
        ("predict dem --sample 1", "there is no deployment `dem`", "did you mean `demo`?"),
        ("plan dem", "there is no deployment `dem`", "did you mean `demo`?"),
        ("apply dem --yes", "there is no deployment `dem`", "did you mean `demo`?"),
        ("destroy gardn --yes", "there is no deployment `gardn`", "did you mean `garden`?"),
        ("rollback dem", "there is no deployment `dem`", "did you mean `demo`?"),
        ("match dem", "there is no deployment `dem`", "did you mean `demo`?"),
        ("match --cloud lokal", "there is no cloud `lokal`", "did you mean `local`?"),
        (
            "new deployment x --module half-plus-to",
            "there is no module `half-plus-to`",
            "did you mean `half-plus-two`?",
        ),
        (
            "new collection x half-plus-two half-plus-to",
            "there is no module `half-plus-to`",
            "did you mean `half-plus-two`?",
        ),
        (
            "new deployment x --module half-plus-two --cloud lokal",
            "there is no cloud `lokal`",
            "did you mean `local`?",
        ),
        (
            "export half-plus-to --to ai4os",
            "there is no module `half-plus-to`",
            "did you mean `half-plus-two`?",
        ),
        ("check --explain sample/jsn", "there is no rule `sample/jsn`",
         "did you mean `sample/json`?"),
        ("check modules/half", "nothing of the catalog lies at `modules/half`",
         "did you mean `modules/half-plus-two`?"),
        ("check --commit nope", "there is no commit `nope` here",
         "name a branch, a tag or a commit of this repository"),
        ("plan --commit nope", "there is no commit `nope` here",
         "name a branch, a tag or a commit of this repository"),
        ("topology half-plus-to", "there is no module or file `half-plus-to`",
         "did you mean `half-plus-two`?"),
        ("import nope.json", "there is no file `nope.json`", "name a metadata file or its folder"),
        ("statsu", "there is no command `statsu`", "did you mean `status`?"),
        ("help statsu", "`deepcat` has no command `statsu`", "did you mean `deepcat status`?"),
        ("help records lgo", "`deepcat records` has no command `lgo`",
         "did you mean `deepcat records log`?"),
        ("match --ram 64", "is `--ram 64` 64 MiB or 64 GiB?",
         "write `--ram 64MiB` or `--ram 64GiB`"),
        ("match --memory 40 --gpu A100", "is `--memory 40` 40 MiB or 40 GiB?",
         "write `--memory 40MiB` or `--memory 40GiB`"),
        ("match --ram 64.5", "is `--ram 64.5` 64.5 MiB or 64.5 GiB?",
         "write `--ram 64.5MiB` or `--ram 64.5GiB`"),
        ("match --ram many", "`many` is no size", "write `--ram 40GiB`"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_misuse(argv: str, message: str, hint: str, catalog: Path) -> None:
    done = CliRunner().invoke(cli, ["-C", str(catalog), *argv.split()], prog_name="deepcat")
    assert isinstance(done.exception, UsageError), (done.exception, done.output)
    assert (done.exception.message, done.exception.hint) == (message, hint)
    assert done.exception.exit_code == 2


@pytest.mark.parametrize("argv", ["records show demo", "logs demo", "predict demo --sample 1"])
def test_what_is_wished_and_never_came_up_is_no_misuse(argv: str, catalog: Path) -> None:
    done = CliRunner().invoke(cli, ["-C", str(catalog), *argv.split()], prog_name="deepcat")
    assert isinstance(done.exception, DeepcatError)
    assert done.exception.message == "`demo` is wished, and was never brought up"
    assert done.exception.exit_code == 1


def test_to_take_down_what_does_not_run_is_nothing_to_do(catalog: Path) -> None:
    done = CliRunner().invoke(cli, ["-C", str(catalog), "destroy", "demo", "--yes"])
    assert done.exit_code == 0
    assert done.stdout == "demo: does not run.\nNothing to do: nothing runs.\n"


@pytest.mark.parametrize(
    "argv", ["-C {} status", "status -C {}", "records -C {} log", "records log -C{}",
             "status --directory={} --json", "records log garden --directory {}"],
)  # fmt: skip
def test_the_folder_may_stand_anywhere(argv: str, catalog: Path) -> None:
    done = CliRunner().invoke(cli, argv.format(catalog).split())
    assert done.exit_code == 0, done.output
    assert "garden" in done.stdout
