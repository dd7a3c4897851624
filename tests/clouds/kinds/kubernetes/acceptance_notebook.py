"""Notebooks on a real node: filled, reached, kept, stopped, begun again. `make cluster`, as root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import notebooks
import pytest
from cluster import serving
from cluster.control_plane import Cluster
from kernels import compute
from pods.desks import lay
from pods.given import Run, cloud, means
from pods.served import OnCluster, namespace
from ssh_catalog import MODULE
from waiting import until
from wheels import pin, wheel

from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.host.environments.pins import pins_of
from deepcat.loop.notebooks import Notebook
from deepcat.runtime import environments, jupyter

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
LEARNS = Path(__file__).resolve().parents[3] / "rigs" / "conformance" / "learns"
NODE = {"name": "notebook", "type": "deepcat.nodes.Notebook"}
_numbers = count()


@pytest.fixture(scope="module")
def image(real_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serving.image(real_cluster, tmp_path_factory.mktemp("images"))


@contextmanager
def claimable(cluster: Cluster) -> Iterator[str]:
    """A namespace of the restricted standard, and a volume for claims of the class of its name."""
    client, (node,) = cluster.client(), cluster.real.values()
    with namespace(cluster, f"notebook-lab-{next(_numbers)}") as name:
        folder = node.library / name
        folder.mkdir()
        folder.chmod(0o777)
        spec = {
            "capacity": {"storage": "2Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": name,
            "hostPath": {"path": f"/var/lib/{name}"},
        }
        client.make("/api/v1/persistentvolumes", {"metadata": {"name": name}, "spec": spec})
        yield name
    client.ask("DELETE", f"/api/v1/persistentvolumes/{name}")


@pytest.fixture(scope="module")
def lab(real_cluster: Cluster) -> Iterator[str]:
    with claimable(real_cluster) as name:
        yield name


def claims(cluster: Cluster, lab: str) -> list[dict[str, Any]]:
    path = f"/api/v1/namespaces/{lab}/persistentvolumeclaims"
    return list(cluster.client().get(path)["items"])


class Works:
    """One deployment that is a notebook of the module `learns`, run by run."""

    def __init__(self, cluster: Cluster, lab: str, image: str, root: Path) -> None:
        login = {"kubeconfig": f"file:{cluster.kubeconfig}"}
        self.cloud = cloud(
            login, lab, image=image, wait=60, notebooks={"storage": "1Gi", "class": lab}
        )
        self.cluster, self.client = cluster, cluster.client()
        self.means, self.lab, self.root = means(root), lab, root
        self._runs = count(1)

    def run(self) -> Run:
        made = Run(self.cloud, self.means, f"r{next(self._runs)}", servers=0, timeout=300)
        module = Path(str(made.values["files"])) / "module"
        shutil.rmtree(module)
        shutil.copytree(LEARNS, module)
        package = self.root / "wheels" / "slope-0.1-py3-none-any.whl"
        lock = f"{pin(package, 'slope')}\n"
        (module / "requirements.lock").write_text(lock)
        lay(module)
        return made

    def begin(self, **properties: Any) -> dict[str, Any]:
        made = self.run()
        node = {
            **NODE,
            "properties": {"idle": "2h", "requirements": "requirements.lock", **properties},
        }
        told = [made.step("begin"), made.step("notebook", node=node), made.step("prove")]
        assert not any(each.get("failed") for each in told), told
        settled = made.step("settle")
        assert not settled.get("failed"), settled
        return dict(settled["deepcat"])

    def desk(self) -> Any:
        return KIND.desk(self.cloud, self.means, "demo", "cpu")  # type: ignore[attr-defined]

    def asked(self, path: str, endpoints: dict[str, str], token: str = "") -> Any:
        with KIND.tunnel(self.cloud, "demo", "cpu", endpoints, self.means) as found:
            own = {"Authorization": f"token {token}"} if token else {}
            with urlopen(Request(f"{found['notebook']}{path}", headers=own), timeout=60) as answer:
                return json.load(answer)

    def notebook(self) -> Notebook:
        return Notebook("demo", "learns", "", self.desk(), outlived=False)

    def content(self, path: str) -> str:
        found = self.endpoints()
        told = self.asked(f"api/contents/{path}", found, self.desk().token())
        return str(told["content"])

    def compute(self, code: str) -> str:
        token = self.desk().token()
        with KIND.tunnel(self.cloud, "demo", "cpu", self.endpoints(), self.means) as found:
            return compute(found["notebook"], token, code)

    def endpoints(self) -> dict[str, str]:
        (found,) = KIND.observe([self.cloud], self.means).found
        return dict(found.owner["endpoints"])

    def claim(self) -> dict[str, Any]:
        (found,) = claims(self.cluster, self.lab)
        return found

    def names(self) -> list[str]:
        return [str(each["metadata"]["name"]) for each in self.pods()]

    def running(self) -> list[str]:
        going = ("Pending", "Running")
        return [
            str(each["metadata"]["name"])
            for each in self.pods()
            if each["status"]["phase"] in going and not each["metadata"].get("deletionTimestamp")
        ]

    def pods(self) -> list[dict[str, Any]]:
        return list(self.client.get(f"/api/v1/namespaces/{self.lab}/pods")["items"])


@pytest.fixture(scope="module")
def works(
    real_cluster: Cluster, lab: str, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Works]:
    pins = pins_of(jupyter.lock().decode(), "jupyter.lock", "run/environment")
    environments.built(pins, ".".join(map(str, sys.version_info[:2])))  # while its index is asked
    root = tmp_path_factory.mktemp("works")
    folder = wheel(root / "wheels", "slope", "STEP = 0.5\n").parent
    settings = root / "pip.conf"
    settings.write_text(f"[global]\nno-index = true\nfind-links = {folder}\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PIP_CONFIG_FILE", str(settings))
        patched.delenv("PIP_FIND_LINKS", raising=False)
        yield Works(real_cluster, lab, image, root)


# One after the other, for each start takes a while.
def test_it_answers_by_its_token_alone(works: Works) -> None:
    found = works.begin()
    assert works.asked("api/status", found["endpoints"], works.desk().token())["kernels"] == 0
    for token in ("", "t" * 40):
        with pytest.raises(HTTPError) as caught:
            works.asked("api/kernels", found["endpoints"], token)
        assert caught.value.code == 403
    (pod,) = works.pods()
    assert works.desk().token() not in json.dumps(pod)
    assert pod["spec"]["serviceAccountName"] == "default"
    assert not pod["spec"]["automountServiceAccountToken"]
    assert found["resources"]["work"] == [works.claim()["metadata"]["name"]]


def test_a_kernel_has_the_module_s_environment_and_writes_beside_its_files(works: Works) -> None:
    code = (
        "import pathlib, slope; pathlib.Path('made.txt').write_text('by hand'); print(slope.STEP)"
    )
    assert works.compute(code) == "0.5\n"
    assert works.content("made.txt") == "by hand"
    assert works.content("train.py") == (LEARNS / "train.py").read_text()


def test_the_work_outlives_its_pod(works: Works) -> None:
    (pod,) = works.pods()
    works.client.ask("DELETE", f"/api/v1/namespaces/{works.lab}/pods/{pod['metadata']['name']}")
    until(lambda: works.names() not in ([], [pod["metadata"]["name"]]), patience_s=120)
    until(lambda: bool(works.desk().now().get("answers")), patience_s=120)
    assert works.content("made.txt") == "by hand"


def files_of(bundle: bytes, folder: Path) -> dict[str, str]:
    """What Git finds in a bundle, by the work's ref."""
    (folder / "work.bundle").write_bytes(bundle)
    ref = "refs/deepcat/work/demo"

    def git(*words: str) -> str:
        argv = ["git", "-C", str(folder), *words]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    git("init", "--quiet", "--bare", ".")
    git("fetch", "--quiet", "work.bundle", f"+{ref}:{ref}")
    names = git("ls-tree", "-r", "--name-only", ref).split()
    return {name: git("show", f"{ref}:{name}") for name in names}


