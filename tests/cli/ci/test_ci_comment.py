"""Stage two: it may write, so it believes nothing that stage one left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

README = "modules/half-plus-two/README.md"
MODULE = "modules/half-plus-two/module.yaml"
SOURCE = Path(__file__).resolve().parents[3] / MODULE


WISH = """\
apiVersion: deepcat/v1
module: half-plus-two
inputs: {rest_port: 0, grpc_port: 0}
placement: {clouds: [local]}
owner: ada
"""


def raised(version: str) -> str:
    """The module's file at another version, of which it tells."""
    text = SOURCE.read_text()
    told = f"changes:\n  - {{version: {version}, date: '2026-11-23', kind: fixed, text: Mended.}}\n"
    assert "version: 1.0.0" in text
    return text.replace("version: 1.0.0", f"version: {version}", 1).replace("changes:\n", told)


class Posting:
    """A pull request that stands on the forge, and what stage one left behind."""

    def __init__(self, place: Any, hub: Any, folder: Path) -> None:
        self.place = place
        self.hub = hub
        self.folder = folder
        self.number = 0

    def open(self, author: str, owner: str = "deep") -> None:
        """Push the branch `mine` as a pull request, and go back to the default branch."""
        head = self.place.git("rev-parse", "mine").strip()
        self.number = self.hub.open_pull(author, "mine", head, owner)
        self.place.git("push", "-q", "origin", f"mine:refs/pull/{self.number}/head")
        self.place.git("checkout", "-q", "main")
        self.place.git("branch", "-q", "-D", "mine")
        self.place.git("reflog", "expire", "--expire=now", "--all")
        self.place.git("gc", "-q", "--prune=now")
        self.place.at(self.hub)
        run = {
            "head_sha": head,
            "head_branch": "mine",
            "head_repository": {"owner": {"login": owner}},
            "html_url": "https://forge.example/run/1",
        }
        self.place.event({"workflow_run": run})

    def post(self) -> Any:
        return self.place.deepcat("ci", "comment", "--out", str(self.folder))

    def left(self, name: str, data: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data if isinstance(data, str) else json.dumps(data))

    @property
    def comment(self) -> str:
        (comment,) = self.hub.state.comments.values()
        return str(comment["body"])

    @property
    def labels(self) -> set[str]:
        return {label["name"] for label in self.hub.state.issues[self.number]["labels"]}

    @property
    def verdict(self) -> str:
        return str(self.hub.state.checks[-1]["conclusion"])


@pytest.fixture
def posting(place: Callable[..., Any], hub: Any, tmp_path: Path) -> Callable[..., Posting]:
    """A pull request with these files changed, reviewed by stage one."""

    def make(files: dict[str, str], author: str, owner: str = "deep") -> Posting:
        found = place()
        made = Posting(found, hub, tmp_path / "left")
        found.git("checkout", "-q", "-b", "mine")
        found.write(files)
        found.commit("mine")
        out = str(made.folder / "review")
        found.deepcat("ci", "pr", "--base", "main", "--author", author, "--out", out, "--no-plan")
        made.open(author, owner)
        return made

    return make


@pytest.mark.starts("a forge")
def test_one_comment_labels_and_a_verdict(posting: Callable[..., Posting]) -> None:
    made = posting({README: "# Half plus two\n\nWords.\n"}, "deepcat-founders")
    assert made.post().code == 0
    assert "Ready to merge: a trivial update" in made.comment
    assert (made.labels, made.verdict) == ({"trivial"}, "success")
    made.post()
    assert "https://forge.example/run/1#artifacts" in made.comment
    made.place.deepcat("ci", "comment", "--out", str(made.folder), "--preview", "https://p.example")
    assert "[preview of the website](https://p.example)" in made.comment


@pytest.mark.starts("a forge")
def test_a_wish_beyond_its_owner_s_quota_is_told_in_the_comment(
    place: Callable[..., Any], wish: Callable[..., str], hub: Any, tmp_path: Path
) -> None:
    found = place({"deployments/one.yaml": wish()})
    text = (found.root / "deepcat.yaml").read_text()
    found.write({"deepcat.yaml": text + "quotas: {ada: {deployments: 1}}\n"})
    found.commit("quota")
    made = Posting(found, hub, tmp_path / "left")
    found.git("checkout", "-q", "-b", "mine")
    found.write({"deployments/two.yaml": wish()})
    found.commit("mine")
    out = str(made.folder / "review")
    assert found.deepcat("ci", "pr", "--base", "main", "--author", "ada", "--out", out).code == 1
    made.open("ada")
    made.post()
    (row,) = [line for line in made.comment.splitlines() if "`review/quota`" in line]
    where, what, hint = row.strip("| ").split(" | ")
    assert "deployments/two.yaml#L" in where
    assert "not inside its owner's quota" in what
    assert "ada may have 1" in what
    assert "ask for a higher quota" in hint
    assert made.verdict == "failure"
    (note,) = made.hub.state.checks[-1]["output"]["annotations"]
    assert (note["path"], note["annotation_level"]) == ("deployments/two.yaml", "failure")


@pytest.mark.starts("a forge")
def test_a_fork_s_pull_request_is_judged_too(posting: Callable[..., Posting]) -> None:
    made = posting({README: "# Half plus two\n\nMine.\n"}, "mallory", owner="mallory")
    made.post()
    assert "@deepcat-founders may say yes" in made.comment
    assert (made.labels, made.verdict) == ({"needs-maintainer"}, "action_required")
    made.hub.state.permissions = {"deepcat-founders": "write"}
    made.hub.review(made.number, "deepcat-founders", "APPROVED")
    made.post()
    assert (made.labels, made.verdict) == (set(), "success")


