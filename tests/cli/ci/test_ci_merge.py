"""After a merge: what is due is applied, what failed is told, once, by one thing to do."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.starts("a forge")

MODULE = "half-plus-two"
FOLDER = f"modules/{MODULE}"


@pytest.fixture
def merged(place: Callable[..., Any], wish: Callable[..., str]) -> Iterator[Callable[..., Any]]:
    """A clone whose main has a wish for a module whose sample is wrong."""
    made = []

    def make(broken: bool = True, **fields: Any) -> Any:
        found = place()
        if broken:
            found.edit(f"{FOLDER}/module.yaml", "[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]")
        found.write({"deployments/demo.yaml": wish(**fields)})
        found.commit("wish")
        found.git("push", "-q", "origin", "main")
        made.append(found)
        return found

    yield make
    for found in made:
        found.environment.clear()
        found.deepcat("destroy", "--all", "--yes")


def merge(found: Any, *argv: str) -> Any:
    return found.deepcat("ci", "merge", "--out", str(found.root / ".deepcat/ci"), *argv)


def settled(found: Any) -> Any:
    return json.loads((found.root / ".deepcat/ci/merge.json").read_text())


@pytest.mark.tensorflow
def test_an_older_merge_that_comes_late_does_not_win(merged: Callable[..., Any]) -> None:
    """Two runs were approved out of order, or an old one is run again."""
    found = merged(broken=False)
    first = found.git("rev-parse", "HEAD").strip()
    found.edit(f"{FOLDER}/module.yaml", "version: 1.0.0", "version: 1.1.0")
    newest = found.commit("another version")
    found.git("push", "-q", "origin", "main")
    assert merge(found, "--base", first).code == 0
    assert "1.1.0" in found.deepcat("status").text
    said = merge(found, "--base", f"{first}~1", "--commit", first)
    assert said.code == 0
    assert f"{first[:12]} is no longer the tip of `main`; {newest[:12]} is" in said.text
    assert "1.1.0" in found.deepcat("status").text
    # Where nothing tells of the branch, the records do.
    found.git("checkout", "-q", "--detach", first)
    found.git("branch", "-q", "-D", "main")
    found.git("update-ref", "-d", "refs/remotes/origin/main")
    assert merge(found, "--commit", first).code == 0
    assert settled(found)["waiting"] == {"demo": "a newer merge was applied already"}
    assert "1.1.0" in found.deepcat("status").text
    found.git("checkout", "-q", "-b", "main", newest)


@pytest.mark.tensorflow
def test_a_mistake_opens_one_pull_request_that_takes_the_wish_back(
    merged: Callable[..., Any], hub: Any
) -> None:
    found = merged()
    found.at(hub)
    hub.commit({"deployments/demo.yaml": "x"}, "heads/main")
    before = found.git("rev-parse", "HEAD~1").strip()
    found.event({"before": before, "pusher": {"name": "grace"}})
    said = merge(found)
    assert said.code == 1
    assert "run/sample" in said.text
    (pull,) = hub.state.pulls.values()
    assert pull["title"] == "Take demo back to what runs"
    assert "half-plus-two 1.0.0 is wished" in pull["body"]
    assert hub.files("heads/deepcat/revert/demo") == {}
    assert settled(found)["outcomes"][0]["failures"][0]["kind"] == "module"
    # The records were written on the forge's own ref.
    assert "demo" in found.git("ls-tree", "-r", "--name-only", "records", at=found.origin)
    # Its history says who merged what, and how it went.
    (entry, *_) = json.loads(found.deepcat("records", "log", "demo", "--json").text)
    facts = entry["facts"]
    assert (facts["by"], facts["owner"], facts["action"]) == ("grace", "ada", "create")
    assert facts["commit"] == found.git("rev-parse", "HEAD").strip()
    assert facts["failures"] == ["local: module: run/sample"]
    assert float(facts["seconds"]) > 0
    # The next merge, of something else, does not try the same mistake again.
    found.write({"README.md": "words\n"})
    found.commit("words")
    said = merge(found, "--base", "HEAD~1")
    assert "demo: waits" in said.text
    assert len(hub.state.pulls) == 1


def test_a_wish_that_cannot_be_placed_opens_one_issue(merged: Callable[..., Any], hub: Any) -> None:
    accelerator = {"models": ["H100"], "count": 8}
    found = merged(broken=False, accelerator=accelerator)
    found.at(hub)
    for _ in range(2):
        assert merge(found, "--base", "HEAD~1").code == 1
    (issue,) = hub.state.issues.values()
    assert issue["title"] == "demo does not run as wished"
    assert "H100" in issue["body"]
    assert settled(found)["refused"]["demo"]


def test_what_leaves_the_bounds_that_were_shown_is_stopped(
    merged: Callable[..., Any], hub: Any
) -> None:
    from deepcat.review.comment import Links, comment
    from deepcat.review.report import Report
    from deepcat.review.shown import Shown
    from deepcat.review.values import Review

    found = merged(broken=False)
    found.edit("clouds/local.yaml", "price: 0", "price: 3")
    commit = found.commit("it costs now")
    found.at(hub)
    number = hub.open_pull("ada", "mine", "a" * 40)
    hub.state.pulls[number]["merge_commit_sha"] = commit
    shown = {"demo": Shown("local", "", 1.0)}
    body = comment(Report("a" * 40, shown=shown), Review((), (), frozenset()), None, Links())
    hub.comment(number, "github-actions[bot]", f"<!-- deepcat:review -->\n{body}")
    said = merge(found)
    assert said.code == 1
    assert "demo: stopped" in said.text
    assert "showed a price of 1.00 an hour; now it would be 3.00" in said.text
    assert found.deepcat("status").text == "Nothing is deployed.\n"
    (issue,) = [each for each in hub.state.issues.values() if "pull_request" not in each]
    assert "Widen the bounds" in issue["body"]


@pytest.mark.tensorflow
def test_a_forge_in_trouble_does_not_undo_what_was_applied(
    merged: Callable[..., Any], hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    found = merged()
    found.at(hub)
    hub.commit({"deployments/demo.yaml": "x"}, "heads/main")
    hub.fail("git/trees", 500, times=99)
    said = merge(found)
    assert said.code == 1
    assert "forge answered 500" in said.text
    assert "forge answered 500" in settled(found)["untold"][0]
    assert "run/sample" in said.text
    assert "demo" in found.git("ls-tree", "-r", "--name-only", "records", at=found.origin)


@pytest.mark.tensorflow
def test_a_push_that_is_rejected_is_made_again_upon_the_newer_records(
    merged: Callable[..., Any], hub: Any
) -> None:
    found = merged()
    found.at(hub)
    hub.commit({"deployments/demo.yaml": "x"}, "heads/main")
    # The server refuses the first two pushes of the records, as when another writer was first.
    hook = found.origin / "hooks" / "update"
    hook.write_text(
        "#!/bin/sh\n"
        'test "$1" = refs/heads/records || exit 0\n'
        f"cd {found.folder}; n=$(cat count 2>/dev/null || echo 0); echo $((n+1)) >count\n"
        'test "$n" -ge 2 || { echo "cannot lock ref" >&2; exit 1; }\n'
    )
    hook.chmod(0o755)
    assert merge(found).code == 1
    assert int((found.folder / "count").read_text()) >= 3
    log = found.git("log", "--format=%s", "records", at=found.origin)
    assert "demo: begin to create" in log
    assert "demo: could not create" in log


def listening(address: str, port: int) -> socket.socket:
    holder = socket.socket()
    holder.bind((address, port))
    holder.listen()
    return holder


@pytest.mark.tensorflow
def test_every_cloud_tried_stands_in_the_issue_which_is_closed_once_it_runs(
    merged: Callable[..., Any], hub: Any, free_port: int
) -> None:
    found = merged(
        broken=False,
        inputs={"rest_port": free_port, "grpc_port": 0},
        placement={"clouds": ["far", "local", "other"]},
    )
    text = (found.root / "clouds/local.yaml").read_text()
    for name, address in (("far", "203.0.113.7"), ("other", "127.0.0.2")):
        again = text.replace("name: local", f"name: {name}")
        found.write({f"clouds/{name}.yaml": f"{again}address: {address}\n"})
    found.commit("three clouds")
    found.at(hub)
    with listening("127.0.0.1", free_port), listening("127.0.0.2", free_port):
        for _ in range(2):
            assert merge(found).code == 1
    (issue,) = hub.state.issues.values()
    assert hub.state.pulls == {}, "what the world lacks is no mistake of the wish"
    rows = [row for row in issue["body"].splitlines() if row.startswith("| `")]
    assert sorted(row.split("|")[1:3] for row in rows) == [
        [" `far` ", " cloud "],
        [" `local` ", " no room "],
        [" `other` ", " no room "],
    ]
    assert "It is tried again by itself" in issue["body"]
    (state,) = json.loads(found.deepcat("status", "--json").text)
    assert (state["status"], len(state["failures"])) == ("failed", 3)
    # The ports are free again: the watch heals it, and the issue is closed with a word.
    said = found.deepcat("ci", "watch", "--out", str(found.root / ".deepcat/ci"))
    assert said.code == 0, said.text
    assert issue["state"] == "closed"
    assert [each["body"] for each in hub.state.comments.values()] == ["It is as wished again."]


@pytest.mark.tensorflow
def test_the_version_before_goes_on_and_the_pull_request_brings_it_back(
    merged: Callable[..., Any], hub: Any
) -> None:
    found = merged(broken=False)
    found.at(hub)
    assert merge(found).code == 0
    good = found.git("rev-parse", "HEAD").strip()
    found.edit(f"{FOLDER}/module.yaml", "[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]")
    found.edit(f"{FOLDER}/module.yaml", "version: 1.0.0\n", "version: 1.0.1\n")
    found.write({f"{FOLDER}/extra.md": "new\n"})
    head = found.commit("a broken version")
    files = found.git("ls-tree", "-r", "--name-only", "HEAD").split()
    hub.commit(dict.fromkeys(files, "x"), "heads/main")
    said = merge(found, "--base", good)
    assert said.code == 1
    (pull,) = hub.state.pulls.values()
    assert "half-plus-two 1.0.1 is wished" in pull["body"]
    assert "Now: half-plus-two 1.0.0 on local." in pull["body"]
    assert f"Applied commit {head}" in pull["body"]
    after = hub.files("heads/deepcat/revert/demo")
    assert f"{FOLDER}/extra.md" not in after
    # What the proposal would bring back is the very file that was merged before.
    brought = after[f"{FOLDER}/module.yaml"]
    assert brought == found.git("rev-parse", f"{good}:{FOLDER}/module.yaml").strip()
    (state,) = json.loads(found.deepcat("status", "--json").text)
    assert (state["status"], state["version"]) == ("running", "1.0.0")
    assert "2.5" in found.deepcat("predict", "demo", "--sample", "1").text


def test_without_leave_to_write_records_nothing_is_done_and_people_are_told(
    merged: Callable[..., Any], hub: Any
) -> None:
    found = merged(broken=False)
    found.at(hub)
    hook = found.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'the branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    said = merge(found)
    assert said.code == 1
    assert "✗ demo: was not begun" in said.text
    (issue,) = hub.state.issues.values()
    assert "does not take records from here" in issue["body"]
    assert "the branch is protected" in issue["body"]
    assert not (found.root / ".deepcat/local").exists()
    assert "records" not in found.git("for-each-ref", at=found.origin)
    # The protection is lifted: the next merge does it, and closes the issue.
    hook.unlink()
    assert merge(found).code == 0
    assert issue["state"] == "closed"


def test_what_another_run_does_not_end_in_time_is_told(
    place: Callable[..., Any], wish: Callable[..., str]
) -> None:
    from deepcat.forge.bare import Bare
    from deepcat.forge.git import Repository
    from deepcat.loop.settle import settle
    from deepcat.loop.values import Stage
    from deepcat.plan.values import State, Status
    from deepcat.records.lease import Holder, Lease
    from deepcat.records.record import Record
    from deepcat.records.store import Store

    found = place({"deployments/demo.yaml": wish()})
    head = found.git("rev-parse", "HEAD").strip()
    said: list[str] = []
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        start = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19]
        holder = Holder(Holder.me().machine, other.pid, start)
        store = Store(found.root)
        state = State(
            "demo", MODULE, "1.0.0", "", "serve", {}, "local", "host", Status.PENDING, "", ""
        )
        intent = {"run": "another-run", "since": "2026-01-01T00:00:00+00:00"}
        Lease(store, holder).take("demo", intent, lambda: Record(state), "demo: begin")
        inbox = Bare(Repository(found.root))
        stage = Stage(found.root, head, "main", store, inbox, said.append, lambda _: None)
        settled = settle(stage, lambda _: ("demo",), patience_s=0)
        assert other.stdin
        other.stdin.close()
    (outcome,) = settled.outcomes
    assert (settled.is_well, outcome.begun, outcome.changed) == (False, False, False)
    assert "waiting: `demo` is being worked on since" in "\n".join(said)
    assert inbox.open_keys() == {"mend/demo"}
    record = store.read("demo")
    assert record and record.intent["run"] == "another-run", "it was left to the other run"


@pytest.mark.tensorflow
def test_an_outcome_that_cannot_be_written_is_told_and_made_good_by_the_next_merge(
    place: Callable[..., Any], wish: Callable[..., str], hub: Any
) -> None:
    found = place({"deployments/one.yaml": wish(), "deployments/two.yaml": wish()})
    found.at(hub)
    # The two intents are taken, then only what is of `two`.
    hook = found.origin / "hooks" / "update"
    hook.write_text(
        "#!/bin/sh\n"
        'test "$1" = refs/heads/records || exit 0\n'
        'case $(git log -1 --format=%s "$3") in\n'
        '  "one: begin"*|two:*) ;; *) echo "no room for it" >&2; exit 1 ;; esac\n'
    )
    hook.chmod(0o755)
    said = merge(found)
    assert said.code == 1
    assert "✗ one" in said.text
    assert "✓ two" in said.text
    (issue,) = hub.state.issues.values()
    assert issue["title"] == "one does not run as wished"
    assert "does not take records from here" in issue["body"]
    record = found.git("show", "records:deployments/one.yaml", at=found.origin)
    assert "intent" in record
    hook.unlink()
    assert merge(found).code == 0
    assert issue["state"] == "closed"
    record = found.git("show", "records:deployments/one.yaml", at=found.origin)
    assert "intent" not in record
    found.environment.clear()
    found.deepcat("destroy", "--all", "--yes")
