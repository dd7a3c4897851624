"""EDGE of the host: runs a job to its end, once, and writes down how it ended.

``python -I -S once.py FILE``

It is the program that a keeper is given. It stays outside of the box that the job runs in, tries
again as often as the job asks, and holds its time. Who ends it from outside ends the job, too, and
then there is no end to write down: the job is lost, and whoever looks may run it anew.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host import processes
from deepcat.host.box.argv import boxed
from deepcat.host.box.grant import GIVEN
from deepcat.host.job import engines, evaluating, mounted, streams
from deepcat.host.job.end import HALTS, End, end_of, may_begin, now, tag_end, write_end
from deepcat.host.job.watching import GRACE_S, LOOK_S, Watch
from deepcat.host.keeper import GOES_ON, TICKET
from deepcat.host.place import Place

_PAUSE_S, _GRACE_S = 1.0, 10.0
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_OUT_OF_TIME, _NOT_RUN, _HALTED = 124, 125, 143
_LIMITS = ("time", "cost", "disk", "diverged")
_MOST_LOG = 16 << 20
_RESUME = "DEEPCAT_RESUME"
# What no further try would change.
_FINAL = (*_LIMITS, "stopped", *HALTS, "box", mounted.WHY)


@dataclass
class _Try:
    """What is known of the try that runs.

    Attributes:
        process: of it.
        stopped: the signal by which somebody outside ended it; 0 for none.
        removal: the command that ends its container; empty where it has none.
        peak: bytes of memory that its box had at most; 0 where nobody counts.
        mounts: what is mounted for it.
    """

    process: subprocess.Popen[bytes] | None = None
    stopped: int = 0
    removal: tuple[str, ...] = ()
    peak: int = 0
    mounts: mounted.Held | None = None

    def stop(self, number: int, _: object) -> None:
        """Pass a signal on; a container's first process need not heed it, so that one is ended."""
        if self.removal and not self.stopped:
            # In a session of its own it goes on should the keeper lose patience with this one.
            subprocess.Popen(
                self.removal,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.stopped = number
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)


def main(words: list[str]) -> int:
    """Run the job of a file; gives its exit status."""
    file = Path(words[0])
    job = json.loads(file.read_text("utf-8"))
    folder = file.parent
    if not may_begin(folder, os.environ.get(TICKET, "")):
        known = end_of(folder)
        return known.exit_status if known else 0
    current = _Try()
    for number in _STOPS:
        signal.signal(number, current.stop)
    watch = Watch(job, folder) if job.get("kept") else None
    with mounted.held(folder, lambda: bool(current.stopped)) as mounts:
        current.mounts = mounts
        if watch is not None and mounts.told:
            watch.data["mounted"] = mounts.told
        if mounts.fault:
            end: End | None = now(_NOT_RUN, mounted.WHY, mounts.fault)
        else:
            end = _led(job, folder, current, watch)
    if watch is not None:
        end = watch.end(None if current.stopped else end, current.peak)
    if end is None:
        return GOES_ON if watch and watch.may_go_on else 128 + current.stopped
    mounted.forget(folder)
    write_end(folder, end)
    tag_end(Place(Path(job["place"])))
    return end.exit_status


def _led(job: dict[str, Any], folder: Path, current: _Try, watch: Watch | None) -> End | None:
    """Run it, and measure what it made; None where somebody ended it from outside."""
    end = _run(job, folder, current, watch)
    if watch is not None and end is not None and (end.why == "stopped" or not end.exit_status):
        watch.measures = True

        def attempt(which: str) -> End:
            own = {**job, "grant": str(evaluating.grant_of(folder, which)), "outputs": ()}
            return _attempt(own, folder, _boxed(own), current, None, watch)

        evaluating.measured(job, folder, folder / "module", attempt)
        end = None if current.stopped else end
    return end


