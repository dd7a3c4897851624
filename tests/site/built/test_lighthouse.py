"""Lighthouse gives the pages every point that does not depend on the machine's load.

How quick they are is told by `bench/lighthouse.py`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.system("chromium", "node", "npm"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.slow,
]
CATEGORIES = ("accessibility", "best-practices", "seo")
PAGES = (
    "/",
    "/modules/",
    "/modules/digits-classifier/",
    "/compare/?m=digits-classifier,iris-classifier",
    "/deploy/?module=digits-classifier&profile=train",
    "/modules/half-plus-two/trainings/",
)


@pytest.mark.parametrize("way", ["mobile", "desktop"])
def test_every_point(
    way: str, address: str, npm_packages: Callable[[str], Path], quiet_chromium: Path
) -> None:
    rig = npm_packages("tests/rigs/lighthouse")
    done = subprocess.run(
        [
            "node",
            "score.mjs",
            str(quiet_chromium),
            way,
            ",".join(CATEGORIES),
            *(address + p for p in PAGES),
        ],
        cwd=rig,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["address"] for row in rows] == [address + page for page in PAGES]
    for row in rows:
        assert row["scores"] == dict.fromkeys(CATEGORIES, 100), row["missed"]
