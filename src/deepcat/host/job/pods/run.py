"""EDGE of a pod: runs a training's command to its end, as often as it may be tried.

It is the first process of its container. A signal is passed on; why it came is asked of what looks
after the training, so that one that was stopped early at its best has not failed.
"""

from __future__ import annotations

import http.client
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from deepcat.host.data import cache
from deepcat.host.failure import StepError
from deepcat.host.job import evaluating, memory, training
from deepcat.host.job.end import End, now
from deepcat.host.job.pods import values
from deepcat.host.job.training import Training

_PAUSE_S, _ASKS_S, _THINS_S = 1.0, 5.0, 2.0


class _Try:
    """The try that runs, and whether somebody ended it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.is_stopped = False

    def stop(self, number: int, _: object) -> None:
        self.is_stopped = True
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)


def main() -> None:
    """Run what the variable says; ends with its status."""
    job = json.loads(os.environ.pop(values.VARIABLE))
    version = ".".join(map(str, sys.version_info[:2]))
    if job["python"] not in ("", version):
        print(
            f"error [run/environment]: the image has Python {version}, and the training's"
            f" environment was made for {job['python']}",
            file=sys.stderr,
        )
        sys.exit(values.NOT_RUN)
    current = _Try()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, current.stop)
    try:
        variables = _laid(job)
    except StepError as error:
        print(f"error [{error.code}]: {error.message}", file=sys.stderr)
        sys.exit(values.NOT_RUN)
    if most := int(job["file_bytes"]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    status = _run(job, variables, current)
    if not status:
        _left_alone()
        _measure(job, variables, current)
    sys.exit(status)


def _laid(job: Mapping[str, Any]) -> dict[str, str]:
    """Lay its folder; gives the script's variables."""
    folder, kept = values.WORK, values.WORK / values.CHECKPOINTS
    asked = Training(
        inputs=tuple((str(k), str(v)) for k, v in job["inputs"]),
        begins_from=job["begins_from"],
        python=job["for_python"],
    )
    environment = str(values.ENVIRONMENT) if job["python"] else ""
    data = {str(k): cache.path_of(values.DATA / cache.FOLDER, str(v)) for k, v in job["data"]}
    data |= {str(name): values.MOUNTED / str(name) for name in job.get("mounted") or ()}
    laid = training.lay(asked, folder, values.MODULE, environment, kept, data, job["old"])
    program = folder / "bin" / "python"
    program.unlink()  # the image has no shell to begin it by
    program.symlink_to(sys.executable)
    own = {"HOME": str(folder / "work"), "DEEPCAT_MODULE": str(values.MODULE)}
    paths = [laid.variables.get("PYTHONPATH", "")]
    if not environment:  # then it has the image's packages
        paths.append(os.environ.get("PYTHONPATH", ""))
    own["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    found = {**os.environ, **laid.variables, **own, **job["environment"]}
    return {**found, "DEEPCAT_WORK": str(folder / "work")}


def _run(job: Mapping[str, Any], variables: Mapping[str, str], current: _Try) -> int:
    for left in range(int(job["retries"]), -1, -1):
        found = memory.checkpoint(values.WORK / values.CHECKPOINTS)
        resume = str(values.WORK / values.CHECKPOINTS / found[0]) if found else ""
        own = {**variables, "DEEPCAT_RESUME": resume}
        status = _attempt(job["argv"], own, current, int(job["keep"]))
        if current.is_stopped:
            return values.status_of(_why(), status)
        if not status or not left:
            return status
        time.sleep(_PAUSE_S)
    raise AssertionError


def _measure(job: Mapping[str, Any], variables: Mapping[str, str], current: _Try) -> None:
    """Measure the model that it made and the one before, where that was asked for."""
    told = {"output": training.OUTPUT, "evaluate": job["evaluate"], "old": job["old"]}
    own = {
        which: evaluating.laid(values.WORK, which, variables)
        for which in (evaluating.NEW, evaluating.OLD)
        if job["evaluate"]
    }

    def attempt(which: str) -> End:
        status = _attempt(shlex.split(job["evaluate"]), own[which], current)
        _left_alone()
        return now(status, "stopped" if current.is_stopped else "")

    evaluating.measured(told, values.WORK, values.MODULE, attempt)


def _left_alone() -> None:
    """End what a script left behind: as the container's first process, all but itself."""
    if os.getpid() != 1:
        return
    with suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.wait()


def _waited(process: subprocess.Popen[bytes], keep: int) -> int:
    """How it ended; until then so many checkpoints are kept, all where `keep` is 0."""
    while True:
        try:
            return process.wait(_THINS_S if keep else None)
        except subprocess.TimeoutExpired:
            memory.thin(values.WORK / values.CHECKPOINTS, keep)


def _attempt(argv: list[str], variables: Mapping[str, str], current: _Try, keep: int = 0) -> int:
    if current.is_stopped:
        return values.HALTED
    try:
        current.process = subprocess.Popen(
            argv, cwd=values.WORK / "work", env=dict(variables), stdin=subprocess.DEVNULL
        )
    except OSError as error:
        print(f"`{argv[0]}` cannot be run: {error}", file=sys.stderr)
        return values.NOT_RUN
    status = _waited(current.process, keep)
    return status if status >= 0 else 128 - status


def _why() -> str:
    """Why it was ended, as what looks after it says; empty where it does not."""
    try:
        asking = http.client.HTTPConnection("127.0.0.1", values.PORT, timeout=_ASKS_S)
        asking.request("GET", values.GOES_ON)
        return asking.getresponse().read(100).decode("ascii", "replace")
    except (OSError, http.client.HTTPException):
        return ""
