"""The trainings of one deployment as plain data, and what they have made.

It reads what was seen from outside of their boxes, and nothing that their scripts can write.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.job import memory, outputs
from deepcat.host.job.end import End, end_of, has_begun
from deepcat.host.job.jobs import Jobs
from deepcat.host.keeper import Program
from deepcat.host.place import Place, read_json

# What a batch system says of a job that is gone -> the code of the failure and what helps.
_LOST = {
    "OUT_OF_MEMORY": ("job/out-of-memory", "ask for more memory, or take smaller batches"),
    "TIMEOUT": ("job/queue-limit", "run `deepcat apply`: it goes on from its last checkpoint"),
    "DEADLINE": ("job/queue-limit", "run `deepcat apply`: it goes on from its last checkpoint"),
    "PREEMPTED": ("job/preempted", "run `deepcat apply`: it goes on from its last checkpoint"),
}
_GOES_ON = "run `deepcat apply`: it goes on from its last checkpoint"
_SOON = 0.01


def trainings(folder: Path) -> list[dict[str, Any]]:
    """All of a deployment's place, by node; see `deepcat.clouds.kind.Collecting.gather`.

    Args:
        folder: the place; nothing is told where there is none.
    """
    place = Place(folder)
    if not place.is_begun:
        return []
    jobs = Jobs(place)
    found = sorted(_held(jobs), key=lambda each: each[0])
    known = jobs.keeper.programs() if found else {}
    return [_told(jobs, node, job, held, known) for node, job, held in found]


def output(folder: Path, node: str) -> tuple[Path, list[dict[str, Any]]]:
    """Where the output of an ended training lies, and its files.

    Raises:
        StepError: there is none (``job/no-output``).
    """
    jobs = Jobs(Place(folder))
    for name, job, held in _held(jobs):
        end = end_of(jobs.place.folder / job["folder"])
        if name == node and end is not None and end.exit_status == 0:
            rows = outputs.rows_of(memory.seen(Path(held["kept"])).get("output") or [])
            return jobs.output(job), rows
    message = f"no training `{node[:80]}` of `{folder.name}` has ended well there"
    raise StepError("module", "job/no-output", message, "see `deepcat status`")


def _held(jobs: Jobs) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Node, job and what its file says, of each training."""
    nodes: Mapping[str, Mapping[str, Any]] = jobs.state.get("jobs") or {}
    for node, mine in nodes.items():
        job = mine.get("candidate") or mine.get("live")
        held = read_json(jobs.place.folder / job["folder"] / "job.json") if job else {}
        if job and held.get("kept"):
            yield node, job, held


def _told(
    jobs: Jobs,
    node: str,
    job: Mapping[str, Any],
    held: Mapping[str, Any],
    known: Mapping[str, Program],
) -> dict[str, Any]:
    folder = jobs.place.folder / job["folder"]
    end, seen = end_of(folder), memory.seen(Path(held["kept"]))
    program = known.get(job["program"])
    state = _state(end, program, begun=has_begun(folder))
    failure = seen.get("failure") if end else None
    if state == "lost":
        failure = _why_lost(program)
        state = "failed" if failure["code"] == "job/out-of-memory" else state
    began = (seen.get("attempts") or [{}])[-1].get("began") or ""
    running = state == "running"
    return {
        "node": node,
        "training": job["goal"][:12],
        "state": state,
        "attempt": max(1, len(seen.get("attempts") or ())),
        "first": seen.get("first") or "",
        "began": began,
        "ended": end.at if end else "",
        "exit_status": end.exit_status if end else None,
        "stopped": end.why if end else "",
        "waits": program.reason if program and state == "waiting" else "",
        "progress": seen.get("progress"),
        "message": seen.get("message") or "",
        "expected_end": _expected(seen, began) if running else "",
        "metrics": seen.get("metrics") or {},
        "checkpoint": seen.get("checkpoint"),
        "peak_MB": seen.get("peak_MB") or 0,
        "seconds": seen.get("seconds") or 0.0,
        "energy": seen.get("energy") or {},
        "failure": failure,
        "hardware": seen.get("hardware") or {},
        "mounted": seen.get("mounted") or {},
        "output": (seen.get("output") or []) if state == "ended" else [],
        "left": (seen.get("left") or []) if state == "ended" else [],
        "plots": (seen.get("plots") or {}) if state == "ended" else {},
    }


def _state(end: End | None, program: Program | None, *, begun: bool) -> str:
    if end is not None:
        return "failed" if end.exit_status else "ended"
    if program is not None and program.is_up:
        return "waiting" if program.reason or not begun else "running"
    return "lost" if begun or program is None or program.state == "EXITED" else "waiting"


def _why_lost(program: Program | None) -> dict[str, str]:
    """Who ended it that is not the training itself."""
    reason = program.reason if program else ""
    for word, (code, hint) in _LOST.items():
        if word in reason:
            return {"code": code, "detail": reason, "hint": hint}
    return {
        "code": "job/host-lost",
        "detail": reason or "it was ended from outside",
        "hint": _GOES_ON,
    }


def _expected(seen: Mapping[str, Any], began: str) -> str:
    """When it will have ended, by how far it says that it has come; empty where it does not."""
    progress, seconds = seen.get("progress"), float(seen.get("seconds") or 0.0)
    if not isinstance(progress, (int, float)) or progress < _SOON or not began:
        return ""
    left = seconds * (1 - progress) / progress
    at = datetime.fromtimestamp(min(time.time() + left, 32_503_680_000), timezone.utc)
    return at.isoformat(timespec="seconds")
