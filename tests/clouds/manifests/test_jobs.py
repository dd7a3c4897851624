"""Manifests of jobs and containers: valid in the oldest and newest cluster, shut, run as said."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from deepcat.clouds.manifests import containers, pods, trainings
from deepcat.clouds.manifests.containers import Container
from deepcat.clouds.manifests.jobs import MODULE, Batch, Staging, Training, job, made_of, repeated
from deepcat.clouds.manifests.values import Card, Model, Served

CONTENT = b"files" * 99
FILES = Model("module", 1, hashlib.sha256(CONTENT).hexdigest(), content=CONTENT, is_plain=True)
WHAT = Served("demo-1-0a1b", "a/b:1", (FILES,), namespace="lab", fetcher="ours:1", cpus=0.5)
PLAIN = Batch(WHAT, "echo $(date)")
FULL = Batch(
    replace(WHAT, card=Card("nvidia.com/gpu", 2, {"a": "b"}), pull_secret="registry"),
    "./train.sh",
    retries=3,
    time_s=90,
    outputs={"both": "log.txt"},
    volumes=("/data", "/work"),
    folders={"/srv/notes": "notes"},
    connects=True,
    environment={"A": "$(HOME)", "HOME": "/data"},
    owner={"apiVersion": "v1", "kind": "ConfigMap", "name": "tag", "uid": "1"},
)
CASES = {"plain": PLAIN, "full": FULL}


DATA = ({"name": "birds", "digest": "0" * 64, "address": "https://a.org/$(b)", "bytes": 9},)
TRAINS = replace(
    FULL, training=Training({}, {}, 1 << 20, True, "kept", "x", Staging(DATA, ("a.org",), 9))
)


@pytest.mark.parametrize("version", ["1.28", kubernetes_validate.latest_version()])
def test_a_training_is_valid_and_its_script_only_reads_its_data(version: str) -> None:
    made = trainings.made_of(TRAINS)
    for document in made:
        kubernetes_validate.validate(document, ".".join(version.split(".")[:2]), strict=True)
    pod = made[-1]["spec"]["template"]["spec"]
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"] == pods.SHUT
        assert container["resources"]["limits"]["memory"]
    assert [each["name"] for each in pod["initContainers"]] == ["fetch", "stage"]
    assert "https://a.org/$$(b)" in pod["initContainers"][1]["env"][0]["value"]
    writes = {
        each["name"]
        for each in (*pod["initContainers"], *pod["containers"])
        for mount in each["volumeMounts"]
        if mount["name"] == "data" and not mount.get("readOnly")
    }
    assert writes == {"stage"}
    assert "data" not in json.dumps(pod["containers"][0]["volumeMounts"]), "who looks after it"


@pytest.mark.parametrize("version", ["1.28", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("batch", CASES.values(), ids=CASES)
def test_every_object_is_valid(batch: Batch, version: str) -> None:
    made = made_of(batch)
    assert [each["kind"] for each in made] == ["ConfigMap", "NetworkPolicy", "Job"]
    for document in made:
        kubernetes_validate.validate(document, ".".join(version.split(".")[:2]), strict=True)


RUNS = {
    "plain": Container(replace(WHAT, models=(), state="0a1b2c3d")),
    "full": Container(
        replace(FULL.what, models=(), state="0a1b2c3d"),
        "serve --on $(hostname)",
        (5000, 6006),
        ("/data",),
        {"A": "$(HOME)"},
        connects=True,
        is_pulled=True,
    ),
}


@pytest.mark.parametrize("version", ["1.28", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("container", RUNS.values(), ids=RUNS)
def test_every_object_of_a_container_is_valid(container: Container, version: str) -> None:
    made = containers.made_of(container)
    made += [containers.service(container.what, container.ports)] if container.ports else []
    for document in made:
        kubernetes_validate.validate(document, ".".join(version.split(".")[:2]), strict=True)


def test_a_container_is_shut_and_told_from_others_by_its_state() -> None:
    plain, full = RUNS.values()
    for each in (plain, full):
        (own,) = containers.pod(each)["containers"]
        assert own["securityContext"] == pods.SHUT
        assert containers.pod(each)["automountServiceAccountToken"] is False
    assert "command" not in containers.pod(plain)["containers"][0], "its image's own program"
    (own,) = containers.pod(full)["containers"]
    assert own["command"][-1] == "serve --on $$(hostname)"
    assert own["readinessProbe"]["tcpSocket"] == {"port": 5000}
    assert own["imagePullPolicy"] == "Always"
    assert containers.state(full) != containers.state(replace(full, line="serve"))


@pytest.mark.parametrize("batch", CASES.values(), ids=CASES)
def test_a_pod_is_restricted_and_begun_once(batch: Batch) -> None:
    spec = job(batch)["spec"]
    pod = spec["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert {next(k for k in v if k != "name") for v in pod["volumes"]} <= {
        "emptyDir", "projected", "persistentVolumeClaim",
    }  # fmt: skip
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"] == pods.SHUT
        assert container["resources"]["limits"]["memory"]
    assert pod["restartPolicy"] == "Never"
    assert (spec["completions"], spec["parallelism"]) == (1, 1)
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule["action"] == "Ignore"


@pytest.mark.parametrize("version", ["1.28", kubernetes_validate.latest_version()])
def test_one_that_repeats_is_valid_and_its_jobs_are_nobody_elses(version: str) -> None:
    marked = replace(FULL.what, marks={"kueue.x-k8s.io/queue-name": "q"}, labels={"a/b": "c"})
    batch = replace(FULL, what=marked, schedule="22 * * * *")
    made = made_of(batch)[-1]
    kubernetes_validate.validate(made, ".".join(version.split(".")[:2]), strict=True)
    assert made == repeated(batch)
    spec = made["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("22 * * * *", "Etc/UTC")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"] == job(batch)["spec"]
    theirs = spec["jobTemplate"]["metadata"]["labels"]
    assert theirs["kueue.x-k8s.io/queue-name"] == "q"
    assert theirs.keys() & marked.labels.keys() == set()
    plain = repeated(replace(batch, what=replace(marked, marks={})))
    assert plain["spec"]["jobTemplate"]["metadata"]["labels"], "else those of its pods are given"
    assert made["metadata"]["labels"]["a/b"] == "c"


def test_what_it_asks_for_is_said() -> None:
    spec = job(FULL)["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (3, 90)
    (container,) = spec["template"]["spec"]["containers"]
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert mounts["/data"] == mounts["/work"] == "work"
    assert mounts["/srv/notes"] == "folder-0"
    assert mounts[MODULE] == "models"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert job(PLAIN)["spec"]["backoffLimit"] == 0
    assert "activeDeadlineSeconds" not in job(PLAIN)["spec"]
    assert "ownerReferences" not in job(PLAIN)["metadata"]


def test_no_text_of_a_catalog_is_a_variable_of_the_clusters() -> None:
    (container,) = job(PLAIN)["spec"]["template"]["spec"]["containers"]
    assert container["command"][-1] == "echo $$(date)"
    (container,) = job(FULL)["spec"]["template"]["spec"]["containers"]
    told = {each["name"]: each["value"] for each in container["env"]}
    assert (told["A"], told["HOME"], told["DEEPCAT_MODULE"]) == ("$$(HOME)", "/data", MODULE)


def test_whom_it_may_call_is_everybody_or_nobody() -> None:
    egress = [made_of(each)[1]["spec"]["egress"] for each in (PLAIN, FULL)]
    assert egress == [[], [{}]]


STREAMS = ({}, {"both": "b"}, {"out": "o"}, {"err": "e"}, {"out": "o", "err": "e"})


@pytest.mark.starts("a shell")
@pytest.mark.parametrize("to", STREAMS, ids=json.dumps)
def test_what_it_says_goes_to_its_log_and_to_files_and_its_status_is_its_own(
    to: dict[str, str], tmp_path: Path
) -> None:
    line = "echo said; echo moaned >&2; exit 3 # its end"
    (container,) = job(replace(PLAIN, line=line, outputs=to))["spec"]["template"]["spec"][
        "containers"
    ]
    words: list[Any] = [*container["command"][:2], container["command"][2].replace("$$(", "$(")]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout + done.stderr == "said\nmoaned\n"
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    texts = {"both": "said\nmoaned\n", "out": "said\n", "err": "moaned\n"}
    assert found == {file: texts[stream] for stream, file in to.items()}
