"""EDGE of the host: looks after a training from outside of its box, and holds its limits.

What it sees it writes down where the training's script reaches nothing: figures, time, what was
made. Limits are read anew each time, for they may be changed while it runs.
"""

from __future__ import annotations

import os
import resource
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from deepcat.host.job import drawn, memory, outputs
from deepcat.host.job.curves import Curves, plain, words
from deepcat.host.job.end import End, now
from deepcat.host.job.energy import Meter
from deepcat.host.job.failing import failure, no_output
from deepcat.host.job.reading import Followed
from deepcat.host.place import tail
from deepcat.host.taking_away import away

LOOK_S, GRACE_S = 0.5, 60.0
_WRITE_S, _SIZE_S, _OTHERS_S = 1.0, 5.0, 2.0
_LEAST_FREE, _LEAST_FILES = 256 << 20, 1000
# More files, and deeper folders, are not counted: who has them is held to have written too much.
_MOST_LOOKED, _DEEPEST, _BEYOND = 1_000_000, 64, 1 << 62
_LINES, _SHORTEST = 40, 8


class Watch:
    """One attempt at a training.

    Args:
        job: as its file has it.
        folder: of the job.
    """

    def __init__(self, job: dict[str, Any], folder: Path) -> None:
        self.kept = Path(job["kept"])
        self.output = folder / job["output"]
        self.checkpoints = Path(job["checkpoints"])
        self.written = (self.output, self.checkpoints, folder / "work")
        self.log = Path(job["log"])
        self.masks = masks_of((job.get("environment") or {}).values())
        self.bound = int(job.get("bound_bytes") or job.get("memory_bytes") or 0)
        before = memory.seen(self.kept)
        self.data: dict[str, Any] = {
            "first": before.get("first") or now(0).at,
            "attempts": [*(before.get("attempts") or ()), {"began": now(0).at}][-100:],
            "hardware": memory.hardware(list(job.get("uuids") or ())),
            "peak_MB": before.get("peak_MB") or 0,
        }
        is_anew = before.get("again", 0) != job.get("again", 0)
        self.meter = Meter(list(job.get("uuids") or ()), before.get("energy") or {})
        self.data["again"] = job.get("again", 0)
        self.ran = float(before.get("seconds") or 0.0)
        self.free_of = self.ran if is_anew else float(before.get("free_of") or 0.0)
        self.data["free_of"] = self.free_of
        self.begun, self.began = time.monotonic(), time.time()
        self.followed = Followed(self.output, Curves.from_dict(before))
        read = before.get("read") or {}
        if read.get("folder") == os.path.realpath(self.output):  # the very same was begun again
            self.followed.ends, self.followed.row = dict(read["ends"]), int(read["row"])
        self.wrote = self.sized = self.looked = float("-inf")
        self.size = 0
        self.measures = False  # it has learnt; its figures end nothing any more
        self.checkpoint_before = memory.checkpoint(self.checkpoints)
        self._write()

    @property
    def seconds(self) -> float:
        """For how long it has run, in all attempts together."""
        return self.ran + time.monotonic() - self.begun

    @property
    def resume(self) -> str:
        """The checkpoint to go on from; empty for none."""
        found = memory.checkpoint(self.checkpoints)
        return str(self.checkpoints / found[0]) if found else ""

    @property
    def may_go_on(self) -> bool:
        """Whether it has a checkpoint that it did not begin with: else it would for ever."""
        found = memory.checkpoint(self.checkpoints)
        return found is not None and found != self.checkpoint_before

    def look(self) -> str:
        """See how it goes; gives why it must end, and nothing while it need not."""
        at = time.monotonic()
        others = at - self.looked >= _OTHERS_S
        self.looked = at if others else self.looked
        lines = self.followed.curves.lines
        self._follow(others=others)
        self.data["energy"] = self.meter.look()
        if others and (keep := self._promised("keep")):
            memory.thin(self.checkpoints, keep)
        if at - self.wrote >= (_WRITE_S if self.followed.curves.lines != lines else _SIZE_S):
            self._write()
        return self._why(memory.limits(self.kept))

    def see(self, *, is_over: bool = False) -> dict[str, Any]:
        """Read on, write it down, and give all that is known.

        Args:
            is_over: whether the training writes nothing any more.
        """
        self._follow(others=True, is_over=is_over)
        self.data["energy"] = self.meter.look()
        self._write()
        return memory.seen(self.kept)

    def _follow(self, *, others: bool, is_over: bool = False) -> None:
        with suppress(OSError):
            self.followed.read(self.seconds, all_kinds=others, is_over=is_over)

    def _promised(self, word: str) -> int:
        """What is known of its checkpoints: ``every_s``, ``keep``; 0 for nothing."""
        return int((memory.limits(self.kept).get("checkpoint") or {}).get(word) or 0)

    def _why(self, held: dict[str, Any]) -> str:
        """The first limit that is passed."""
        if halt := held.get("halt"):
            return "pruned" if halt == "pruned" else "halted"
        spent = self.seconds - self.free_of
        for why in ("time", "cost"):
            if held.get(f"{why}_s") and spent > held[f"{why}_s"]:
                return why
        if self._fills(int(held.get("disk_bytes") or 0)):
            return "disk"
        if self.measures:
            return ""
        if held.get("nan", True) and self.followed.curves.diverged:
            return "diverged"
        return "stopped" if self._has_stalled(held.get("stop") or {}) else ""

    def _fills(self, most: int) -> bool:
        """Whether it has written more than it may, or hardly leaves anything free."""
        at = time.monotonic()
        if most and at - self.sized >= _SIZE_S / 5:
            self.size = sum(map(_size, self.written))
            self.sized = at + min(20 * (time.monotonic() - at), 60.0)
        with suppress(OSError):
            free = os.statvfs(self.checkpoints)
            few = bool(free.f_files) and free.f_favail < _LEAST_FILES
            if few or free.f_bavail * free.f_frsize < _LEAST_FREE:
                return True
        return bool(most) and self.size > most

    def _has_stalled(self, stop: dict[str, Any]) -> bool:
        """Whether a metric has not got better for so many of its values."""
        curve = self.followed.curves.metrics.get(str(stop.get("metric") or ""))
        patience = int(stop.get("patience") or 0)
        if curve is None or not patience or len(curve.points) <= patience:
            return False
        sign = 1.0 if stop.get("higher_is_better", True) else -1.0
        values = [sign * value for _, _, value in curve.points]
        return max(values[-patience:]) <= max(values[:-patience])

    def end(self, end: End | None, peak: int) -> End | None:
        """Write down how it ended and what it made; gives the end that counts.

        Args:
            end: of the attempt; None where somebody ended it from outside.
            peak: bytes of memory that it had at most; 0 where nobody saw.
        """
        self._follow(others=True, is_over=True)
        self.data["energy"] = self.meter.look(is_over=True)
        if end is not None and end.why == "disk":  # its checkpoints alone are of use again
            for folder in self.written:
                if folder != self.checkpoints:
                    away(folder)
                    folder.mkdir(exist_ok=True)
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
        self.data["peak_MB"] = max(self.data["peak_MB"], (peak or most) // 1_000_000)
        if end is None:
            self._write()
            return None
        end = now(0, "stopped", end.detail) if end.why == "stopped" else end
        rows, left = outputs.listed(self.output) if end.exit_status == 0 else ([], [])
        self.data["output"], self.data["left"] = rows, left
        self.data["plots"] = drawn.told(self.output, self._plain) if rows else {}
        self.data["failure"] = self._failure(end)
        self._write()
        return end

    def _failure(self, end: End) -> dict[str, str] | None:
        if end.exit_status == 0:
            left = self._plain("; ".join(self.data["left"]), 4000)
            return lacking(self.data["output"], [left] if left else [])
        lines = plain(masked(last(self.log), self.masks))
        return failure(end, lines, self.data["peak_MB"], self.bound, self._odd())

    def _plain(self, text: str, most: int = 200) -> str:
        return words(masked([text], self.masks)[0], most)

    def _odd(self) -> str:
        return self.followed.curves.diverged

    def _write(self) -> None:
        self.wrote = time.monotonic()
        found = memory.checkpoint(self.checkpoints)
        at = {"name": self._plain(found[0]), "at": _iso(found[1])} if found else None
        if every := self._promised("every_s"):
            since = max(found[1] if found else 0.0, self.began)
            at = {**(at or {}), "due": _iso(since + every)}
        own = {"seconds": round(self.seconds, 1), "checkpoint": at}
        memory.see(self.kept, {**self.data, **_said(self.followed, self.masks), **own})


def catch_up(job: Mapping[str, Any], folder: Path) -> None:
    """Remember what a lost attempt told after it was last looked at, for its folder is to go.

    Args:
        job: as its file has it.
        folder: of the job.
    """
    kept = Path(job["kept"])
    seen = memory.seen(kept)
    read = seen.get("read") or {}
    if read.get("folder") != os.path.realpath(folder / job["output"]):
        return
    curves = Curves.from_dict(seen)
    followed = Followed(folder / job["output"], curves, dict(read["ends"]), int(read["row"]))
    with suppress(OSError):
        followed.read(float(seen.get("seconds") or 0.0))
    masks = masks_of((job.get("environment") or {}).values())
    memory.see(kept, {**seen, **_said(followed, masks)})


def _said(followed: Followed, masks: Sequence[str]) -> dict[str, Any]:
    """What a script says of itself, without what may be secret, and how far that was read."""
    said = followed.curves.as_dict()
    metrics = {k: v for k, v in said["metrics"].items() if masked([k], masks) == [k]}
    message = words(masked([said["message"]], masks)[0], 200)
    # By its real path: who comes next may call it by another, shorter one.
    read = {"folder": os.path.realpath(followed.folder), "ends": followed.ends, "row": followed.row}
    own = {"metrics": metrics, "message": message, "passed": followed.curves.passed}
    return {**said, **own, "read": read}


_BESIDES = frozenset({"metrics.jsonl", "mlflow.db"})


def last(log: Path, most: int = _LINES) -> list[str]:
    """The last lines of a log."""
    return list(deque(tail(log, 16_384).splitlines(), maxlen=most))


def lacking(rows: Sequence[Mapping[str, Any]], left: Sequence[str]) -> dict[str, str] | None:
    """What is wrong with what a training that ended well made; None where there is something.

    Args:
        rows: the files of its output.
        left: what of it is not taken, and why.
    """
    if any(row["path"] not in _BESIDES for row in rows):
        return None
    return no_output("; ".join(left) or "its output folder is empty")


def masks_of(values: Iterable[Any]) -> list[str]:
    """What is not to be told, the longest first: each value, and each line of one that has many."""
    known = {line for value in values for line in (str(value), *str(value).splitlines())}
    return sorted(known, key=len, reverse=True)


def masked(lines: list[str], values: Sequence[str]) -> list[str]:
    """Lines without the values of variables that a job is given, which may be secrets."""
    for value in values:
        if len(value) >= _SHORTEST:
            lines = [line.replace(value, "•••") for line in lines]
    return lines


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(at))


def _size(folder: Path) -> int:
    """Bytes on the disk below a folder; more than there can be where they are not to be counted."""
    total = looked = 0
    with suppress(OSError):
        for above, folders, files, handle in os.fwalk(folder, follow_symlinks=False):
            if len(Path(above).relative_to(folder).parts) >= _DEEPEST and folders:
                return _BEYOND
            for name in files:
                with suppress(OSError):
                    total += os.stat(name, dir_fd=handle, follow_symlinks=False).st_blocks << 9
            looked += len(files) + 1
            if looked > _MOST_LOOKED:
                return _BEYOND
    return total
