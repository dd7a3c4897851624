"""Trainings on a real node: begun once, held to their limits, told and brought. `make cluster`, as
root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
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
        made = Run(self.cloud, self.means, name, servers=0, timeout=240, training=dict(run))
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