def test_its_work_comes_to_git(works: Works, tmp_path: Path) -> None:
    found = files_of(works.desk().bundle(), tmp_path)
    assert found["made.txt"] == "by hand"
    assert found["train.py"] == (LEARNS / "train.py").read_text()
    assert not [path for path in found if path.startswith(".deepcat")]


def test_it_is_stopped_its_work_is_had_and_it_goes_on(works: Works, tmp_path: Path) -> None:
    token = works.desk().token()
    now = works.notebook().ask("stop")
    assert (now.runs, now.left, now.why) == (False, True, "somebody asked for it")
    assert not works.running()
    assert works.desk().token() == ""
    assert files_of(works.desk().bundle(), tmp_path)["made.txt"] == "by hand"
    assert not works.running()
    (listed,) = KIND.observe([works.cloud], works.means).found
    assert listed.up  # it is no loss that somebody stopped it
    works.begin()  # nor does an apply of the same begin it
    assert not works.running()
    assert works.notebook().ask("start", {"idle_s": 7200}).runs
    until(lambda: bool(works.desk().now().get("answers")), patience_s=120)
    assert works.content("made.txt") == "by hand"
    assert works.desk().token() not in ("", token)


def test_it_stops_by_itself_when_nobody_uses_it(works: Works) -> None:
    works.notebook().ask("", {"idle_s": 4})
    until(lambda: not works.notebook().now().runs, patience_s=120)
    assert works.notebook().now().why == "nobody used it"
    assert not works.running()
    assert works.claim()


