"""What a job's node asks for, in each vocabulary: rows with the exact command."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.host.failure import StepError
from deepcat.host.job.engines import Apptainer, Podman
from deepcat.host.job.wanted import wanted_of

DEEP = {
    "executable": "curl -s https://example.org/deep.sh | bash",
    "environment": {"DOCKER_IMAGE": "example/app:cpu", "UDOCKER_RUN_COMMAND": "app train"},
}


def wanted(properties: dict[str, Any], **more: Any) -> Any:
    return wanted_of("job", {"name": "job", "properties": properties, **more}, {})


@pytest.mark.parametrize(
    ("properties", "line", "image"),
    [
        ({"executable": "train.py"}, "train.py", ""),
        ({"executable": "a", "arguments": "--b $C"}, "a --b $C", ""),
        ({"executable": "a", "arguments": ["--b", "c d", 3]}, "a --b 'c d' 3", ""),
        ({"command": "cd x && run"}, "cd x && run", ""),
        (DEEP, "app train", "example/app:cpu"),
        ({**DEEP, "environment": {"UDOCKER_RUN_COMMAND": "x"}}, DEEP["executable"], ""),
    ],
)
def test_the_command(properties: dict[str, Any], line: str, image: str) -> None:
    found = wanted(properties)
    assert (found.line, found.image) == (line, image)


TRAINING = {"command": "python train.py", "time_limit": "2 h"}
LIMITS = {
    "cost": 7.2,
    "disk_bytes": 1000,
    "nan": False,
    "stop": {"metric": "loss", "patience": 3, "higher_is_better": False},
}


def training(properties: dict[str, Any], **values: Any) -> Any:
    node = {"name": "job", "type": "deepcat.nodes.TrainingJob", "properties": properties}
    return wanted_of("job", node, {"training": values})


def test_what_a_training_may_use_changes_nothing_of_its_goal() -> None:
    plain = training(TRAINING)
    bounded = training({**TRAINING, "limits": LIMITS}, price_hour=3.6, again=7, afresh=True)
    assert bounded.limits == {"cost_s": 7200.0} | {k: v for k, v in LIMITS.items() if k != "cost"}
    assert (bounded.again, bounded.time_s) == (7, 7200.0)
    assert training(TRAINING, more_s=60).time_s == 60
    assert plain.aim == bounded.aim == training(TRAINING, halt=True).aim
    assert plain.aim != training({**TRAINING, "inputs": {"epochs": 4}}).aim
    assert "cost_s" not in training({**TRAINING, "limits": LIMITS}, price_hour=0).limits
    assert "limits" not in wanted({"command": "a"}).as_dict(), "other jobs stay what they are"


@pytest.mark.parametrize("held", [{"cost": "much"}, {"stop": {"metric": "a"}}, {"disk_bytes": "x"}])
def test_a_limit_that_is_none_is_said(held: dict[str, Any]) -> None:
    with pytest.raises(StepError, match="a limit of the training is none"):
        training({**TRAINING, "limits": held}, price_hour=1)


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [("4:00:00", 14400), ("1-12:30", 131400), ("90", 5400), ("", 0), ("00:00:02", 2)],
)
def test_the_time(clock: str, seconds: float) -> None:
    assert wanted({"executable": "a", "wall_clock": clock}).time_s == seconds


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({}, "no command"),
        ({"executable": "a", "wall_clock": "soon"}, "no time"),
        ({"executable": "a", "stdout": "../o"}, "no file of the job's folder"),
        ({"executable": "a", "stdout": "/etc/passwd"}, "no file of the job's folder"),
        ({"executable": "a", "environment": {"A=B": "c"}}, "cannot be set"),
        ({"executable": "a", "environment": {"DOCKER_IMAGE": "--privileged"}}, "image"),
        ({"executable": "a", "environment": {"DOCKER_IMAGE": "docker://-v/:/h"}}, "image"),
    ],
)
def test_what_cannot_be_used(properties: dict[str, Any], says: str) -> None:
    with pytest.raises(StepError, match=says) as caught:
        wanted(properties)
    assert (caught.value.kind, caught.value.code) == ("module", "run/values")


def test_a_containers_image_variables_and_folders() -> None:
    found = wanted(
        {"command": "run", "environment_variables": {"A": True}, "retries": 3},
        artifacts={"image": {"file": "example/tool:1"}},
        host={"volumes": ["/data:rw"]},
    )
    assert (found.image, found.environment, found.retries) == (
        "example/tool:1",
        (("A", "true"),),
        3,
    )
    assert found.volumes == ("/data",)


JOB = {
    "image": "example/tool:1", "work": "/p/work", "volumes": ["/data"], "line": "run --all",
    "environment": {"A": "b"}, "cards": 0, "uuids": [], "memory_bytes": 1024, "connects": False,
    "program": "demo~job~1~job",
}  # fmt: skip


def test_engines_are_told_the_same_job() -> None:
    assert Podman("podman").command(JOB) == [
        "podman", "run", "--name=deepcat-demo-job-1-job", "--replace", "--rm", "--cap-drop=all",
        "--security-opt=no-new-privileges", "--workdir=/work", "--memory=1024b",
        "--network=none", "--volume=/p/work:/work", "--volume=/p/work:/data", "--env=A",
        "--entrypoint=/bin/sh", "example/tool:1", "-c", "run --all",
    ]  # fmt: skip
    assert Apptainer("apptainer").command(JOB) == [
        "apptainer", "--quiet", "exec", "--containall", "--no-home", "--writable-tmpfs",
        "--pwd=/work", "--net", "--network=none",
        "--bind=/p/work:/work", "--bind=/p/work:/data", "--env=A=b",
        "docker://example/tool:1", "/bin/sh", "-c", "run --all",
    ]  # fmt: skip
