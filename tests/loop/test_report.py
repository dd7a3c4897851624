"""Who hears of a cloud that refused our credentials, though the deployment runs elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.offers import Probe
from deepcat.forge.values import Issue
from deepcat.loop.report import report
from deepcat.loop.settle import Settled, Stage
from deepcat.plan.values import Action, Change, State, Status
from deepcat.runs.values import Job, Outcome

DENIED = Failure(FailureKind.AUTH, "run/denied", "no key", "give one", "far", "begin")


class Inbox:
    """What is open, in memory."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}

    def put_issue(self, issue: Issue) -> str:
        self.open[issue.key] = issue.title
        return f"here/{issue.key}"

    def open_keys(self) -> frozenset[str]:
        return frozenset(self.open)

    def close(self, key: str, _reason: str) -> None:
        self.open.pop(key, None)


def outcome(cloud: str, *passed: Failure) -> Outcome:
    state = State(
        "demo", "digits", "1", "d", "serve", {}, cloud, "s", Status.RUNNING, "w", "c"
    )  # fmt: skip
    change = Change(Action.CREATE, "demo", "digits", "1", "serve")
    return Outcome(Job(change), state, ok=True, passed=passed)


def tell(
    inbox: Inbox,
    *outcomes: Outcome,
    clouds: tuple[str, ...] = ("far", "near"),
    seen: Probe | None = None,
) -> list[str]:
    said: list[str] = []
    stage: Any = Stage(Path(), "c", "main", None, inbox, said.append, lambda _: None)
    catalog = SimpleNamespace(deployments={"demo": None}, clouds=dict.fromkeys(clouds))
    gathered: Any = SimpleNamespace(catalog=catalog, records={}, probes={"far": seen})
    assert report(stage, gathered, Settled(outcomes)) == ()
    return said


def test_a_cloud_that_lets_nobody_look_is_told_until_it_answers() -> None:
    inbox = Inbox()
    said = tell(inbox, seen=Probe("far", healthy=False, detail="HTTP 401", refused=True))
    assert inbox.open == {"probe/far": "far refuses our credentials"}
    assert said == ["far: it refuses our credentials: here/probe/far"]
    for seen in (None, Probe("far", healthy=False, detail="no route"), Probe("far", refused=True)):
        tell(inbox, seen=seen)
        assert "probe/far" in inbox.open, "who is silent says nothing of credentials"
    tell(inbox, seen=Probe("far"))
    assert inbox.open == {}


def test_it_is_told_until_something_runs_there_again() -> None:
    inbox = Inbox()
    said = tell(inbox, outcome("near", DENIED))
    assert inbox.open == {"auth/far": "far refuses our credentials"}
    assert said == ["far: it refuses our credentials: here/auth/far"]
    tell(inbox, outcome("near"))
    assert "auth/far" in inbox.open, "nobody has tried it since"
    tell(inbox, outcome("far"), outcome("near", DENIED))
    assert "auth/far" in inbox.open, "one got in, another did not"
    tell(inbox, outcome("far"))
    assert inbox.open == {}


def test_it_is_forgotten_with_its_cloud() -> None:
    inbox = Inbox()
    tell(inbox, outcome("near", DENIED), clouds=("near", "far"))
    tell(inbox, clouds=("near",))
    assert inbox.open == {}