def test_it_goes_with_its_deployment(works: Works) -> None:
    assert works.run().step("delete")["changed"]
    until(lambda: not claims(works.cluster, works.lab), patience_s=60)
    assert not works.pods()
    path = f"/api/v1/namespaces/{works.lab}/secrets"
    assert not works.client.get(path)["items"]


@pytest.fixture
def catalog(real_cluster: Cluster, image: str, tmp_path: Path) -> Iterator[OnCluster]:
    """One with a wish for a notebook, of commands."""
    with claimable(real_cluster) as name:
        own = {"login": {"kubeconfig": f"file:{real_cluster.kubeconfig}"}, "namespace": name}
        own |= {"image": image, "wait": 60, "notebooks": {"storage": "1Gi", "class": name}}
        made = OnCluster(tmp_path / "catalog", own)
        made.begin(real_cluster.kubeconfig)
        (made.root / "modules" / MODULE / "train.py").write_text("print(1)\n")
        wish = made.root / "deployments" / "demo.yaml"
        told = {**json.loads(wish.read_text()), "profile": "develop", "inputs": {}}
        wish.write_text(json.dumps(told))
        made.commit()
        made.lab = name  # type: ignore[attr-defined]
        yield made


def test_commands_open_it_hold_its_work_back_and_propose_it(
    real_cluster: Cluster, catalog: OnCluster
) -> None:
    with notebooks.opened(catalog.root, "demo") as told:
        address = told["address"]
        own = {"Authorization": f"token {notebooks.token(address)}"}
        assert notebooks.status(address, "api/contents") == 403
        assert notebooks.status(address, "api/contents/train.py", **own) == 200
        content = {"type": "file", "format": "text", "content": "print(2)\n"}
        url = address.partition("lab?")[0] + "api/contents/train.py"
        put = Request(url, json.dumps(content).encode(), own, method="PUT")
        with urlopen(put, timeout=60) as answer:
            assert answer.status == 200
    assert catalog.state()["status"] == "running"
    said = catalog.deepcat("destroy", "demo", "--yes", ok=False)
    assert "`train.py` of `demo` would go" in said
    assert "[develop/unsaved]" in said
    assert "demo is stopped" in catalog.deepcat("develop", "stop", "demo")
    assert "[develop/unsaved]" in catalog.deepcat("destroy", "demo", "--yes", ok=False)
    assert len(claims(real_cluster, catalog.lab)) == 1  # type: ignore[attr-defined]
    with notebooks.opened(catalog.root, "demo") as told:
        again = {"Authorization": f"token {notebooks.token(told['address'])}"}
        assert again != own
        assert notebooks.status(told["address"], "api/contents/train.py", **again) == 200
    catalog.deepcat("develop", "save", "demo", "-m", "Better")
    branch = ["git", "-C", str(catalog.root), "show", "deepcat/develop/demo:modules/"]
    branch[-1] += f"{MODULE}/train.py"
    assert subprocess.run(branch, capture_output=True, text=True, check=True).stdout == "print(2)\n"
    catalog.deepcat("destroy", "demo", "--yes")
    until(lambda: not claims(real_cluster, catalog.lab), patience_s=60)  # type: ignore[attr-defined]


def test_work_whose_owner_tag_is_gone_is_held_back_and_leaves_nothing(
    real_cluster: Cluster, catalog: OnCluster
) -> None:
    client, lab = real_cluster.client(), f"/api/v1/namespaces/{catalog.lab}"  # type: ignore[attr-defined]
    with notebooks.opened(catalog.root, "demo") as told:
        token = {"Authorization": f"token {notebooks.token(told['address'])}"}
        assert notebooks.status(told["address"], "api/contents/train.py", **token) == 200
    tags = client.get(f"{lab}/configmaps?labelSelector=deepcat/part=owner")["items"]
    for each in tags:
        client.ask("DELETE", f"{lab}/configmaps/{each['metadata']['name']}")
    assert len(tags) == 1
    said = catalog.deepcat("destroy", "demo", "--yes", ok=False)
    assert "its owner tag is gone, and the work lies on the claim" in said
    assert "[develop/unsaved]" in said
    assert len(claims(real_cluster, catalog.lab)) == 1  # type: ignore[attr-defined]
    catalog.deepcat("destroy", "demo", "--yes", "--discard")
    until(lambda: not claims(real_cluster, catalog.lab), patience_s=60)  # type: ignore[attr-defined]
    chosen = "labelSelector=deepcat/deployment=demo"
    for path in (f"{lab}/secrets", f"{lab}/pods", f"/apis/batch/v1/namespaces/{catalog.lab}/jobs"):  # type: ignore[attr-defined]
        until(lambda path=path: not client.get(f"{path}?{chosen}")["items"], patience_s=60)
