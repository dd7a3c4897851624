"""One real cluster for all tests of the kind that need one, and a catalog that deploys there."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from conformance.grounds.slurm import GROUND, Slurm
from conformance.stand import Stand

_PATIENCE_S = 180.0


@pytest.fixture(scope="package")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    made = GROUND(tmp_path_factory.mktemp("ground"))
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def stand(tmp_path_factory: pytest.TempPathFactory, ground: Slurm) -> Iterator[Stand]:
    made = Stand(tmp_path_factory.mktemp("stand"), ground)
    try:
        made.begin()
        yield made
    finally:
        ground.clear(made.root)


@pytest.fixture
def says(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Slurm's commands, also for what is asked in this process."""
    for name, value in stand.environment.items():
        monkeypatch.setenv(name, value)

    def say(*words: str) -> str:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    return say


@pytest.fixture
def until(says: Callable[..., str]) -> Callable[..., None]:
    """Wait until something is so; else tell what the queue has."""

    def wait(is_so: Callable[[], bool]) -> None:
        ends = time.monotonic() + _PATIENCE_S
        while not is_so():
            assert time.monotonic() < ends, says("squeue", "--states=all")
            time.sleep(0.2)

    return wait


@pytest.fixture
def now(says: Callable[..., str], until: Callable[..., None]) -> Callable[[str], None]:
    """Let a job run that Slurm starts anew, which else waits for two minutes.

    Slurm says so, maybe anew, only when it has settled the job's end, which a busy machine delays.
    """

    def run(number: str) -> None:
        def begins() -> bool:
            state = says("squeue", "-ho", "%T", "-j", number).strip()
            if state == "PENDING":
                with suppress(subprocess.CalledProcessError):  # it runs by now
                    says("scontrol", "update", f"jobid={number}", "starttime=now")
            return state in ("RUNNING", "")

        until(begins)

    return run


@pytest.fixture
def settings(stand: Stand) -> Callable[..., None]:
    """Change what the cloud's file says of the cluster."""

    def change(**own: Any) -> None:
        path = stand.root / "clouds" / "first.yaml"
        data = json.loads(path.read_text())
        data["slurm"] |= own
        path.write_text(json.dumps(data))
        stand.commit("change the cloud")

    return change
