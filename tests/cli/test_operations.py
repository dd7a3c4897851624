"""What is said of a change that failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepcat.cli.operations import _state_now
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.plan.values import Action, Change, State, Status
from deepcat.runs.values import Job, Outcome

STATE = State(
    name="demo", module="lines", version="1.0.0", module_digest="", profile="serve", inputs={},
    cloud="here", shape="host", status=Status.RUNNING, wish_digest="", commit="",
    endpoints={"rest": "http://127.0.0.1:1"},
)  # fmt: skip
STANDS = Failure(FailureKind.CLOUD, "run/going", "its server is still there", "", "here")
FAILED = replace(STATE, status=Status.FAILED, endpoints={})


@pytest.mark.parametrize(
    ("action", "before", "state", "left", "said"),
    [
        (Action.CREATE, None, FAILED, (), "failed; nothing of it was left"),
        (Action.CREATE, None, FAILED, (STANDS,), "failed; it may be left"),
        (Action.UPDATE, STATE, STATE, (), "failed; lines 1.0.0 goes on as before"),
        (Action.DELETE, STATE, STATE, (), "could not be taken away, or not whole"),
        (Action.DELETE, FAILED, FAILED, (), "could not be taken away, or not whole"),
    ],
)
def test_it_is_said_what_is_left(
    action: Action, before: State | None, state: State, left: tuple[Failure, ...], said: str
) -> None:
    change = Change(action, "demo", "lines", "1.0.0", "serve")
    job = Job(change, before=before)
    assert _state_now(Outcome(job, state, ok=False, left=left)) == said
