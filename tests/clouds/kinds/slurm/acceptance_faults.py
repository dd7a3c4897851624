"""A node of a real cluster dies under a service, for minutes: `make killed`."""

from __future__ import annotations

from typing import Any

import pytest
from conformance.grounds.slurm import Slurm
from conformance.stand import Stand
from conformance.steps import take

pytestmark = [
    pytest.mark.starts("a Slurm, and servers as its jobs"),
    pytest.mark.system("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd"),
]


def test_a_service_answers_again_after_its_node_died(
    stand: Stand, ground: Slurm, says: Any, until: Any, now: Any
) -> None:
    stand.wish_for("demo")
    assert stand.call("apply", "--yes") == 0, stand.said
    number, node = says("squeue", "-ho", "%A %N").split()
    ground.cluster.fail(node)
    try:
        until(lambda: says("squeue", "-ho", "%T").strip() == "PENDING")
        now(number)
        until(lambda: says("squeue", "-ho", "%A %T").split() == [number, "RUNNING"])
        assert says("squeue", "-ho", "%N").strip() not in ("", node)
        take(stand, "until", {"within_s": 180, "steps": {"predict": "demo"}})
        take(stand, "status", {"demo": "running"})
        assert stand.call("apply", "--yes") == 0
        assert says("squeue", "-ho", "%A").split() == [number]
    finally:
        ground.cluster.restore(node)
    assert stand.call("destroy", "demo", "--yes") == 0, stand.said
    assert stand.ground.there(stand.root) == {}
