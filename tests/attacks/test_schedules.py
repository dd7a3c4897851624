"""Random schedules of the whole loop: real pushes, runs, servers and kills; see `rigs/schedules.py`.

A walk here takes a few schedules, so that all of them stay affordable; `bench/schedules.py` takes
two hundred and keeps what came of them. A failure names its seed: the walk can be taken again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import schedules

sys.path.insert(0, str(Path(schedules.__file__).parent / "github"))

from github_fixtures import contract, hub  # noqa: F401

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]
SCHEDULES = 4


@pytest.mark.parametrize("seed", [12])
def test_a_bare_repository_converges_whatever_happens(seed: int, tmp_path: Path) -> None:
    with schedules.walk(seed, tmp_path) as walk:
        for _ in range(SCHEDULES):
            walk.schedule()


@pytest.mark.parametrize("seed", [21])
def test_a_forge_converges_whatever_happens(seed: int, tmp_path: Path, hub: Any) -> None:  # noqa: F811
    with schedules.walk(seed, tmp_path, hub) as walk:
        for _ in range(SCHEDULES):
            walk.schedule()
