"""The rights that `deepcat clouds rights` writes, on a real control plane: all goes with them, and
one verb less is told by its name. `make cluster`.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster.client import Client
from cluster.control_plane import Cluster
from cluster.devices import publish
from pods.desks import lay
from pods.given import Run, cloud, means

from deepcat.catalog.values import Cloud
from deepcat.clouds.kinds.kubernetes import rights
from deepcat.clouds.kinds.kubernetes.edge import Cluster as Edge
from deepcat.clouds.kinds.kubernetes.forward import selector
from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.errors import DeepcatError

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
KEYS = {"keys": [{"name": "ada", "sha256": "a" * 64}], "proof": "p" * 40}
# So that what adds pods is made, looked at and taken away, too.
SEVERAL = {"capabilities": {"scalable": {"max_instances": 2}}}
# What the whole cluster's role says, too; what only a cluster of 1.35 or newer asks for.
SPARED = rights.SPARED | {("pods", "list"), ("pods/portforward", "create")}
_AT_ONCE = 8
_numbers = count()
_WHERE = {
    "Role": "rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "ClusterRole": "rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1/clusterrolebindings",
}


@pytest.fixture(scope="module", autouse=True)
def nodes(cluster: Cluster) -> None:
    cluster.advertised.add(2, "right")


def space(client: Client) -> str:
    """A new namespace."""
    name = f"right-{next(_numbers)}"
    client.make("/api/v1/namespaces", {"metadata": {"name": name}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    return name


def granted(client: Client, text: str, namespace: str) -> None:
    """Apply what was written, as who runs the cluster does."""
    for each in yaml.safe_load_all(text):
        client.make(f"/apis/{_WHERE[each['kind']].format(namespace)}", each)


def logged_in(cluster: Cluster, namespace: str, **more: Any) -> Cloud:
    """A cloud's file of an account of the namespace, by its token."""
    client = cluster.client()
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    client.make(path, {"metadata": {"name": "robot"}})
    told = client.make(f"{path}/robot/token", {"spec": {}})
    at = Path(cluster.folder) / f"{namespace}.token"
    at.write_text(told["status"]["token"])
    authority = Path(cluster.api.keys.authority).read_text()
    own = {"server": cluster.server, "authority": authority, "token": f"file:{at}"}
    more |= {"notebooks": {"storage": "1Gi"}}
    # Of one name, deployments of one name would go one after the other.
    return replace(cloud(own, namespace, wait=60, **more), name=namespace)


def life(where: Cloud, root: Path) -> list[str]:
    """All that deepcat does there, and the words in which it was refused something."""
    made = Run(where, means(root), "r1", access={"asks": True})
    probe = KIND.probe(where, made.means)
    told = [made.step("begin"), made.step("access", keys=KEYS)]
    # Nothing runs on such nodes that could be asked with a key.
    told += [*made.made(**SEVERAL), made.step("prove"), made.step("settle", keys=KEYS)]
    said = [] if probe.healthy else [probe.detail]
    said += [str(each["msg"]) for each in told if each.get("failed")]
    said.append(KIND.observe([where], made.means).detail)
    said += [each for each in _previewed(where, made) if "not known" in each]
    edge = Edge(where, made.means)
    try:
        said += _asked(edge, told)
    finally:
        edge.close()
    ended = (made.step("delete"), *of_a_job(where, root), *of_a_notebook(where, root))
    said += [str(each.get("msg") or "") for each in ended]
    return [each for each in said if each]


