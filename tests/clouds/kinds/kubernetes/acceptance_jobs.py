"""Jobs and containers on a real node: DEEP's own templates run, and what fails is told by what it
is. `make cluster`, as root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import forked
import pytest
import yaml
from cluster import images, serving
from cluster.control_plane import Cluster
from pods.given import Run, cloud, means
from waiting import until

from deepcat.clouds.kinds.kubernetes.kind import KIND

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
ROOT = Path(__file__).resolve().parents[4]
SUMS = ROOT / "tests" / "rigs" / "conformance" / "sums"
TEMPLATES = "tosca/templates"
# What stands for the image that INDIGO's template names; it fetches a script where theirs would.
ALGAE = "docker.io/indigodatacloudapps/algaebloom-barridocker:latest"
# Busybox' shell takes its own `wget` for any other.
SHELL = """\
#!/bin/busybox sh
wget() {
  echo 'echo "$D3D_BIN wants $INPUT_PATH of $INPUT_ONEDATA_SPACE"; pwd' >lifewatch_run.sh
  echo 'test -w /data' >>lifewatch_run.sh
}
test "$1" = -c || exec /bin/busybox sh "$@"
eval "$2"
"""
BASH = '#!/bin/busybox sh\nexec /bin/busybox sh "$@"\n'
_numbers = count()


@pytest.fixture(scope="module")
def own(real_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Our image, one with a shell, and the stand-in; the node has them."""
    folder = tmp_path_factory.mktemp("images")
    ours = serving.image(real_cluster, folder)
    images.stand_in(folder / "algae.tar", ALGAE, {"bin/sh": SHELL, "bin/bash": BASH})
    real_cluster.real["node-0"].load(folder / "algae.tar")
    login = {"kubeconfig": f"file:{real_cluster.kubeconfig}"}
    return {"login": login, "image": ours, "jobs": {"image": serving.shell(real_cluster)}}


@pytest.fixture
def lab(real_cluster: Cluster) -> Iterator[str]:
    """A namespace of the restricted standard."""
    name = f"job-lab-{next(_numbers)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client = real_cluster.client()
    client.make("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    yield name
    client.ask("DELETE", f"/api/v1/namespaces/{name}")


class Catalog:
    """A catalog of one module, whose topology is somebody else's template, and one wish."""

    def __init__(self, root: Path, own: Mapping[str, Any], template: Path, **wish: Any) -> None:
        self.root = root
        shutil.copytree(SUMS, root / "modules" / "sums")
        for folder in ("clouds", "deployments"):
            (root / folder).mkdir()
        shutil.copy(template, root / "modules" / "sums" / "tosca.yaml")
        head = {"apiVersion": "deepcat/v1"}
        self.write("deepcat.yaml", {**head, "title": "T", "id": "jobs-of-others"})
        where = {"name": "lab", "summary": "A cluster.", "price": 0, "kind": "kubernetes"}
        self.write("clouds/lab.yaml", {**head, **where, "kubernetes": own})
        bounds = {"placement": {"clouds": ["lab"]}, "owner": "ada", "profile": "serve"}
        asked = {"module": "sums", "version": "^1.0.0"}
        self.write("deployments/demo.yaml", {**head, **asked, **bounds, **wish})
        (root / ".gitignore").write_text(".deepcat/\n")
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "begin")

    def write(self, path: str, data: Any) -> None:
        (self.root / path).write_text(yaml.safe_dump(dict(data)))

    def git(self, *words: str) -> None:
        subprocess.run(["git", "-C", str(self.root), *words], check=True)

    def deepcat(self, *words: str, ok: bool = True) -> str:
        done = forked.run(
            [sys.executable, "-m", "deepcat", *words],
            cwd=self.root, capture_output=True, timeout=300,
        )  # fmt: skip
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return str(done.stdout + done.stderr)

    def state(self) -> dict[str, Any]:
        (found,) = json.loads(self.deepcat("status", "--json"))
        return dict(found)