def _run(
    job: dict[str, Any], folder: Path, current: _Try, watch: Watch | None = None
) -> End | None:
    """Try until it goes well, it was tried enough, or its time is over; None where stopped."""
    has_time = job["time_s"] and watch is None
    deadline = time.monotonic() + job["time_s"] if has_time else None
    engine = engines.found() if job["image"] else None
    if job["image"] and engine is None:
        return now(_NOT_RUN, "engine", engines.MISSING)
    argv = engine.command(job) if engine else _boxed(job)
    current.removal = tuple(engine.removal(job)) if engine else ()
    for left in range(job["retries"], -1, -1):
        end = None if current.stopped else _attempt(job, folder, argv, current, deadline, watch)
        if current.removal and (current.stopped or (end and end.why == "time")):
            subprocess.run(current.removal, check=False, capture_output=True)
        if end is None or current.stopped:
            return None
        if engine and end.exit_status == engines.OWN:
            return now(engines.OWN, "engine", "the program that runs images failed; see the log")
        if end.exit_status == 0 or not left or end.why in _FINAL:
            return end
        time.sleep(_PAUSE_S)
    raise AssertionError


def _boxed(job: dict[str, Any]) -> list[str]:
    """The command that enters the box, with the owner tag where others find it."""
    value = os.environ.get(processes.VARIABLE, "")
    options = [f"--keep={processes.VARIABLE}", "--owner", *job["options"]]
    argv = boxed(*options, job["grant"])
    return processes.with_tag(argv, boxed(), value) if value else argv


def _attempt(
    job: dict[str, Any],
    folder: Path,
    argv: list[str],
    current: _Try,
    deadline: float | None,
    watch: Watch | None,
) -> End:
    told, tell = os.pipe()
    entry = len(boxed())
    tells = [] if job["image"] else [f"--tell={tell}"]
    own = {f"{GIVEN}{_RESUME}": watch.resume} if watch else {}
    kept = streams.kept(folder / "work", job["outputs"], _MOST_LOG if watch else 0)
    with os.fdopen(told, "rb") as stream, kept as to:
        try:
            current.process = subprocess.Popen(
                [*argv[:entry], *tells, *argv[entry:]] if tells else argv,
                stdin=subprocess.DEVNULL,
                stdout=to.out,
                stderr=to.err,
                cwd=folder / "work",
                env={**os.environ, **own, **(job["environment"] if job["image"] else {})},
                pass_fds=[tell],
            )
        finally:
            os.close(tell)
            to.close()
        status, why = _watched(current, watch) if watch else _wait(current, deadline)
        said = _told(stream.read()) if tells else {}
    if status and not why and not said.get("ended") and current.mounts and current.mounts.odd():
        said = {"ended": mounted.WHY, "why": current.mounts.odd()}
    elif why == mounted.WHY and current.mounts:
        said = {"ended": why, "why": current.mounts.dead()}
    why = why or str(said.get("ended") or "")
    current.peak = max(current.peak, int(said.get("peak") or 0))
    # A program that saves what it has, as it was asked to, may say that all went well.
    status = _OUT_OF_TIME if why in _LIMITS else _HALTED if why in HALTS else status
    if why == mounted.WHY:  # a script that says that all went well had no more data
        status = status or _NOT_RUN
    return now(status if status >= 0 else 128 - status, why, str(said.get("why") or ""))


def _wait(current: _Try, deadline: float | None) -> tuple[int, str]:
    """How the try ended, and why where its time was over."""
    process = current.process
    assert process is not None  # noqa: S101 - it was just begun
    try:
        return process.wait(None if deadline is None else max(0.0, deadline - time.monotonic())), ""
    except subprocess.TimeoutExpired:
        process.terminate()
    return _ended(process, _GRACE_S), "time"


def _watched(current: _Try, watch: Watch) -> tuple[int, str]:
    """How a training's try ended, and why where a limit was passed."""
    process = current.process
    assert process is not None  # noqa: S101 - it was just begun
    while True:
        try:
            return process.wait(LOOK_S), ""
        except subprocess.TimeoutExpired:
            why = watch.look()
            if current.mounts and current.mounts.dead():
                why = mounted.WHY
        if why:
            process.terminate()
            return _ended(process, 0.0 if why == "disk" else GRACE_S), why


def _ended(process: subprocess.Popen[bytes], grace_s: float) -> int:
    """The status of one that was asked to end; it is killed after a while."""
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
    return process.wait()


def _told(content: bytes) -> dict[str, Any]:
    """What the box says of how it ended."""
    with suppress(ValueError, IndexError):
        data = json.loads(content.splitlines()[0])
        return data if isinstance(data, dict) else {}
    return {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
