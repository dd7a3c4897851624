"""Batch jobs, step by step: handed over once, followed, and told how they ended."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pods.given import Run, cloud, means
from pods.stand_in import Kept

from deepcat.clouds.kinds.kubernetes import job_ends, mounted, steps
from deepcat.clouds.kinds.kubernetes.held import read_state
from deepcat.clouds.kinds.kubernetes.job_wanted import packed
from deepcat.clouds.kinds.kubernetes.jobs import repeats
from deepcat.clouds.kinds.kubernetes.observe import found
from deepcat.clouds.kinds.kubernetes.refused import refused

LOGIN = {"server": "https://k:6443", "token": "env:DEEPCAT_TRIAL_TOKEN"}
IMAGE = f"registry.example/shell@sha256:{'1' * 64}"

ROWS = yaml.safe_load(Path(__file__).with_name("jobs.yaml").read_text())


def _pod(row: Mapping[str, Any]) -> dict[str, Any]:
    status = {
        "phase": row.get("phase", "Pending"),
        "conditions": row.get("conditions", []),
        "initContainerStatuses": row.get("init", []),
        "containerStatuses": row.get("main", []),
    }
    spec = {"containers": row.get("containers", [{"name": "job"}])}
    return {"metadata": {"name": "demo-x1"}, "spec": spec, "status": status}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_what_becomes_of_it_is_told_by_what_the_cluster_says(row: dict[str, Any]) -> None:
    pods = [_pod(each) for each in row.get("pods", ())]
    status = {"conditions": row.get("job", [])}
    end = job_ends.end_of({"status": status}, pods)
    assert ([end.exit_status, end.why] if end else None) == row.get("end")
    if end:
        assert end.at == "2026-11-29T12:00:50+00:00"
        assert row.get("says", "") in end.detail
    assert job_ends.has_begun(pods) == row.get("begun", False)
    events = [
        {**each, "involvedObject": {"name": each.get("of", "demo-x1")}}
        for each in row.get("events", ())
    ]
    found_ = job_ends.trouble(pods, events, datetime(2026, 11, 29, 12, 1, tzinfo=UTC), 20)
    if "trouble" not in row:
        assert found_ is None
        return
    assert found_ is not None
    kind, code, says = row["trouble"]
    assert (found_.kind, found_.code) == (kind, code)
    assert says in found_.message


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    monkeypatch.setattr(steps, "Cluster", made)
    monkeypatch.setenv("DEEPCAT_TRIAL_TOKEN", "trial-token-0")
    return made


class Job:
    """A run of a deployment that is one job."""

    def __init__(self, root: Path, run: str, line: str = "true", **own: Any) -> None:
        more = {"jobs": {"image": IMAGE, "folders": {"/srv/notes": "notes"}}, **own}
        self.run = Run(cloud(LOGIN, "lab", **more), means(root), run, servers=0)
        owner = self.run.means.root / "files" / run / "demo" / "owner.json"
        owner.write_text(json.dumps({**json.loads(owner.read_text()), "is_job": True}))
        self.properties: dict[str, Any] = {"command": line}
        self.more: dict[str, Any] = {}

    def hand_over(self) -> Mapping[str, Any]:
        node = {"name": "work", "properties": self.properties, **self.more}
        self.run.step("begin")
        return self.run.step("job", node=node)

    def step(self, step: str, **values: Any) -> Mapping[str, Any]:
        return self.run.step(step, **values)

    def all(self) -> Mapping[str, Any]:
        """What the last step gave: settled, or why it was not proved, and then taken away."""
        for told in (self.hand_over(), self.step("prove")):
            if told.get("failed"):
                return {**told, "abandoned": self.step("abandon")}
        return self.step("settle")


def test_it_is_begun_and_its_end_is_told(kept: Kept, tmp_path: Path) -> None:
    told = Job(tmp_path, "r1").all()["deepcat"]
    (name,) = kept.names("jobs")
    assert told["resources"]["programs"] == [name]
    assert "ended" not in told
    (seen,) = listed(kept)
    assert (seen.up, seen.owner["status"]) == ({name}, "running")
    kept.exits = {name: 0}
    (seen,) = listed(kept)
    assert (seen.up, seen.owner["status"], seen.owner["exit_status"]) == (set(), "ended", 0)
    assert seen.owner["ended"] == "2026-11-29T12:00:30+00:00"


def listed(kept: Kept) -> Any:
    made = kept(cloud(LOGIN, "lab"), None)
    space = "/api/v1/namespaces/lab"
    tags = [
        each for each in made.list(f"{space}/configmaps") if "owner.json" in each.get("data", {})
    ]
    at = "/apis/batch/v1/namespaces/lab/jobs"
    jobs = [made.ask("GET", f"{at}/{name}") for name in kept.names("jobs")]
    return found("lab", tags, made.list(f"{space}/pods"), jobs)


def test_the_very_same_is_not_handed_over_again_and_another_is(kept: Kept, tmp_path: Path) -> None:
    Job(tmp_path, "r1").all()
    before = kept.names("jobs")
    again = Job(tmp_path, "r2")
    assert not again.hand_over()["changed"]
    again.step("settle")
    assert kept.names("jobs") == before
    kept.exits = {before[0]: 0}
    assert not Job(tmp_path, "r3").hand_over()["changed"], "it ended well"
    other = Job(tmp_path, "r4", "false")
    assert other.hand_over()["changed"]
    assert len(kept.names("jobs")) == 2, "what runs goes on until the other one has begun"
    other.step("prove")
    other.step("settle")
    (now,) = kept.names("jobs")
    assert now not in before
    assert len(kept.names("networkpolicies")) == 1


def test_a_run_that_is_killed_before_the_job_is_made_is_gone_on_with(
    kept: Kept, tmp_path: Path
) -> None:
    Job(tmp_path, "r1").hand_over()
    (path,) = [path for path in kept.held if "/jobs/" in path]
    del kept.held[path]
    assert Job(tmp_path, "r2").hand_over()["changed"]
    assert path in kept.held, "under the same name, so that it would be found had it been made"


@pytest.mark.parametrize("name", ["victim", "../../../v1/namespaces/lab/secrets/victim"])
def test_what_somebody_else_noted_ends_nothing_of_others(
    kept: Kept, tmp_path: Path, name: str
) -> None:
    Job(tmp_path, "r1").hand_over()
    (tag,) = [each for path, each in kept.held.items() if "/configmaps/deepcat-demo" in path]
    state = json.loads(tag["data"]["state.json"])
    state["jobs"]["work"]["candidate"]["program"] = name
    tag["data"]["state.json"] = json.dumps(state)
    told = Job(tmp_path, "r2", "another").hand_over()
    assert told["deepcat_failure"]["code"] == "run/noted"
    assert not [path for verb, path in kept.asked if verb == "DELETE"]


def test_one_that_is_lost_or_failed_is_begun_anew_under_another_name(
    kept: Kept, tmp_path: Path
) -> None:
    Job(tmp_path, "r1").all()
    (path,) = [path for path in kept.held if "/jobs/" in path]
    del kept.held[path]
    (seen,) = listed(kept)
    assert seen.up == set()
    Job(tmp_path, "r2").all()
    (second,) = kept.names("jobs")
    assert not path.endswith(second)
    kept.exits = {second: 3}
    assert Job(tmp_path, "r3").hand_over()["changed"]


@pytest.mark.parametrize(("status", "proof"), [(3, "started"), (0, "ended")])
def test_what_ends_soon_is_told_by_the_run(
    kept: Kept, tmp_path: Path, status: int, proof: str
) -> None:
    kept.exits = {"demo": status}
    told = Job(tmp_path, "r1").all()
    if not status:
        assert told["deepcat"]["ended"]["exit_status"] == 0
        return
    assert told["deepcat_failure"]["code"] == "run/job"
    assert told["msg"] == "the job ended with status 3"
    assert told["abandoned"]["deepcat"]["ended"]["exit_status"] == 3
    assert not told["abandoned"]["deepcat"]["left"]


def test_it_goes_with_its_owner_tag_and_leaves_nothing(kept: Kept, tmp_path: Path) -> None:
    made = Job(tmp_path, "r1")
    made.all()
    (job,) = [each for path, each in kept.held.items() if "/jobs/" in path]
    (owner,) = job["metadata"]["ownerReferences"]
    assert owner["kind"] == "ConfigMap"
    assert f"/api/v1/namespaces/lab/configmaps/{owner['name']}" in kept.held
    kept.pods = list  # type: ignore[method-assign,assignment]
    assert made.step("delete")["changed"]
    assert kept.held == {}


@pytest.mark.parametrize(
    ("given", "values", "code"),
    [
        ({"jobs": {}}, {}, "run/image"),
        ({}, {"artifacts": {"image": {"file": "/a/b.sif"}}}, "run/image"),
        ({}, {"artifacts": {"image": {"file": "library://a/b:1"}}}, "run/image"),
    ],
)
def test_an_image_that_no_cluster_can_have_is_refused(
    kept: Kept, tmp_path: Path, given: dict[str, Any], values: dict[str, Any], code: str
) -> None:
    job = Job(tmp_path, "r1", **given)
    job.more = values
    told = job.hand_over()
    assert (told["deepcat_failure"]["code"], told["deepcat_failure"]["kind"]) == (code, "cloud")
    assert kept.names("jobs") == []


def test_a_folder_of_the_owners_is_a_claim_or_is_refused(kept: Kept, tmp_path: Path) -> None:
    for folder, is_known in (("/srv/notes", True), ("/srv/other", False)):
        job = Job(tmp_path, f"r{is_known}")
        job.run.values["folders"] = [folder]
        told = job.hand_over()
        assert bool(told.get("failed")) != is_known
        if not is_known:
            assert told["deepcat_failure"]["code"] == "run/folder"
    (made,) = [each for path, each in kept.held.items() if "/jobs/" in path]
    assert "notes" in json.dumps(made["spec"]["template"]["spec"]["volumes"])


def test_one_that_repeats_stands_until_it_goes_or_is_another(kept: Kept, tmp_path: Path) -> None:
    hourly = Job(tmp_path, "r1")
    hourly.properties["schedule"] = "R/2026-01-01T00:22:00Z/PT1H"
    told = hourly.all()["deepcat"]
    (name,) = kept.names("cronjobs")
    assert (told["resources"]["programs"], "ended" in told) == ([name], False)
    assert kept.names("jobs") == []
    made = kept(cloud(LOGIN, "lab"), None)
    space = "/api/v1/namespaces/lab"
    tags = [each for path, each in kept.held.items() if "owner.json" in each.get("data", {})]
    assert repeats(read_state(tags[0]))
    there = made.list("/apis/batch/v1/namespaces/lab/cronjobs")
    (seen,) = found("lab", tags, made.list(f"{space}/pods"), there)
    assert (seen.up, seen.owner["status"]) == ({name}, "running")
    (lost,) = found("lab", tags, [], [])
    assert lost.up == set()
    again = Job(tmp_path, "r2")
    again.properties = hourly.properties
    assert not again.hand_over()["changed"]
    once = Job(tmp_path, "r3")
    once.all()
    assert (len(kept.names("jobs")), kept.names("cronjobs")) == (1, [])
    kept.pods = list  # type: ignore[method-assign,assignment]
    assert once.step("delete")["changed"]
    assert kept.held == {}


@pytest.mark.parametrize("schedule", ["R/2026-01-01T00:00:00Z/PT7M", "R/2999-01-01T00:00:00Z/P1D"])
def test_one_that_cron_cannot_repeat_is_refused(kept: Kept, tmp_path: Path, schedule: str) -> None:
    job = Job(tmp_path, "r1")
    job.properties["schedule"] = schedule
    assert job.hand_over()["deepcat_failure"]["code"] == "run/values"
    assert kept.names("cronjobs") == []


def trains(root: Path, run: str, address: str, size: int) -> Job:
    """A training that reads one file as data; its content came along."""
    job = Job(root, run)
    sums = f"{hashlib.sha256(b'0.5').hexdigest()}  a.csv\n"
    digest = hashlib.sha256(sums.encode()).hexdigest()
    came = Path(str(job.run.values["files"]), "data", digest)
    (came / "files").mkdir(parents=True)
    (came / "files" / "a.csv").write_bytes(b"0.5")
    (came / "sums").write_text(sums)
    told = {"birds": {"address": address, "digest": digest, "bytes": size}}
    job.properties = {"command": "python train.py", "evaluate": "python m.py", "data": told,
                      "begins_from": "a" * 64}  # fmt: skip
    job.more = {"type": "deepcat.nodes.TrainingJob"}
    return job


@pytest.mark.parametrize(
    ("address", "size", "connects", "comes", "code"),
    [
        ("datasets/birds/files", 3, False, True, ""),
        ("datasets/birds/files", 5_000_000, True, True, "data/space"),
        ("https://a.org/birds", 3, False, True, ""),
        ("https://a.org/birds", 5_000_000, False, True, "data/space"),
        ("https://a.org/birds", 5_000_000, True, False, ""),
        ("file:/srv/birds", 3, True, True, "data/folder"),
    ],
)
def test_data_of_a_training_comes_along_or_is_fetched_or_is_refused(
    kept: Kept, tmp_path: Path, address: str, size: int, connects: bool, comes: bool, code: str
) -> None:
    job = trains(tmp_path, "r1", address, size)
    job.run.values["connects"] = connects
    told = job.hand_over()
    if code:
        assert told["deepcat_failure"]["code"] == code
        assert kept.names("jobs") == []
        return
    (made,) = [each for path, each in kept.held.items() if "/jobs/" in path]
    spec = made["spec"]["template"]["spec"]
    assert [each["name"] for each in spec["initContainers"]] == ["fetch", "stage"]
    names = [name for content in _archives(kept) for name in _names(content)]
    assert any(each.endswith("/sums") for each in names)
    assert any(each.endswith("/files/a.csv") for each in names) == comes
    runs = json.loads(spec["containers"][1]["env"][0]["value"])
    assert runs["begins_from"] == "a" * 64
    assert (runs["evaluate"], [name for name, _ in runs["data"]]) == ("python m.py", ["birds"])


@pytest.mark.parametrize(
    ("address", "named", "volume", "mount"),
    [
        ("nfs://n.example.org/x/y", "n.example.org",
         {"nfs": {"server": "n.example.org", "path": "/x/y", "readOnly": True}}, {}),
        ("pvc://scans/x", "pvc://scans",
         {"persistentVolumeClaim": {"claimName": "scans", "readOnly": True}}, {"subPath": "x"}),
        ("pvc://scans", "scans", None, {}),
        ("nfs://n.example.org/x", "n.example.org:1", None, {}),
        ("s3://bucket/x", "bucket", None, {}),
    ],
)  # fmt: skip
def test_data_of_a_training_is_mounted_by_its_node_where_its_owners_say(
    kept: Kept, tmp_path: Path, address: str, named: str, volume: Any, mount: Any
) -> None:
    job = trains(tmp_path, "r1", address, 0)
    job.properties["data"]["birds"]["how"] = "mount"
    job.run.values["allowed_data"] = {"mounts": [named]}
    kept.held["/api/v1/namespaces/lab/persistentvolumeclaims/scans"] = {
        "metadata": {"name": "scans"}, "status": {"phase": "Bound"},
    }  # fmt: skip
    told = job.hand_over()
    if volume is None:
        assert told["deepcat_failure"]["code"] in ("data/host", "data/mount")
        assert kept.names("jobs") == []
        return
    (made,) = [each for path, each in kept.held.items() if "/jobs/" in path]
    spec = made["spec"]["template"]["spec"]
    (found,) = [each for each in spec["volumes"] if each["name"].startswith("mounted-")]
    assert found == {"name": found["name"], **volume}
    at = {"name": found["name"], "mountPath": "/mounted/birds", "readOnly": True, **mount}
    assert at in spec["containers"][1]["volumeMounts"]
    assert at not in spec["containers"][0]["volumeMounts"]
    runs = json.loads(spec["containers"][1]["env"][0]["value"])
    assert (runs["data"], runs["mounted"]) == ([], ["birds"])
    assert [each["name"] for each in spec["initContainers"]] == ["fetch"]


def test_a_claim_that_is_not_there_is_told_before_anything_is_made(
    kept: Kept, tmp_path: Path
) -> None:
    job = trains(tmp_path, "r1", "pvc://scans/x", 0)
    job.properties["data"]["birds"]["how"] = "mount"
    job.run.values["allowed_data"] = {"mounts": ["pvc://scans"]}
    told = job.hand_over()
    assert told["deepcat_failure"]["code"] == "data/mount"
    assert "has no claim `scans`" in told["msg"]
    assert kept.names("jobs") == []


def _names(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


def _archives(kept: Kept) -> list[bytes]:
    given = [each["binaryData"] for each in kept.held.values() if "binaryData" in each]
    return [base64.b64decode(value) for each in given for value in each.values()]


def test_a_modules_files_are_packed_alike_and_no_link_is_followed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "a.sh").write_text("#!/bin/sh\n")
        (tmp_path / name / "passwd").symlink_to("/etc/passwd")
    first, second = packed(tmp_path / "one"), packed(tmp_path / "two")
    assert first == second
    assert packed(tmp_path / "nowhere")


class Unseen:
    """A cluster that tells of a claim, and of no event."""

    namespace = "lab"

    def ask(self, verb: str, path: str) -> dict[str, Any]:
        return {"status": {"phase": "Pending"}}

    def list(self, path: str, **query: str) -> Any:
        raise refused(403, {"message": "events is forbidden"})


def test_a_claim_that_waits_is_no_fault_where_events_may_not_be_seen() -> None:
    mounted._require_claim(Unseen(), "scans")  # type: ignore[arg-type]
