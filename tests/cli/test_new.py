"""`deepcat new` writes what passes the check, or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest
import yaml
from click.testing import CliRunner
from new_catalogs import findings, run

from deepcat.cli.main import cli
from deepcat.errors import UsageError

TOP = {
    ".gitignore", ".pre-commit-config.yaml", "LICENSE", "README.md", "deepcat.yaml", "mkdocs.yml",
}  # fmt: skip
ANSWERS = ("--summary", "Does it.", "--source-code", "https://example.org/x")


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A new catalog."""
    result = run(tmp_path, "catalog", "my-catalog")
    assert result.exit_code == 0, result.output
    return tmp_path / "my-catalog"


def test_a_catalog_shows_nothing_to_mend_and_is_committed(root: Path) -> None:
    assert findings(root) == []
    assert git(root, "log", "--format=%an <%ae> %s") == "Ada <ada@example.org> Begin the catalog"
    assert git(root, "branch", "--show-current") == "main"
    assert git(root, "status", "--porcelain") == ""
    assert yaml.safe_load((root / "deepcat.yaml").read_text())["title"] == "My catalog"
    assert (root / "modules" / "half-plus-two" / "model.tar.gz").is_file()
    assert not [path for path in root.parent.iterdir() if path.name.startswith(".")]


def test_a_catalog_has_what_a_forge_reads(root: Path, repository: Path) -> None:
    assert (root / "LICENSE").read_bytes() == (repository / "LICENSE").read_bytes()
    assert "\n*                 @owner\n" in (root / ".github" / "CODEOWNERS").read_text()
    assert "## Why" in (root / ".github" / "pull_request_template.md").read_text()
    assert {name for name in git(root, "ls-files").splitlines() if "/" not in name} == TOP


def test_a_catalog_without_an_example(tmp_path: Path) -> None:
    options = ("--no-example", "--title", "Bare: {{ x }}", "--owner", "@o/team")
    done = run(tmp_path, "catalog", "bare", *options)
    assert done.exit_code == 0
    assert all("text/template" in said for said in findings(tmp_path / "bare"))
    assert "@o/team\n" in (tmp_path / "bare" / ".github" / "CODEOWNERS").read_text()


@pytest.mark.parametrize("cloned", [False, True])
def test_a_catalog_in_the_folder_where_one_stands(tmp_path: Path, cloned: bool) -> None:
    here = tmp_path / "here"
    here.mkdir()
    if cloned:
        git(here, "init", "--quiet", "--initial-branch=trunk")
    number = here.stat().st_ino
    done = run(here, "catalog")
    assert done.exit_code == 0, done.output
    assert here.stat().st_ino == number
    assert git(here, "rev-list", "--count", "HEAD") == "1"
    assert git(here, "branch", "--show-current") == ("trunk" if cloned else "main")
    assert ", a Git repository" in done.output or cloned
    folders = {".git", ".github", "clouds", "deployments", "modules", "site"}
    assert {path.name for path in here.iterdir()} == TOP | folders


def test_a_repository_gets_no_repository_within_and_no_commit(root: Path) -> None:
    before = git(root, "rev-parse", "HEAD")
    result = run(root, "catalog", "inner")
    assert result.exit_code == 0
    assert f"The Git repository `{root}` holds it: commit it there." in result.output
    assert not (root / "inner" / ".git").exists()
    assert git(root, "rev-parse", "HEAD") == before
    assert git(root, "status", "--porcelain") == "?? inner/"


def test_a_clone_with_a_readme_becomes_a_catalog_and_keeps_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "README.md").write_text("# Mine\n")
    (tmp_path / ".gitignore").write_text("*.log\n/.deepcat/\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "mine")
    said = run(tmp_path, "catalog", ".")
    assert said.exit_code == 0, said.output
    assert "Left as it was: README.md." in said.stdout
    assert f"The Git repository `{tmp_path}` holds it: commit it there." in said.stdout
    assert (tmp_path / "README.md").read_text() == "# Mine\n"
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[:2] == ["*.log", "/.deepcat/"]
    assert sorted(lines) == sorted(set(lines))
    assert git(tmp_path, "log", "--format=%s") == "mine"
    assert findings(tmp_path) == []
    again = run(tmp_path, "catalog", ".")
    assert isinstance(again.exception, UsageError)
    assert again.exception.message == f"there is a `.github` in `{tmp_path}` already"


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("plants", "cd plants && "),
        ("my plants", "cd 'my plants' && "),
        ("a;b", "cd 'a;b' && "),
        ("-x", "cd -- -x && "),
    ],
)
def test_the_way_there_is_quoted_for_a_shell(
    name: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    argv = ["new", "catalog", "--title", "T", "--owner", "ada", "--", name]
    last = CliRunner().invoke(cli, argv).stdout.splitlines()[-1]
    assert last == f"Next: {way}deepcat check && deepcat site build"
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    away = CliRunner().invoke(cli, ["-C", str(tmp_path), *argv[:-1], f"{name}2"])
    there = quote(str(tmp_path / f"{name}2"))
    assert away.stdout.splitlines()[-1].startswith(f"Next: cd {there} && ")


def test_the_commit_of_a_person_whom_git_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{name}_NAME")
        monkeypatch.delenv(f"GIT_{name}_EMAIL")
    result = run(tmp_path, "catalog", "new")
    assert "so the commit is by `deepcat <deepcat@localhost>`" in result.output
    assert "--reset-author" in result.output
    assert git(tmp_path / "new", "log", "--format=%cn <%ce>") == "deepcat <deepcat@localhost>"


def test_a_hook_of_somebody_s_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "gitconfig"
    hook = tmp_path / "hooks" / "pre-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    config.write_text(f"[core]\nhooksPath = {hook.parent}\n[commit]\ngpgSign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert "a first commit" in run(tmp_path, "catalog", "new").output


def test_without_git_there_is_a_catalog_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run(tmp_path, "catalog", "new")
    assert result.exit_code == 0
    assert "It is not committed yet: the program `git` is not installed." in result.output
    assert findings(tmp_path / "new") == []


@pytest.mark.parametrize(
    "arguments",
    [("--owner", "a b"), ("--owner", "a\n* @x"), ("--repository", "javascript:x"), ("--title", "")],
)
def test_a_catalog_that_would_not_pass_is_not_written(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = run(tmp_path, "catalog", "new", *arguments)
    assert isinstance(result.exception, UsageError)
    assert list(tmp_path.iterdir()) == []


def test_a_new_catalog_can_be_planned(root: Path) -> None:
    result = CliRunner().invoke(cli, ["-C", str(root), "plan"])
    assert result.exit_code == 0, result.output
    assert "+ half-plus-two: create" in result.output


@pytest.mark.starts("a program")
def test_pre_commit_checks_a_new_catalog(root: Path) -> None:
    """The real pre-commit, which needs nothing from elsewhere."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(root.parent / "pre-commit")}

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files"],
            cwd=root, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert check().returncode == 0
    with (root / "deepcat.yaml").open("a") as file:
        file.write("unknown: true\n")
    done = check()
    assert done.returncode == 1
    assert "schema/unknown-key" in done.stdout


def test_a_catalog_is_not_written_over_another(root: Path) -> None:
    before = sorted(root.rglob("*"))
    result = run(root.parent, "catalog", "my-catalog")
    assert isinstance(result.exception, UsageError)
    assert sorted(root.rglob("*")) == before
    (root.parent / "empty").mkdir()
    assert run(root.parent, "catalog", "empty").exit_code == 0
    assert isinstance(run(root.parent, "catalog", "none/inner").exception, UsageError)