def left(cluster: Cluster, namespace: str) -> list[str]:
    """What of the catalog is there, by the cluster's own listing."""
    paths = [f"api/v1/namespaces/{namespace}/{kind}" for kind in ("pods", "services", "configmaps")]
    paths += [f"apis/apps/v1/namespaces/{namespace}/deployments"]
    paths += [f"apis/batch/v1/namespaces/{namespace}/jobs"]
    chosen = "labelSelector=deepcat/catalog"
    told = [cluster.client().get(f"/{path}?{chosen}")["items"] for path in paths]
    return [each["metadata"]["name"] for items in told for each in items]


def test_a_template_of_marathon_runs_and_is_asked_through_a_tunnel(
    real_cluster: Cluster, lab: str, own: Mapping[str, Any], tmp_path: Path, shared_data: Path
) -> None:
    template = shared_data / TEMPLATES / "deep-oc/deep-oc-marathon-minimal.yml"
    line = 'cd && echo "at $HOME $(id -u)" >index.html && httpd -f -p 5000 -h /work'
    inputs = {"docker_image": own["jobs"]["image"], "run_command": line, "mem_size": "256 MB"}
    catalog = Catalog(tmp_path / "catalog", {**own, "namespace": lab}, template, inputs=inputs)
    assert "1 to create" in catalog.deepcat("plan")
    catalog.deepcat("apply", "--yes")
    state = catalog.state()
    assert state["status"] == "running"
    assert set(state["endpoints"]) == {"port-5000", "port-6006", "port-8888"}
    where = cloud(own["login"], lab, image=own["image"])

    def asked() -> bytes:
        with (
            KIND.tunnel(where, "demo", "cpu", state["endpoints"], means(tmp_path)) as there,
            urllib.request.urlopen(there["port-5000"], timeout=30) as answer,
        ):
            return bytes(answer.read())

    assert asked() == b"at /work 65534\n"
    assert "Nothing to do" in catalog.deepcat("apply", "--yes")
    wish = yaml.safe_load((catalog.root / "deployments/demo.yaml").read_text())
    wish["inputs"]["run_command"] = line.replace("at ", "now at ")
    catalog.write("deployments/demo.yaml", wish)
    catalog.git("commit", "-qam", "change")
    catalog.deepcat("apply", "--yes")
    assert asked() == b"now at /work 65534\n"
    catalog.deepcat("destroy", "demo", "--yes")
    assert left(real_cluster, lab) == []


def test_a_template_of_chronos_runs_to_its_end(
    real_cluster: Cluster, lab: str, own: Mapping[str, Any], tmp_path: Path, shared_data: Path
) -> None:
    inputs = {
        **{"smart_scheduling": False, "input_space_name": "in", "input_path": "/x"},
        **{"output_space_name": "out", "input_config_file": "a.mdf", "cpus": 0.5},
        **{"mem": "256 MB"},
    }
    template = shared_data / TEMPLATES / "lifewatch-algaebloom.yaml"
    catalog = Catalog(tmp_path / "catalog", {**own, "namespace": lab}, template, inputs=inputs)
    catalog.deepcat("apply", "--yes")
    until(lambda: catalog.state()["status"] == "ended")
    assert catalog.state()["exit_status"] == 0
    said = catalog.deepcat("logs", "demo")
    assert "/delft3d_repository wants /x of in" in said
    assert "/work" in said
    assert "Nothing to do" in catalog.deepcat("apply", "--yes")
    catalog.deepcat("destroy", "demo", "--yes")
    assert left(real_cluster, lab) == []


class Job:
    """One run of a deployment that is one job, step by step."""

    def __init__(self, own: Mapping[str, Any], lab: str, root: Path) -> None:
        more = {key: each for key, each in own.items() if key != "login"}
        self.run = Run(cloud(own["login"], lab, **more), means(root), "r1", servers=0, timeout=120)
        self.run.values["proof"] = "ended"

    def told(self, line: str, image: str = "", **properties: Any) -> Mapping[str, Any]:
        """What the run says of it, taken down again."""
        node = {"name": "job", "properties": {"command": line, **properties}}
        node |= {"artifacts": {"image": {"file": image}}} if image else {}
        told = [self.run.step("begin"), self.run.step("job", node=node)]
        told.append(self.run.step("prove") if not told[-1].get("failed") else told[-1])
        self.run.step("abandon")
        return told[-1]


