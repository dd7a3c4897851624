"""The loop of a catalog of one's own by its workflows, from a stranger's change to what runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forge_loops import MODULE, Own, git
from github_events import event

pytestmark = [pytest.mark.starts("a program"), pytest.mark.slow, pytest.mark.tensorflow]


@pytest.fixture
def own(tmp_path: Path, wheel: Path, hub: Any) -> Iterator[Own]:
    found = Own(tmp_path, wheel, "github")
    found.forge.environment = {
        "GITHUB_REPOSITORY": "deep/catalog",
        "GITHUB_API_URL": hub.url,
        "GITHUB_SERVER_URL": hub.url,
    }
    found.forge.variables = {"DEEPCAT_RUNNER": "ours"}
    hub.repository = found.root
    yield found
    for deepcat in (found.forge.folder / "own-ours/tools/deepcat").glob("*/bin/deepcat"):
        work = found.forge.folder / "own-ours/work"
        subprocess.run([deepcat, "destroy", "--all", "--yes"], cwd=work, check=True)


def test_a_stranger_s_pull_request_is_reviewed_merged_deployed_and_watched(
    own: Own, hub: Any
) -> None:
    hub.state.permissions["ada"] = "admin"
    # A fork proposes another version of the module.
    base = git(own.root, "rev-parse", "HEAD")
    git(own.root, "checkout", "-q", "-b", "mine")
    own.edit(f"{MODULE}/module.yaml", "version: 1.0.0", "version: 1.0.1")
    own.edit(
        f"{MODULE}/module.yaml",
        "changes:\n",
        "changes:\n  - {version: 1.0.1, date: '2026-11-23', kind: fixed, text: Mended.}\n",
    )
    own.edit(f"{MODULE}/module.yaml", "tolerance: 0.0001", "tolerance: 0.001")
    git(own.root, "commit", "-qam", "Mend it")
    head = git(own.root, "rev-parse", "HEAD")
    git(own.root, "checkout", "-q", "main")
    git(own.root, "merge", "-q", "--no-ff", "-m", "Merge", "mine")
    merged = git(own.root, "rev-parse", "HEAD")
    number = hub.open_pull("mallory", "mine", head, "mallory")
    for name, commit in (("head", head), ("merge", merged)):
        git(own.root, "push", "-q", "origin", f"{commit}:refs/pull/{number}/{name}")
    pull = {
        "number": number,
        "user": {"login": "mallory"},
        "head": {"sha": head, "ref": "mine", "repo": {"fork": True, "owner": {"login": "mallory"}}},
        "base": {"sha": base, "ref": "main"},
    }

    checked = own.run(
        "check", "pull_request", event("pull_request", {"pull_request": pull}), merged
    )
    assert checked.results == dict.fromkeys(["review", "samples", "preview"], "success"), (
        checked.log
    )
    kept = own.forge.artifacts[checked.number]
    assert set(kept) == {"review", "samples", "site"}
    assert json.loads((kept["samples"] / "samples.json").read_text())["samples"][0]["passed"] == 5
    assert (kept["site"] / "modules/half-plus-two/index.html").is_file()
    assert own.forge.token not in checked.log

    said = own.run("comment", "workflow_run", told(checked.number, head), base)
    assert said.results == {"comment": "success"}, said.log
    assert hub.state.checks[-1]["conclusion"] == "action_required"
    (comment,) = hub.state.comments.values()
    assert f"/actions/runs/{checked.number}#artifacts" in comment["body"]

    # A maintainer says yes, which is judged again.
    hub.review(number, "ada", "APPROVED")
    review = event(
        "pull_request_review",
        {"pull_request": pull, "review": {"state": "approved", "user": {"login": "ada"}}},
    )
    again = own.run("check", "pull_request_review", review, merged)
    own.run("comment", "workflow_run", told(again.number, head), base)
    assert hub.state.checks[-1]["conclusion"] == "success", hub.state.checks[-1]
    assert len(hub.state.comments) == 1

    # A merge queue asks of what it is about to merge.
    queue = "gh-readonly-queue/main/pr-1"
    git(own.root, "push", "-q", "origin", f"{merged}:refs/heads/{queue}")
    group = {"base_sha": base, "head_sha": merged, "head_ref": f"refs/heads/{queue}"}
    tried = own.run("check", "merge_group", event("merge_group", {"merge_group": group}), merged)
    queued = told(tried.number, merged, "merge_group", queue)
    said = own.run("comment", "workflow_run", queued, base)
    assert said.results == {"comment": "success"}, said.log
    assert hub.state.checks[-1]["head_sha"] == merged
    assert hub.state.checks[-1]["conclusion"] == "success"
    git(own.root, "push", "-q", "origin", f":refs/heads/{queue}")

    # It is merged, and so is another; the later one is let go first, and the earlier does not win.
    hub.state.pulls[number] |= {"merge_commit_sha": merged, "state": "closed"}
    own.edit("deployments/half-plus-two.yaml", "placement:\n", "placement:\n  max_price: 5\n")
    newer = own.push()
    deployed = own.run("deploy", "push", pushed(merged, newer), newer)
    assert deployed.results == {"apply": "success", "publish": "success"}, deployed.log
    (page,) = own.forge.published[0].glob("modules/half-plus-two/index.html")
    assert "1.0.1" in page.read_text()
    before = records(own)
    late = own.run("deploy", "push", pushed(base, merged), merged)
    assert late.results == {"apply": "success", "publish": "success"}, late.log
    assert f"{merged[:12]} is no longer the tip of `main`" in late.log
    assert records(own) == before

    watched = own.run("watch", "schedule", {}, merged)
    assert watched.results == {"watch": "success", "publish": "success"}, watched.log
    assert len(own.forge.published) == 3


def told(
    run: str, head: str, woken_by: str = "pull_request", branch: str = "mine"
) -> dict[str, Any]:
    """What wakes stage two."""
    facts = {
        "id": run,
        "event": woken_by,
        "conclusion": "success",
        "head_sha": head,
        "head_branch": branch,
        "head_repository": {"owner": {"login": "mallory"}},
        "html_url": f"https://forge.example/actions/runs/{run}",
    }
    return event("workflow_run", {"workflow_run": facts})


def pushed(before: str, after: str) -> dict[str, Any]:
    facts = {"before": before, "after": after, "ref": "refs/heads/main", "pusher": {"name": "ada"}}
    return event("push", facts)


def records(own: Own) -> str:
    """The record of the one deployment, as it was pushed."""
    (name,) = [
        path
        for path in git(own.origin, "ls-tree", "-r", "--name-only", "records").splitlines()
        if path.endswith("half-plus-two.yaml")
    ]
    return git(own.origin, "show", f"records:{name}")
