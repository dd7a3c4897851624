"""On a machine that cannot reach itself, a deployment fails at once and says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.system("unshare")]


def test_it_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    def deepcat(*argv: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*before, sys.executable, "-m", "deepcat", *argv],
            cwd=tmp_path / "mine", env=os.environ | {"DEEPCAT_UNBOXED": "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    (tmp_path / "mine").mkdir()
    assert deepcat("new", "catalog", ".").returncode == 0
    alone = ("unshare", "--user", "--map-root-user", "--net")
    done = deepcat("apply", "--yes", before=alone)
    assert done.returncode == 1, done.stdout
    assert "[run/loopback] this machine cannot reach itself at http://127.0.0.1:" in done.stdout
    assert "failed; nothing of it was left" in done.stdout
