"""Trainings on a real node: begun once, held to their limits, told and brought. `make cluster`, as
root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster import serving
from cluster.control_plane import Cluster
from pods.given import Run, cloud, means
from waiting import until
from wheels import pin, wheel

from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.manifests.jobs import Mounted
from deepcat.clouds.manifests.trainings import volumes_of
from deepcat.errors import DeepcatError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
LEARNS = Path(__file__).resolve().parents[3] / "rigs" / "conformance" / "learns"
_numbers = count()


@pytest.fixture(scope="module")
def image(real_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serving.image(real_cluster, tmp_path_factory.mktemp("images"))


@pytest.fixture
def lab(real_cluster: Cluster) -> Iterator[str]:
    """A namespace of the restricted standard."""
    name = f"training-lab-{next(_numbers)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client = real_cluster.client()
    client.make("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    yield name
    client.ask("DELETE", f"/api/v1/namespaces/{name}")


class Trains:
    """One deployment that is a training of the module `learns`, run by run."""

    def __init__(self, cluster: Cluster, lab: str, image: str, root: Path) -> None:
        login = {"kubeconfig": f"file:{cluster.kubeconfig}"}
        self.cloud = cloud(login, lab, image=image)
        self.means, self.root = means(root), root
        self.values: dict[str, Any] = {}
        self.said: list[str] = []
        self._runs = count(1)

    def begin(
        self,
        inputs: Mapping[str, Any],
        run: Mapping[str, Any],
        brings: Mapping[str, bytes] | None = None,
        **more: Any,
    ) -> bool:
        """Hand it over, with further files that the run brings; whether it was handed over now."""
        name = f"r{next(self._runs)}"
        own = {**self.values, "training": dict(run)}
        made = Run(self.cloud, self.means, name, servers=0, timeout=240, **own)
        files = Path(str(made.values["files"]))
        shutil.rmtree(files / "module")
        shutil.copytree(LEARNS, files / "module")
        package = self.root / "wheels" / "slope-0.1-py3-none-any.whl"
        (files / "module" / "requirements.lock").write_text(f"{pin(package, 'slope')}\n")
        for path, content in (brings or {}).items():
            (files / path).parent.mkdir(parents=True, exist_ok=True)
            (files / path).write_bytes(content)
        given = {"epochs": 3, "pause": 0, "does": "", "ran": "ran", **inputs}
        own = {"command": "python train.py", "requirements": "requirements.lock", "inputs": given}
        node = {"name": "training", "type": "deepcat.nodes.TrainingJob", "properties": own | more}
        told = [made.step("begin"), made.step("job", node=node), made.step("prove")]
        self.said = [str(each.get("msg") or "") for each in told]
        assert not any(each.get("failed") for each in told), told
        assert not made.step("settle").get("failed")
        return bool(told[1]["changed"])

    def told(self) -> dict[str, Any]:
        (found,) = KIND.gather(self.cloud, "demo", "cpu", {}, self.means)  # type: ignore[attr-defined]
        return dict(found)

    def bring(self, into: Path) -> None:
        KIND.bring(self.cloud, "demo", "cpu", {}, self.means, "training", into)  # type: ignore[attr-defined]

    def until(self, state: str) -> dict[str, Any]:
        until(lambda: self.told()["state"] == state, patience_s=240)
        return self.told()


@pytest.fixture
def trains(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Trains:
    folder = wheel(tmp_path / "wheels", "slope", "STEP = 0.5\n").parent
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nno-index = true\nfind-links = {folder}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    return Trains(real_cluster, lab, image, tmp_path)


def test_it_runs_once_and_what_it_made_is_brought(trains: Trains, tmp_path: Path) -> None:
    assert trains.begin({"epochs": 3}, {})
    told = trains.until("ended")
    assert (told["exit_status"], told["failure"], told["attempt"]) == (0, None, 1)
    assert len(told["metrics"]["loss"]["points"]) == 3
    assert told["checkpoint"]["name"] == "3"
    assert [row["path"] for row in told["output"]] == ["metrics.jsonl", "model.json"]
    trains.bring(tmp_path / "into")
    assert (tmp_path / "into" / "model.json").read_text() == '{"slope": 1.5}'
    assert not trains.begin({"epochs": 3}, {})
    assert trains.begin({"epochs": 4}, {})
    assert trains.until("ended")["training"] != told["training"]


READS = b"""
import os, pathlib
lies = pathlib.Path(os.environ["DEEPCAT_DATA_BIRDS"], "a.csv")
made = pathlib.Path(os.environ["DEEPCAT_OUTPUT"])
(made / "model").mkdir()
(made / "model" / "saved_model.pb").write_text(lies.read_text())
try:
    lies.write_text("1")
except OSError as error:
    print("it only reads:", error)
if not os.fork():  # what stays behind would write what was measured
    while True:
        (made / "evaluated.json").write_text("forged")
