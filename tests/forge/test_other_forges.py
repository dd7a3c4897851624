"""The loop of a catalog of one's own on GitLab, Forgejo and Gitea, by Git alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from forge_loops import MODULE, Own, git
from gitlab_jobs import run_job
from workflow_runner import programs

pytestmark = [pytest.mark.starts("a program"), pytest.mark.slow, pytest.mark.tensorflow]


def proposed(own: Own) -> tuple[str, str]:
    """A change of what the module answers: the commit before, and its own."""
    base = git(own.root, "rev-parse", "HEAD")
    git(own.root, "checkout", "-q", "-b", "mine")
    own.edit(f"{MODULE}/module.yaml", "[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]")
    return base, own.push("mine")


@pytest.mark.parametrize("forge", ["forgejo", "gitea"])
def test_a_change_is_checked_and_a_merge_that_fails_waits_as_a_branch(
    forge: str, tmp_path: Path, wheel: Path
) -> None:
    own = Own(tmp_path, wheel, forge)
    own.forge.is_fresh = True
    own.forge.environment = {
        f"{forge.upper()}_ACTIONS": "true",
        "GITHUB_SERVER_URL": f"file://{tmp_path}",
        "GITHUB_REPOSITORY": "deep/catalog",
    }
    own.forge.variables = {"DEEPCAT_RUNNER": "ours"}
    base, head = proposed(own)
    git(own.root, "push", "-q", "origin", f"{head}:refs/pull/1/head")
    pull = {"number": 1, "head": {"sha": head, "ref": "mine"}, "base": {"sha": base, "ref": "main"}}
    checked = own.run("check", "pull_request", {"pull_request": pull}, head)
    assert checked.results == {"review": "success", "samples": "failure"}, checked.log
    assert "expected 9.5, got 2.5" in checked.log

    if forge == "gitea":
        return  # what follows is the same text; a test holds that
    git(own.root, "push", "-q", "origin", f"{head}:main")
    push = {"before": base, "after": head, "ref": "refs/heads/main"}
    merged = own.run("deploy", "push", push, head)
    assert merged.results == {"apply": "failure"}
    assert told(own) == ({"deepcat/revert/half-plus-two"}, True), merged.log
    own.run("publish", "push", push, head)
    assert "1.0.0" in git(own.origin, "show", "pages:modules/half-plus-two/index.html")


def test_on_gitlab(tmp_path: Path, wheel: Path) -> None:
    own = Own(tmp_path, wheel, "gitlab")
    base, head = proposed(own)
    environment = {
        **programs(own.forge.folder),
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_BUILDS_DIR": str(tmp_path / "builds"),
        "CI_COMMIT_SHA": head,
        "CI_DEFAULT_BRANCH": "main",
        "CI_PROJECT_PATH": "deep/catalog",
        "CI_SERVER_URL": f"file://{tmp_path}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
    }
    config = own.root / ".gitlab-ci.yml"

    def job(name: str, **variables: str) -> tuple[int, str]:
        work = tmp_path / "builds" / "deep" / "catalog"
        shutil.rmtree(work, ignore_errors=True)
        git(tmp_path, "clone", "-q", str(own.origin), str(work))
        git(work, "checkout", "-q", "--detach", head)
        return run_job(config, name, work, environment | variables)

    request = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    assert job("review", **request)[0] == 0
    assert (tmp_path / "builds/deep/catalog/review/review.md").is_file()
    status, log = job("samples", **request)
    assert (status, "expected 9.5, got 2.5" in log) == (1, True), log
    assert job("preview", **request)[0] == 0
    assert (tmp_path / "builds/deep/catalog/website.tar.gz").is_file()

    git(own.root, "push", "-q", "origin", f"{head}:main")
    status, log = job("apply", CI_COMMIT_BEFORE_SHA=base, DEEPCAT_TOKEN="glpat-of-the-test")
    assert status == 1
    assert told(own) == ({"deepcat/revert/half-plus-two"}, True), log
    assert job("pages")[0] == 0
    assert (tmp_path / "builds/deep/catalog/public/modules/half-plus-two/index.html").is_file()


def told(own: Own) -> tuple[set[str], bool]:
    """The branches that wait for people, and whether the records were pushed."""
    names = git(own.origin, "for-each-ref", "--format=%(refname:strip=2)", "refs/heads").split()
    return {name for name in names if name.startswith("deepcat/")}, "records" in names
