"""The folders of runs, below `.deepcat/runs/`."""

from __future__ import annotations

import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

RUNS = "runs"
KEPT = 20


def new_run() -> str:
    """An id for a run: when, and something nobody else has."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def folder_of(root: Path, run: str) -> Path:
    """Where a run's plain files lie."""
    return root / ".deepcat" / RUNS / run


def prune(root: Path, kept: int = KEPT) -> None:
    """Delete the folders of old runs."""
    folder = root / ".deepcat" / RUNS
    runs = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    for run in runs[:-kept]:
        shutil.rmtree(folder / run, ignore_errors=True)
