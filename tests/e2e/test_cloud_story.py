"""One module on an SSH host, whose disk is full then, and so on Slurm: only its wish is edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from cloud_story import PAGE, live, masked

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("sshd", "ip", "nsenter", "slurmctld", "slurmd", "slurmdbd", "munged"),
    pytest.mark.xdist_group("conformance slurm "),
]


def test_the_page_tells_what_happens(tmp_path: Path) -> None:
    """`python tests/rigs/cloud_story.py --write` writes the page anew."""
    assert masked(live(tmp_path)) == masked(PAGE.read_text("utf-8"))