@pytest.fixture
def job(own: Mapping[str, Any], lab: str, tmp_path: Path) -> Job:
    return Job(own, lab, tmp_path)


def test_it_finds_what_is_its_own_and_nothing_else(job: Job) -> None:
    line = (
        "test -w $DEEPCAT_WORK && test -r $DEEPCAT_MODULE/m.tar.gz && ! touch $DEEPCAT_MODULE/x"
        " && ! touch /x && test $(id -u) = 65534 && ! test -e /var/run/secrets && echo fine >f"
    )
    told = job.told(line, std_outerr="log.txt")
    assert not told.get("failed"), told


def test_a_status_of_its_own_is_told(job: Job) -> None:
    told = job.told("echo words; exit 7")
    assert told["msg"] == "the job ended with status 7"
    assert told["log"].endswith("\nwords")


def test_one_whose_time_is_over_is_told(job: Job) -> None:
    told = job.told("sleep 100", wall_clock="0:00:05")
    assert told["msg"] == "the job ended with status 124, for its time was over"


def test_one_that_takes_too_much_memory_is_told(job: Job) -> None:
    line = "dd() { :; }; x=aaaaaaaaaaaaaaaa; while :; do x=$x$x$x$x; done"
    assert job.told(line)["msg"] == "the job ended with status 137, for want of memory"


def test_it_is_tried_again_as_often_as_it_asks(job: Job, lab: str, real_cluster: Cluster) -> None:
    assert "status 3" in job.told("exit 3", retries=1)["msg"]


def test_an_image_that_is_nowhere_is_told_in_the_events_words(job: Job) -> None:
    told = job.told("true", "registry.invalid/nobody/nothing:1")
    assert told["deepcat_failure"]["code"] == "run/image"
    assert "registry.invalid" in told["msg"]


def test_one_that_no_node_takes_is_told_in_the_schedulers_words(job: Job) -> None:
    job.run.values["keeper"]["needs"] = {"cpus": 500, "memory_MiB": 64}
    told = job.told("true")
    failure = told["deepcat_failure"]
    assert (failure["code"], failure["kind"]) == ("run/unschedulable", "capacity")
    assert "Insufficient cpu" in told["msg"]


def test_a_quota_is_told_in_its_own_words(job: Job, lab: str, real_cluster: Cluster) -> None:
    client, path = real_cluster.client(), f"/api/v1/namespaces/{lab}/resourcequotas"
    client.make(path, {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}})
    client.until(f"{path}/none", lambda told: told.get("status", {}).get("hard"))
    told = job.told("true")
    failure = told["deepcat_failure"]
    assert (failure["code"], failure["kind"]) == ("run/quota", "quota")
    assert "exceeded quota: none" in told["msg"]


@pytest.mark.timeout(600)
def test_one_that_repeats_runs_by_itself_and_goes(
    real_cluster: Cluster, lab: str, own: Mapping[str, Any], tmp_path: Path
) -> None:
    told = {name: own[name] for name in ("image", "jobs")}
    made = Run(cloud(own["login"], lab, **told), means(tmp_path), "r1", servers=0, timeout=120)
    again = {"command": "echo once more", "schedule": "R/2026-01-01T00:00:00Z/PT1M"}
    steps = [made.step("begin"), made.step("job", node={"name": "job", "properties": again})]
    steps += [made.step("prove"), made.step("settle")]
    assert not any(each.get("failed") for each in steps), steps
    given = "demo", "cpu", {}, made.means

    def has_run() -> bool:
        return "once more" in KIND.logs(made.cloud, *given, 20, False)

    until(has_run, patience_s=240)
    (found,) = KIND.observe([made.cloud], made.means).found
    assert found.up == set(steps[-1]["deepcat"]["resources"]["programs"])
    assert made.step("delete")["changed"]
    path = f"/apis/batch/v1/namespaces/{lab}/cronjobs"
    assert real_cluster.client().get(path)["items"] == []