"""
MEASURES = b"""
import json, os, pathlib
found = float(pathlib.Path(os.environ["DEEPCAT_MODEL"], "saved_model.pb").read_text())
pathlib.Path(os.environ["DEEPCAT_OUTPUT"], "metrics.json").write_text(json.dumps({"loss": found}))
"""


def test_it_reads_data_and_what_it_made_is_measured(trains: Trains, tmp_path: Path) -> None:
    sums = f"{hashlib.sha256(b'0.5').hexdigest()}  a.csv\n".encode()
    digest = hashlib.sha256(sums).hexdigest()
    brings = {
        "module/reads.py": READS,
        "module/measures.py": MEASURES,
        f"data/{digest}/sums": sums,
        f"data/{digest}/files/a.csv": b"0.5",
    }
    lies = {"address": "datasets/birds/files", "digest": digest, "bytes": 3}
    own = {"command": "python reads.py", "evaluate": "python measures.py"}
    assert trains.begin({}, {}, brings, data={"birds": lies}, **own)
    assert trains.until("ended")["failure"] is None
    trains.bring(tmp_path / "into")
    told = json.loads((tmp_path / "into" / "evaluated.json").read_text())
    assert told["new"] == {"metrics": {"loss": 0.5}}
    assert "failed" in told["old"]


def test_its_time_ends_it_and_so_does_somebody(trains: Trains, tmp_path: Path) -> None:
    trains.begin({"epochs": 900, "pause": 1}, {}, time_limit="10 s")
    told = trains.until("failed")
    assert (told["exit_status"], told["stopped"]) == (124, "time")
    assert told["failure"]["code"] == "job/time"
    with pytest.raises(DeepcatError, match="has ended well"):
        trains.bring(tmp_path / "into")
    assert trains.begin({"epochs": 900, "pause": 1}, {"again": 1}, time_limit="900 s")
    assert trains.told()["state"] == "running"
    assert not trains.begin({"epochs": 900, "pause": 1}, {"again": 1, "halt": True})
    told = trains.until("failed")
    assert (told["exit_status"], told["stopped"]) == (143, "halted")


SIZE: dict[str, Any] = {"accessModes": ["ReadOnlyMany"], "storageClassName": ""}


@pytest.fixture
def claim(real_cluster: Cluster, lab: str, tmp_path: Path) -> Iterator[str]:
    """A claim that is bound to a folder of the node."""
    client, name = real_cluster.client(), f"scans-{lab}"
    lies = tmp_path / "volume" / "birds"
    lies.mkdir(parents=True)
    (lies / "a.csv").write_text("0.5")
    for path in (*lies.parents[:3], lies):
        path.chmod(0o755)
    room = {"capacity": {"storage": "1Mi"}, "hostPath": {"path": str(lies.parent)}}
    room["claimRef"] = {"namespace": lab, "name": "scans"}
    volume = {"metadata": {"name": name}, "spec": {**SIZE, **room}}
    client.make("/api/v1/persistentvolumes", volume)
    wants = {"resources": {"requests": {"storage": "1Mi"}}, "volumeName": name}
    of = f"/api/v1/namespaces/{lab}/persistentvolumeclaims"
    client.make(of, {"metadata": {"name": "scans"}, "spec": {**SIZE, **wants}})
    client.make(of, {"metadata": {"name": "never"}, "spec": {**SIZE, **wants, "volumeName": "no"}})
    yield "scans"
    client.ask("DELETE", f"/api/v1/persistentvolumes/{name}")


def mounts(address: str) -> dict[str, Any]:
    digest = hashlib.sha256(address.encode()).hexdigest()
    told = {"address": address, "digest": digest, "bytes": 0, "how": "mount"}
    return {"data": {"birds": told}, "command": "python reads.py"}


def test_a_training_reads_a_claim_and_one_that_is_none_is_told(
    trains: Trains, claim: str, tmp_path: Path
) -> None:
    brings = {"module/reads.py": READS}
    trains.values = {"allowed_data": {"mounts": [f"pvc://{claim}", "pvc://none", "pvc://never"]}}
    assert trains.begin({}, {}, brings, **mounts(f"pvc://{claim}/birds"))
    told = trains.until("ended")
    assert told["failure"] is None
    trains.bring(tmp_path / "into")
    assert (tmp_path / "into" / "model" / "saved_model.pb").read_text() == "0.5"
    for name, why in (("none", "has no claim `none`"), ("never", "the claim `never` is pending")):
        began = time.monotonic()
        with pytest.raises(AssertionError):
            trains.begin({}, {}, brings, **mounts(f"pvc://{name}/birds"))
        assert why in trains.said[1]
        assert time.monotonic() - began < 30


def test_the_api_server_takes_a_folder_of_nfs(real_cluster: Cluster) -> None:
    """No kernel of the sandbox mounts one: the volume is held to the API server alone."""
    client, (volume,) = (
        real_cluster.client(),
        volumes_of(
            (
                Mounted(
                    "birds", {"nfs": {"server": "nfs.example.org", "path": "/b", "readOnly": True}}
                ),
            )
        ),
    )
    mount = {"name": volume["name"], "mountPath": "/mounted/birds", "readOnly": True}
    pod = {
        "metadata": {"name": "reads"},
        "spec": {
            "containers": [{"name": "x", "image": "x", "volumeMounts": [mount]}],
            "volumes": [volume],
        },
    }
    asked = "/api/v1/namespaces/default/pods?dryRun=All&fieldValidation=Strict"
    made = client.make(asked, pod)
    assert {"name": volume["name"], "nfs": volume["nfs"]} in made["spec"]["volumes"]