def of_a_job(where: Cloud, root: Path) -> Iterator[Mapping[str, Any]]:
    """What each step of a batch job gives, and of one that repeats."""
    for name, schedule in (("work", ""), ("hourly", "R/2026-01-01T00:22:00Z/PT1H")):
        made = Run(where, means(root), "r1", deployment=name, servers=0)
        yield made.step("begin")
        artifacts = {"image": {"file": "registry.example/shell:1"}}
        own = {"command": "true", "schedule": schedule}
        node = {"name": "job", "properties": own, "artifacts": artifacts}
        asked = {**made.values, "step": "job", "node": node}
        told = KIND.preview(where, made.means, [asked])
        yield {"msg": " ".join(each for each in told if "not known" in each)}
        yield made.step("job", node=node)
        yield made.step("prove")
        yield made.step("settle")
        yield {"msg": KIND.observe([where], made.means).detail}
        yield made.step("delete")


def of_a_notebook(where: Cloud, root: Path) -> Iterator[Mapping[str, Any]]:
    """What each step of a notebook gives, which has no node, and whether its token is had."""
    made = Run(where, means(root), "r1", deployment="desk", servers=0)
    lay(Path(str(made.values["files"])) / "module")
    yield made.step("begin")
    for number in "12":  # of the second, its claim is looked at
        node = {"name": "notebook", "properties": {"environment": {"MODEL_NUMBER": number}}}
        asked = {**made.values, "step": "notebook", "node": node}
        told = KIND.preview(where, made.means, [asked])
        yield {"msg": " ".join(each for each in told if "not known" in each)}
        if number == "1":
            yield made.step("notebook", node=node)
    yield made.step("settle")
    try:
        desk = KIND.desk(where, made.means, "desk", "cpu")  # type: ignore[attr-defined]
        yield {"msg": "" if desk and desk.token() else "no token is had"}
    except DeepcatError as error:
        yield {"msg": error.message}
    yield made.step("delete")


def _previewed(where: Cloud, made: Run) -> Sequence[str]:
    """What a plan says of the same once more, of which it looks at each object."""
    sha256 = hashlib.sha256(made.content).hexdigest()
    model = {"name": "half", "version": 1, "archive": "m.tar.gz", "sha256": sha256}
    needs = {"requirements": {"model": ["model"]}}
    server = {"name": "server", "properties": {}, **needs, **SEVERAL}
    nodes = {"model": {"name": "model", "properties": model}, "server": server}
    steps = [{**made.values, "step": step, "node": node} for step, node in nodes.items()]
    return KIND.preview(where, made.means, steps)