@pytest.mark.starts("a forge")
def test_stage_one_can_forge_no_label(posting: Callable[..., Posting]) -> None:
    made = posting({README: "# Half plus two\n\nMine.\n"}, "mallory", owner="mallory")
    head = made.hub.state.pulls[made.number]["head"]["sha"]
    forged = {
        "format": "deepcat-review/v1", "head": head, "findings": [], "labels": ["trivial"],
        "asks": [], "plan": "nothing", "summary": "@everyone all is well",
    }  # fmt: skip
    made.left("review/review.json", forged)
    passed = [{"module": "half-plus-two", "version": "1.0.0", "passed": 9, "failed": {}}]
    made.left("samples/samples.json", {"format": "deepcat-review/v1", "samples": passed})
    made.post()
    assert made.labels == {"needs-maintainer"}
    assert made.verdict == "action_required"
    assert "@everyone" not in made.comment


@pytest.mark.starts("a forge")
@pytest.mark.parametrize("left", ["", "{", '{"format": "x"}', "other head", "link", "sound"])
def test_without_samples_no_model_is_called_ready(
    posting: Callable[..., Posting], left: str, tmp_path: Path
) -> None:
    made = posting({MODULE: raised("1.0.1")}, "deepcat-founders")
    head = made.hub.state.pulls[made.number]["head"]["sha"]
    passed = [{"module": "half-plus-two", "version": "1.0.1", "passed": 2, "failed": {}}]
    data = {"format": "deepcat-review/v1", "head": head, "samples": passed}
    if left == "other head":
        made.left("samples/samples.json", data | {"head": "e" * 40})
    elif left == "link":
        made.left("samples/samples.json", data)
        path = made.folder / "samples/samples.json"
        path.rename(tmp_path / "elsewhere.json")
        path.symlink_to(tmp_path / "elsewhere.json")
    else:
        made.left("samples/samples.json", data if left == "sound" else left)
    made.post()
    if left == "sound":
        assert (made.labels, made.verdict) == ({"trivial"}, "success")
        return
    assert "samples of version 1.0.1 were not tried" in made.comment
    assert (made.labels, made.verdict) == ({"needs-work"}, "failure")


@pytest.mark.starts("a forge")
def test_findings_and_samples_are_shown(posting: Callable[..., Posting]) -> None:
    made = posting({MODULE: "name: x\n"}, "deepcat-founders")
    head = made.hub.state.pulls[made.number]["head"]["sha"]
    failed = [
        {"module": "half-plus-two", "version": "2", "passed": 1, "failed": {"one": "9, not 2"}}
    ]
    data = {"format": "deepcat-review/v1", "head": head, "samples": failed}
    made.left("samples/samples.json", data)
    made.post()
    assert "to mend" in made.comment
    assert "1 passed, 1 failed" in made.comment
    assert made.verdict == "failure"
    assert made.hub.state.checks[-1]["output"]["annotations"]


@pytest.mark.starts("a forge")
def test_a_pull_request_that_moved_on_is_left_to_the_next_run(
    posting: Callable[..., Posting],
) -> None:
    made = posting({README: "x\n"}, "deepcat-founders")
    made.hub.state.pulls[made.number]["head"]["sha"] = "d" * 40
    said = made.post()
    assert said.code == 0
    assert "moved on" in said.text
    assert made.hub.state.comments == {}


def test_without_a_forge_it_says_what_is_missing(place: Callable[..., Any]) -> None:
    said = place().deepcat("ci", "comment")
    assert said.code == 2
    assert "no forge" in said.text


@pytest.mark.starts("a forge")
@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({README: "# Half plus two\n\nWords.\n", "deployments/a.yaml": WISH}, "success"),
        ({MODULE: "name: x\n"}, "failure"),
        ({MODULE: raised("1.0.1")}, "failure"),
    ],
    ids=["sound", "broken", "not-tried"],
)
def test_a_merge_queue_gets_its_verdict_and_no_comment(
    place: Callable[..., Any], hub: Any, tmp_path: Path, files: dict[str, str], verdict: str
) -> None:
    """What is queued is judged as it will be merged: by somebody who maintains nothing of it."""
    # A policy that asks for a yes was asked before it was queued.
    policy = "on: deployment\nwhen: has(input.review)\ndeny: input.review.approvals.size() < 1\n"
    policy = f"apiVersion: deepcat/v1\nname: two-eyes\n{policy}message: nobody looked at it\n"
    found = place({"policies/two-eyes.yaml": policy})
    base = found.git("rev-parse", "main").strip()
    branch = f"gh-readonly-queue/main/pr-7-{base}"
    found.git("checkout", "-q", "-b", branch)
    found.write(files)
    head = found.commit("Merge pull request #7")
    group = {"head_sha": head, "head_ref": f"refs/heads/{branch}", "base_sha": base}
    found.event({"action": "checks_requested", "merge_group": group})
    left = tmp_path / "left"
    said = found.deepcat("ci", "pr", "--out", str(left / "review"), "--no-plan")
    assert said.code == (1 if "::error file=" in said.text else 0)
    assert "two-eyes" not in said.text
    found.at(hub)
    run = {"event": "merge_group", "head_sha": head, "head_branch": branch}
    found.event({"workflow_run": run | {"head_repository": {"owner": {"login": "deep"}}}})
    assert found.deepcat("ci", "comment", "--out", str(left)).code == 0
    (check,) = hub.state.checks
    assert (check["name"], check["head_sha"], check["conclusion"]) == ("deepcat", head, verdict)
    assert hub.state.comments == {}
