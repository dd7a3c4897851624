"""What a large cluster costs: a plan against its nodes and pods, a look at all that runs there, and
many deployments at once beside one.

A real control plane at the loopback (`tests/rigs/cluster`; Go builds it once), whose nodes are
objects of its API alone. The hundred that go side by side take their steps as `deepcat apply` has
them taken, sixteen at a time, until a service leads to their pods; nothing runs that could be asked
for samples. The thousand are their owner tags and pods' keepers, of wishes and records as any.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench" / "RESULTS" / "large_cluster.txt"
sys.path[:0] = [str(ROOT / "tests" / "rigs"), str(ROOT)]

NODES, PODS, MANY, ALL = 1000, 5000, 100, 1000
PARTS = ("etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager")
FORKS, ROUNDS = 16, 3
MOST_PLAN_S, MOST_LOOK_S, MOST_RATIO = 2.0, 10.0, 3.0
SPACE, STATE = "bench", "deepcat/state"
GPU = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.memory": "40960"}
_LISTS = re.compile(r'^apiserver_request_total\{.*verb="LIST".*\} ([0-9.e+]+)$', re.MULTILINE)
_lines: list[str] = []


def rig(name: str) -> Any:
    """A module of the tests' rigs."""
    return import_module(name)


def told(words: str, took: tuple[float, float] | None = None, wanted: str = "") -> None:
    """Say a line, and keep it; with what it took, and what is wanted."""
    line = f"{words:48}{took[0]:8.2f} s, {took[1]:6.2f} s of CPU here" if took else words
    line += f" (wanted: {wanted})" if wanted else ""
    print(line, flush=True)
    _lines.append(line)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that passed, and of CPU that this process took, with what it started."""
    before, begin = _cpu(), time.perf_counter()
    work()
    return time.perf_counter() - begin, _cpu() - before


def theirs(cluster: Any) -> float:
    """Seconds of CPU that the control plane took so far."""
    running, tick = cluster.api.running, os.sysconf("SC_CLK_TCK")
    found = 0
    for name in PARTS:
        fields = Path(f"/proc/{running.pid(name)}/stat").read_text().rpartition(")")[2].split()
        found += int(fields[11]) + int(fields[12])
    return found / tick


def _cpu() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in map(resource.getrusage, whose))


@contextmanager
def begun() -> Iterator[Any]:
    """A control plane with one namespace of ours."""
    folder = Path(tempfile.mkdtemp(prefix="dck-"))
    cluster = rig("cluster.control_plane").Cluster(folder)
    try:
        cluster.begin()
        client = cluster.client()
        client.make("/api/v1/namespaces", {"metadata": {"name": SPACE}})
        client.until(f"/api/v1/namespaces/{SPACE}/serviceaccounts/default", bool)
        yield cluster
    finally:
        cluster.end()
        shutil.rmtree(folder, ignore_errors=True)


def lists(cluster: Any, resources: str) -> float:
    """How often these resources were listed so far, as the API server counts it."""
    _, content = cluster.client().raw("GET", "/metrics")
    text = content.decode()
    wanted = re.compile(rf'resource="({resources})"')
    return sum(float(each[1]) for each in _LISTS.finditer(text) if wanted.search(each[0]))


def runs(cluster: Any, root: Path, names: list[str]) -> list[Any]:
    """Runs of deployments of one model, none taken yet."""
    given = rig("pods.given")
    login = {"kubeconfig": f"file:{cluster.kubeconfig}"}
    where = given.cloud(login, SPACE, wait=300)
    return [
        given.Run(where, given.means(root), "r1", deployment=name, timeout=300) for name in names
    ]


def brought(run: Any) -> None:
    """One deployment, from nothing to a service that leads to its pods."""
    settled = run.all()
    assert not settled.get("failed"), settled


def gone(each: list[Any]) -> None:
    with ThreadPoolExecutor(FORKS) as pool:
        for answer in pool.map(lambda run: run.step("delete"), each):
            assert not answer.get("failed"), answer


def side_by_side(cluster: Any, root: Path) -> None:
    """A hundred beside one."""
    ones, many = [], []  # seconds, and seconds of CPU
    for number in range(ROUNDS):
        alone = runs(cluster, root / f"one{number}", [f"one-{number}"])
        ones.append(timed(lambda each=alone: brought(each[0])))
        gone(alone)
        before = theirs(cluster)
        all_ = runs(cluster, root / f"m{number}", [f"m{number}-{i}" for i in range(MANY)])
        with ThreadPoolExecutor(FORKS) as pool:
            many.append(timed(lambda each=all_, by=pool: list(by.map(brought, each))))
        used = theirs(cluster) - before
        gone(all_)
    one, hundred = min(ones), min(many)
    told("one deployment until a service leads to it", one)
    told(f"{MANY} side by side, {FORKS} at a time", hundred)
    told(f"of the hundred, the control plane's own CPU is {used:.1f} s, of {os.cpu_count()} cores")
    told(f"ratio {hundred[0] / one[0]:.2f} x", None, f"{MOST_RATIO:g} x")


def filled(cluster: Any) -> None:
    """Nodes, of which half have cards, and pods of somebody else on them."""
    cluster.advertised.add(NODES // 2, "plain")
    cluster.advertised.add(NODES // 2, "card", GPU, {"nvidia.com/gpu": "4"})
    names = [f"{make}-{i}" for make in ("plain", "card") for i in range(NODES // 2)]
    client = cluster.client()
    asks = {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}

    def pod(number: int) -> None:
        node = names[number % NODES]
        containers = [{"name": "one", "image": "none", "resources": asks},
                      {"name": "beside", "image": "none", "resources": asks}]  # fmt: skip
        client.make("/api/v1/namespaces/default/pods", {
            "metadata": {"name": f"other-{number}", "labels": {"app": "other"}},
            "spec": {"nodeName": node, "containers": containers},
        })  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pod, range(PODS)))
    path = "/api/v1/pods?fieldSelector=status.phase%3DPending&limit=1"
    client.until(path, lambda found: not found["items"], 900)


def catalog(cluster: Any, root: Path, names: list[str]) -> Path:
    """A catalog whose one cloud is the cluster, with these wishes."""
    module = "half-plus-two"
    for part in ("clouds", "deployments"):
        (root / part).mkdir(parents=True)
    shutil.copy(ROOT / "deepcat.yaml", root)
    shutil.copytree(ROOT / "modules" / module, root / "modules" / module,
                    ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    own = {"login": {"kubeconfig": f"file:{cluster.kubeconfig}"}, "namespace": SPACE,
           "image": f"registry.example/serving@sha256:{'0' * 64}"}  # fmt: skip
    cloud = {"apiVersion": "deepcat/v1", "name": "lab", "kind": "kubernetes", "price": 0,
             "summary": "One cluster.", "kubernetes": own}  # fmt: skip
    (root / "clouds" / "lab.yaml").write_text(json.dumps(cloud))
    wish = {"apiVersion": "deepcat/v1", "module": module, "version": "^1.0.0", "profile": "serve",
            "inputs": {"rest_port": 0, "grpc_port": 0}, "placement": {"clouds": ["lab"]},
            "owner": "ada"}  # fmt: skip
    for name in names:
        (root / "deployments" / f"{name}.yaml").write_text(json.dumps(wish))
    (root / ".gitignore").write_text(".deepcat/\n")
    who = {f"GIT_{part}_{what}": "bench@localhost" for part in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")}  # fmt: skip
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "begin")):
        subprocess.run(["git", "-C", str(root), *words], check=True, env=os.environ | who)
    return root


def planned(cluster: Any, root: Path) -> None:
    """A plan of one wish against all of it."""
    made = catalog(cluster, root / "plan", ["demo"])
    from deepcat.loop.world import gather

    look = rig("deepcat.clouds.kinds.kubernetes.kind").KIND
    given = rig("pods.given")
    where = runs(cluster, root / "probe", ["none"])[0].cloud
    probes = [timed(lambda: look.probe(where, given.means(root))) for _ in range(ROUNDS + 1)][1:]
    plans = []
    for _ in range(ROUNDS + 1):
        plans.append(timed(lambda: gather(made).plan()))
    told(f"what {NODES} nodes and {PODS} pods leave free", min(probes))
    told("a plan of one wish against them", min(plans[1:]), f"{MOST_PLAN_S:g} s")


def tagged(made: Path, like: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Name -> the owner tag that a run leaves, of each wish of a catalog."""
    from deepcat.clouds.means import means
    from deepcat.loop.world import gather
    from deepcat.plan.digests import plain
    from deepcat.runs.state import intended
    from deepcat.runs.values import Job

    gathered, now = gather(made), datetime.now(UTC)
    found = {}
    for change in gathered.plan().changes:
        name, wish = change.deployment, gathered.wishes[change.deployment]
        state = intended(Job(change, wish), change.offer, "r1", gathered.commit, now)
        resources = {**like["resources"], "programs": [f"{name}-{0:06d}-{1:08x}"]}
        own = {"status": "running", "resources": resources, "endpoints": like["endpoints"]}
        found[name] = {**plain(state), "catalog": means(made).catalog, **own}
    return found


