"""What Ansible left unsaid, and several hosts of one deployment as one."""

from __future__ import annotations

import pytest

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.runs.events import HostResult
from deepcat.runs.plays import Part
from deepcat.runs.results import account_for, join

OWN = Failure(FailureKind.MODULE, "run/sample", "wrong")
UP, DOWN = Part("a", (), {}), Part("a", (), {}, is_removed=True)
LEFT = Part("a", (), {}, leaving=({"hosts": "a.old", "name": "x", "tasks": []},))


@pytest.mark.parametrize(
    ("part", "result", "rc", "code"),
    [
        (UP, HostResult(is_proved=True), 0, ""),
        (UP, HostResult(is_proved=True), 4, ""),
        (UP, HostResult(), 0, "run/ansible"),
        (UP, HostResult(), 4, "run/ansible"),
        (UP, HostResult(failure=OWN), 2, "run/sample"),
        (UP, HostResult(failure=OWN, is_proved=True), 0, "run/sample"),
        (DOWN, HostResult(), 0, ""),
        (DOWN, HostResult(), 4, "run/ansible"),
        (DOWN, HostResult(), -1, "run/ansible"),
        (DOWN, HostResult(failure=OWN), 2, "run/sample"),
    ],
)
def test_a_host_of_which_nothing_was_said_has_failed(
    part: Part, result: HostResult, rc: int, code: str
) -> None:
    account_for({"a": result}, [part], rc, "", "near")
    assert (result.failure.code if result.failure else "") == code
    if code == "run/ansible":
        assert result.failure is not None
        assert (result.failure.kind, result.failure.cloud) == (FailureKind.CLOUD, "near")
        how = "was killed" if rc < 0 else f"ended with status {rc}"
        assert result.failure.message == f"Ansible {how}"


def test_what_only_the_old_version_has_fails_nothing() -> None:
    hosts = {"a": HostResult(is_proved=True), "a.old": HostResult()}
    account_for(hosts, [LEFT], 2, "", "near")
    assert [result.failure for result in hosts.values()] == [None, None]


def test_ansible_s_own_first_error_is_the_reason() -> None:
    result = HostResult()
    account_for({"a": result}, [UP], 4, "PLAY\n  ERROR! no hosts\nERROR! later\n", "near")
    assert result.failure is not None
    assert result.failure.message == "ERROR! no hosts"


def test_what_its_interpreter_said_last_is_the_reason() -> None:
    result = HostResult()
    account_for({"a": result}, [UP], -1, "Fatal Python error: Aborted\n", "near")
    assert result.failure is not None
    assert result.failure.message == "Fatal Python error: Aborted"


def test_several_hosts_are_one_deployment() -> None:
    whole = join(
        [
            HostResult(found={"endpoints": {"rest": "1"}, "samples": {"passed": 1, "at": "x"}}),
            HostResult(
                failure=OWN, log="the log", changed=True, notes=["one"],
                found={"endpoints": {"grpc": "2"}, "samples": {"passed": 2}},
            ),
            HostResult(failure=Failure(FailureKind.CLOUD, "x", "y"), log="later", notes=["two"]),
        ]
    )  # fmt: skip
    assert (whole.failure, whole.log, whole.changed) == (OWN, "the log", True)
    assert whole.found == {"endpoints": {"rest": "1", "grpc": "2"}, "samples": {"passed": 2}}
    assert whole.notes == ["one", "two"]
    assert join([HostResult()]) == HostResult()
