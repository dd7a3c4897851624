"""What a person is told of Ansible's events."""

from __future__ import annotations

from deepcat.runs.events import Watcher
from deepcat.runs.values import Event


def test_what_is_left_out_after_a_failure_is_not_told_as_done() -> None:
    told: list[Event] = []
    watcher = Watcher("near", {"a": "garden"}, 7, told.append)
    for kind, step in (
        ("runner_on_ok", "send what is needed"),
        ("runner_on_failed", "start"),
        ("runner_on_ok", "take away what failed"),
        ("runner_on_skipped", "wait until it answers, and compare the samples"),
        ("runner_on_skipped", "let it take over"),
    ):
        watcher.take({"event": kind, "event_data": {"host": "a", "task": step, "res": {}}})
    assert [(event.step, event.ok, event.done) for event in told] == [
        ("send what is needed", True, 1),
        ("start", False, 2),
        ("take away what failed", True, 3),
    ]