def standing(cluster: Any, tags: dict[str, dict[str, Any]]) -> None:
    """The tags, and a pod of each that is ready."""
    from deepcat.clouds.kinds.kubernetes import names

    client = cluster.client()

    def one(item: tuple[str, dict[str, Any]]) -> None:
        name, owner = item
        labels = names.labels(owner["catalog"], name)
        client.make(f"/api/v1/namespaces/{SPACE}/configmaps", {
            "metadata": {"name": names.tag_name(owner["catalog"], name),
                         "labels": {**labels, names.PART: names.OWNER}},
            "data": {"owner.json": json.dumps(owner), "state.json": "{}"},
        })  # fmt: skip
        (program,) = owner["resources"]["programs"]
        client.make(f"/api/v1/namespaces/{SPACE}/pods", {
            "metadata": {"name": f"{program}-77-x1", "labels": {**labels, STATE: f"{1:08x}"}},
            "spec": {"nodeName": f"plain-{hash(name) % (NODES // 2)}",
                     "containers": [{"name": "server", "image": "none"}]},
        })  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, tags.items()))
    path = f"/api/v1/namespaces/{SPACE}/pods?fieldSelector=status.phase%3DPending&limit=1"
    client.until(path, lambda found: not found["items"], 900)


def watched(cluster: Any, root: Path) -> None:
    """A look at a thousand deployments, by the records that their own tags give back."""
    run = runs(cluster, root / "like", ["like"])[0]
    like = run.all()["deepcat"]
    gone([run])
    names = [f"d{number:04d}" for number in range(ALL)]
    made = catalog(cluster, root / "watch", names)
    standing(cluster, tagged(made, like))
    deepcat = [sys.executable, "-m", "deepcat", "-C", str(made)]
    subprocess.run([*deepcat, "records", "rebuild", "--yes"], check=True, capture_output=True)
    said, looks = "", []
    for _ in range(ROUNDS + 1):
        before = lists(cluster, "configmaps"), lists(cluster, "pods")

        def look() -> None:
            nonlocal said
            done = subprocess.run([*deepcat, "ci", "watch", "--dry-run"], capture_output=True,
                                  text=True, check=True)  # fmt: skip
            said = done.stdout

        looks.append(timed(look))
        after = lists(cluster, "configmaps"), lists(cluster, "pods")
    assert "Everything is as recorded" in said, said[:2000]
    told(f"a watch of {ALL} deployments", min(looks[1:]), f"{MOST_LOOK_S:g} s")
    tags, pods = (round(b - a) for a, b in zip(before, after, strict=True))
    told(f"it asked for tags {tags} times and for pods {pods} times, page by page of 500")


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder, begun() as cluster:
        root = Path(folder)
        cluster.advertised.add(20, "first")
        side_by_side(cluster, root)
        filled(cluster)
        planned(cluster, root)
        watched(cluster, root)
    OUT.write_text("\n".join(_lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
