"""What a person is told of Ansible's events."""

from __future__ import annotations

from pathlib import Path

import pytest
from free_ports import free_ports
from sshd import Sshd

from deepcat.clouds.failure import FailureKind
from deepcat.remote import ssh
from deepcat.runs.events import Watcher
from deepcat.runs.plays import Part
from deepcat.runs.unreached import Unreached
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


@pytest.mark.system("sshd")
@pytest.mark.starts("sshd")
def test_a_refused_login_is_none_that_is_down_though_ansible_did_not_wait_for_ssh(
    tmp_path: Path,
) -> None:
    # As Ansible says it where ssh has not ended yet though it takes nothing any more.
    silent = "Data could not be sent to remote host '127.0.0.1'. Make sure this host can be reached"
    (port,) = free_ports(1)
    sshd = Sshd(tmp_path, port)
    sshd.start()
    part = Part("demo", (), {}, connection=ssh.variables(sshd.link))
    event = {"host": "demo", "task": "one", "res": {"msg": f"{silent} over SSH."}}

    def failure() -> tuple[FailureKind, str]:
        watcher = Watcher("far", {"demo": "demo"}, 1, lambda _: None, told=Unreached([part]).told)
        watcher.take({"event": "runner_on_unreachable", "event_data": event})
        found = watcher.hosts["demo"].failure
        assert found is not None
        return found.kind, found.code

    try:
        assert failure() == (FailureKind.CLOUD, "run/unreachable"), "it is let in again by now"
        (tmp_path / "authorized_keys").write_text("")
        assert failure() == (FailureKind.AUTH, "run/denied")
    finally:
        sshd.stop()
    assert failure() == (FailureKind.CLOUD, "run/unreachable")
