"""What a run waits for, and what ends by itself: by the workloads' kinds alone."""

from __future__ import annotations

import pytest

from deepcat.plan.proof import Proof, is_job, proof
from deepcat.tosca.workload import Workload


@pytest.mark.parametrize(
    ("kinds", "expected_s", "shown", "ends"),
    [
        (("service",), None, Proof.ANSWERS, False),
        (("notebook",), 5, Proof.ANSWERS, False),
        (("service", "job"), 5, Proof.ANSWERS, False),
        (("job",), None, Proof.STARTED, True),
        (("job", "job"), 60, Proof.ENDED, True),
        (("job",), 61, Proof.STARTED, True),
        (("cluster", "job"), 5, Proof.STARTED, False),
        (("virtual-machine",), 5, Proof.STARTED, False),
        ((), None, Proof.STARTED, False),
    ],
)
def test_by_kind(
    kinds: tuple[str, ...], expected_s: float | None, shown: Proof, ends: bool
) -> None:
    workloads = [Workload(f"w{n}", kind) for n, kind in enumerate(kinds)]
    assert proof(workloads, expected_s) is shown
    assert is_job(workloads) is ends
