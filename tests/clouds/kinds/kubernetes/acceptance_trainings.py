"""Trainings on a real node: begun once, held to their limits, told and brought. `make cluster`, as
root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster import serving
from cluster.control_plane import Cluster
from pods.training import Trains, wheels

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


@pytest.fixture
def trains(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Trains:
    wheels(tmp_path, monkeypatch)
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
