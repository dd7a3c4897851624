"""The kind `slurm` on a real cluster: what is seen of it, and a service that outlives its job."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from conformance.stand import Stand
from conformance.steps import take
from loops import MODULE

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.slurm import asked
from deepcat.clouds.kinds.slurm.probe import probe
from deepcat.remote import ssh
from deepcat.serving.client.rest import Client

pytestmark = [
    pytest.mark.starts("a Slurm, and servers as its jobs"),
    pytest.mark.system("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd"),
    pytest.mark.xdist_group("conformance slurm "),
]


def seen(**own: Any) -> Any:
    return probe(Cloud("hpc", "clouds/hpc.yaml", "slurm", {"slurm": own}), Means(Path("/"), "id"))


def told(script: str) -> list[str]:
    """What is said of the nodes, in any order."""
    said = ssh.run(None, script, timeout_s=60).out.decode()
    return sorted(map(str, asked.rows(said.partition("\n--deepcat")[0])))


def test_what_is_free_and_when_a_queue_is_over(stand: Stand, says: Any, until: Any) -> None:
    before = {each.name: each for each in seen().shapes}
    two = before["gpu.a100.2"]
    assert (two.free, two.wait_s, two.most_s, two.down) == (1, None, 3600, "")
    assert (before["gpu.a100.1"].free, before["gpu.h100.3"].free) == (2, 1)
    assert before["long"].most_s == 172_800
    assert told(asked.script({})) == told(asked.script({}).replace(" 22.", " none")) != []
    words = ("--gres=gpu:a100:1", "--time=10", "--output=/dev/null", "--wrap=sleep 600")
    job = says("sbatch", "--parsable", *words)
    try:
        until(lambda: says("squeue", "-ho", "%T", "-j", job.strip()).strip() == "RUNNING")
        after = {each.name: each for each in seen().shapes}
    finally:
        says("scancel", job.strip())
    assert (after["gpu.a100.1"].free, after["gpu.a100.1"].wait_s) == (1, None)
    assert after["gpu.a100.2"].free == 0
    assert 500 < after["gpu.a100.2"].wait_s <= 600


def test_an_account_s_limits_and_refusals_are_seen_before_a_job_is(stand: Stand, says: Any) -> None:
    set_ = ("sacctmgr", "-i", "modify", "account", "lab", "set")
    says(*set_, "GrpJobs=3")
    says(*set_, "GrpTRES=gres/gpu=4")
    try:
        assert seen(account="lab").limits == (("accelerators", 4.0), ("deployments", 3.0))
    finally:
        says(*set_, "GrpJobs=-1")
        says(*set_, "GrpTRES=gres/gpu=-1")
    assert seen(account="lab").limits == ()
    stranger = seen(account="nobody")
    assert stranger.refused
    assert all("Invalid account" in each.down for each in stranger.shapes)
    long = {each.name: each.down for each in seen(time=600).shapes}
    assert long["gpu"] == "`time` asks for 600 minutes a job, and it gives 60"
    assert long["long"] == ""


class Calls(threading.Thread):
    """A client that asks without pause."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.client = Client(address, timeout_s=120)
        self.is_over = threading.Event()
        self.count = 0
        self.lost: list[str] = []

    def run(self) -> None:
        while not self.is_over.is_set():
            try:
                answer = self.client.call(MODULE, "predict", {"instances": [1.0]})
                assert answer == {"predictions": [2.5]}
                self.count += 1
            except Exception as error:  # whatever a client would see
                self.lost.append(repr(error))
            time.sleep(0.02)


def test_a_service_goes_on_in_another_job_and_loses_no_request(
    stand: Stand, says: Any, until: Any, settings: Any
) -> None:
    """Slurm itself says that a job's time is soon over: it looks every 30 s."""
    settings(time=3, renew=120)
    stand.wish_for("demo")
    assert stand.call("apply", "--yes") == 0, stand.said
    number, *rest = says("squeue", "-ho", "%A %T %C %m %l").split()
    assert rest == ["RUNNING", "1", "2G", "3:00"]
    # The accounts hear of it a little later.
    until(lambda: "--signal=B:USR1@120 " in says("sacct", "-nPXj", number, "-o", "SubmitLine"))
    tunnel = subprocess.Popen(
        [sys.executable, "-P", "-m", "deepcat", "-C", str(stand.root), "tunnel", "demo", "--json"],
        stdout=subprocess.PIPE,
    )
    assert tunnel.stdout
    calls = Calls(json.loads(tunnel.stdout.readline())["endpoints"]["rest"])
    try:
        calls.start()
        until(lambda: number not in says("squeue", "-ho", "%A").split())
        before = calls.count
        until(lambda: calls.count > before + 20)
    finally:
        calls.is_over.set()
        calls.join()
        tunnel.terminate()
        tunnel.wait()
        tunnel.stdout.close()
    assert calls.lost == []
    until(lambda: says("sacct", "-nPXj", number, "-o", "State").strip() == "COMPLETED")
    assert int(says("squeue", "-ho", "%A").split()[-1]) > int(number)
    take(stand, "predict", "demo")
    assert stand.call("apply", "--yes") == 0
    assert "Nothing to do" in stand.said
    assert stand.call("destroy", "demo", "--yes") == 0, stand.said
    assert stand.ground.there(stand.root) == {}
    assert says("squeue", "-ho", "%A") == ""