def _asked(edge: Edge, told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a reader is refused: a way, a pod's words."""
    pods = f"/api/v1/namespaces/{edge.namespace}/pods"
    try:
        selector(edge, str((told[-1].get("deepcat") or {})["endpoints"]["rest"]))
    except DeepcatError as error:
        yield error.message
    except KeyError:
        pass
    with suppress(RefusedError):
        for pod in edge.list(pods):
            name = pod["metadata"]["name"]
            for ask in (
                lambda n=name: edge.text(f"{pods}/{n}/log"),
                lambda n=name: edge.forward(n, 8501).close(),
            ):
                try:
                    ask()
                except RefusedError as error:  # nothing runs there; what counts is who says so
                    if error.status == 403 or "Forbidden" in error.message:
                        yield f"{error.message} (cannot get pods of a part)"
            break


def test_all_goes_by_what_is_written(cluster: Cluster, tmp_path: Path) -> None:
    client = cluster.client()
    name = space(client)
    where = logged_in(cluster, name)
    assert life(where, tmp_path / "before"), "nobody may do a thing yet"
    granted(client, rights.rights(name, [("account", "robot")], "apply", "rbac"), name)
    assert life(where, tmp_path / "after") == []
    for kind in ("configmaps", "secrets", "services", "pods"):
        path = f"/api/v1/namespaces/{name}/{kind}?labelSelector=deepcat/catalog"
        client.until(path, lambda told: not told["items"])


def test_what_is_claimed_goes_by_what_is_written(cluster: Cluster, tmp_path: Path) -> None:
    client = cluster.client()
    (node,) = cluster.advertised.add(1, "right-card")
    publish(client, node, {"gpu-0": {"productName": "NVIDIA L4"}})
    name = space(client)
    granted(client, rights.rights(name, [("account", "robot")], "apply", "rbac"), name)
    where = logged_in(cluster, name)
    shape = "claim-gpu_nvidia_com.NVIDIA-L4.1"
    probe = KIND.probe(where, means(tmp_path))
    assert {each.name: each.free for each in probe.shapes}[shape] == 1
    keeper = {"module": "kubernetes", "shape": shape, "needs": {"cpus": 0.5, "memory_MiB": 64}}
    made = Run(where, means(tmp_path), "r1", keeper=keeper, cards={"server": 1})
    told = made.all()
    assert not told.get("failed"), told
    assert made.step("delete")["changed"]


def less(rules: Sequence[rights.Rule]) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Each resource with each of its verbs, and all rules without that one.

    Nobody needs what is about claims or queues where there are none.
    """
    others_ = ["resource.k8s.io"], ["kueue.x-k8s.io"]
    for each in (one for one in rules if one["apiGroups"] not in others_):
        for verb in each["verbs"]:
            rest = [one for one in each["verbs"] if one != verb]
            others = [dict(one) for one in rules if one is not each]
            kept = [{**each, "verbs": rest}] if rest else []
            yield each["resources"][0], verb, [*others, *kept]


@pytest.mark.timeout(1200)
def test_one_verb_less_is_told_by_its_name(cluster: Cluster, tmp_path: Path) -> None:
    client = cluster.client()

    def tried(given: tuple[str, str, list[dict[str, Any]], bool]) -> str:
        resource, verb, rules, is_whole = given
        name = space(client)
        text = rights.rights(name, [("account", "robot")], "apply", "rbac")
        for each in yaml.safe_load_all(text):
            if each["kind"] == ("ClusterRole" if is_whole else "Role"):
                each["rules"] = rules
            client.make(f"/apis/{_WHERE[each['kind']].format(name)}", each)
        said = " ".join(life(logged_in(cluster, name), tmp_path / name))
        client.ask("DELETE", f"/api/v1/namespaces/{name}")
        if (resource, verb) in SPARED and not is_whole:
            return "" if not said else f"{verb} {resource} is not spared: {said[:300]}"
        part = "pods" if "/" in resource else resource
        if re.search(rf"cannot {verb} resource \"{part}|cannot get pods of a part", said):
            return ""
        return f"{verb} {resource} is not told, or needed: {said[:300]}"

    rows = [(*each, False) for each in less(rights.APPLY)]
    rows += [(*each, True) for each in less(rights.LOOK)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        wrong = [each for each in pool.map(tried, rows) if each]
    assert not wrong, "\n".join(wrong)


def test_abac_lets_an_account_do_the_same_and_no_more() -> None:
    folder = Path(tempfile.mkdtemp(prefix="dck-"))
    policy, name = folder / "policy.jsonl", "lab"
    made = rights.rights(name, [("account", "robot")], "apply", "abac")
    own = {"user": "admin", "namespace": "*", "apiGroup": "*", "resource": "*"}
    line = {"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": own}
    policy.write_text(made + json.dumps(line) + "\n")
    words = ["--authorization-mode=ABAC", f"--authorization-policy-file={policy}"]
    cluster = Cluster(folder / "c", {}, arguments=words)
    (folder / "c").mkdir()
    try:
        cluster.begin()
        cluster.advertised.add(1, "right")
        client = cluster.client()
        client.make("/api/v1/namespaces", {"metadata": {"name": name}})
        client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
        where = logged_in(cluster, name)
        assert life(where, folder / "life") == []
        edge = Edge(where, means(folder))
        with pytest.raises(RefusedError, match="cannot list resource"):
            edge.list("/api/v1/namespaces/kube-system/secrets")
        edge.close()
    finally:
        cluster.end()
        shutil.rmtree(folder, ignore_errors=True)
