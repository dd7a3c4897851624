"""A training's record with what its host tells now. Pure.

A host tells what strangers wrote there: numbers are numbers here, times times, and texts lines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from deepcat.records.energy import Rates, energy_of
from deepcat.records.plots import plots_of
from deepcat.records.shape import lines
from deepcat.records.trainings import (
    EMPTY,
    LOST,
    OVER,
    RUNNING,
    STOPPED,
    WAITING,
    Training,
    plain_data,
)

# So often at most a record is written anew that only says how far a training has come.
BEAT_S = 60.0
MOST_METRICS = 50
_USUAL = Rates()
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_MOST_FILES = 1_000
_MOST_ATTEMPTS = 100
_LAST = 40
# What a host says of one that was stopped by `deepcat stop`, and of one of a sweep early.
HALTED, PRUNED = "halted", "pruned"
_MOST_NUMBER = 1_000_000
# What changes while nothing happens that somebody must know at once.
_BEATS = (
    "progress", "message", "expected_end", "metrics", "seconds", "cost", "attempts", "peak_MB",
    "energy", "updated",
)  # fmt: skip


def told(
    training: Training, gathered: Mapping[str, Any], now: str, rates: Rates = _USUAL
) -> Training:
    """The training with what its host tells of it now.

    Args:
        training: as it is known.
        gathered: as `clouds.kind.Collecting.gather` gives it.
        now: ISO 8601 instant.
        rates: by which energy is estimated that its host did not count.
    """
    metrics = gathered.get("metrics")
    found = replace(
        training,
        node=str(gathered.get("node") or training.node),
        state=_state(training, gathered),
        began=_instant(gathered.get("began")),
        ended=_instant(gathered.get("ended")),
        exit_status=_whole(gathered.get("exit_status")),
        stopped=line_of(gathered.get("stopped"))[:40],
        waits=line_of(gathered.get("waits"))[:400],
        progress=_share(gathered.get("progress")),
        message=line_of(gathered.get("message")),
        expected_end=_instant(gathered.get("expected_end")),
        metrics=_last(metrics if isinstance(metrics, Mapping) else {}),
        checkpoint=_held(gathered.get("checkpoint"), ("name", "at", "due")),
        failure=_failure(gathered.get("failure")),
        data=_with_listed(training.data, gathered.get("mounted")),
        hardware=_mapping(gathered.get("hardware")) or training.hardware,
        output=tuple(_files(gathered.get("output"))),
        plots=plots_of(gathered.get("plots")),
        peak_MB=number_of(gathered.get("peak_MB")) or 0.0,
        seconds=number_of(gathered.get("seconds")) or 0.0,
    )
    if found.state == RUNNING and not found.expected_end:
        found = replace(found, expected_end=_expected(found, now))
    attempts = _attempts(found)
    seconds = sum(float(each.get("seconds") or 0) for each in attempts)
    spent = seconds / 3600 * found.price_hour
    number = max(len(attempts), min(_whole(gathered.get("attempt")) or 1, _MOST_NUMBER))
    counted = gathered.get("energy")
    found = replace(
        found,
        attempt=number,
        attempts=attempts,
        seconds=round(seconds, 3),
        cost=round(spent, 6),
        energy=energy_of(
            found.hardware, seconds, counted if isinstance(counted, Mapping) else {}, rates
        ),
    )
    return found if found == training else replace(found, updated=now)


def late(training: Training, now: str, shown: Callable[[str], str] = str) -> str:
    """What is to be said of one that runs and keeps no checkpoint as its module promises.

    Args:
        training: as it is known.
        now: ISO 8601 instant.
        shown: says when an instant is.
    """
    due, at = _when(str(training.checkpoint.get("due") or "")), _when(now)
    if training.state != RUNNING or due is None or at is None or at <= due:
        return ""
    since = shown(str(training.checkpoint.get("at") or training.began))
    promised = shown(str(training.checkpoint["due"]))
    return (
        f"no checkpoint since {since}, and its module promised one until"
        f" {promised}: more work than that would be lost"
    )


def is_due(before: Training | None, after: Training) -> bool:
    """Whether a record is worth a new commit: at once for what happened, else now and then."""
    if before is None or _what_counts(before) != _what_counts(after):
        return True
    if replace(before, updated="") == replace(after, updated=""):
        return False
    since, now = _when(before.updated), _when(after.updated)
    return since is None or now is None or (now - since).total_seconds() >= BEAT_S


def _state(training: Training, gathered: Mapping[str, Any]) -> str:
    """As its host says; what somebody stopped is not lost, nor has it failed."""
    state = str(gathered.get("state") or training.state)
    is_ours = gathered.get("stopped") in (HALTED, PRUNED)
    if is_ours or (state == LOST and training.state == STOPPED):
        return STOPPED
    return state if state in (*OVER, WAITING, RUNNING) else training.state


def _attempts(training: Training) -> tuple[Mapping[str, Any], ...]:
    """All attempts, each known by when it began, with the last one as it is now.

    Args:
        training: whose `seconds` are those of all attempts that its host remembers.
    """
    known = [each for each in training.attempts if each.get("began") not in (None, training.began)]
    there = (training.cloud, training.shape)
    before = [each for each in known if (each.get("cloud", ""), each.get("shape", "")) == there]
    earlier = sum(float(each.get("seconds") or 0) for each in before)
    is_whole = training.seconds >= earlier  # a host that has begun anew remembers none
    own: dict[str, Any] = {
        "began": training.began,
        "ended": training.ended,
        "state": training.state,
        "seconds": round(training.seconds - (earlier if is_whole else 0.0), 3),
        "cloud": training.cloud,
        "shape": training.shape,
        "run": training.run,
        "code": str(training.failure.get("code") or ""),
    }
    now = {key: value for key, value in own.items() if value not in ("", 0.0)}
    return (*known[-_MOST_ATTEMPTS + 1 :], now)


def _what_counts(training: Training) -> Training:
    blank: dict[str, Any] = {name: EMPTY[name] for name in _BEATS}
    return replace(training, **blank)


def _expected(training: Training, now: str) -> str:
    """When it ends if it goes on as until now."""
    share, at = training.progress or 0.0, _when(now)
    if not 0.01 <= share < 1 or at is None or not training.seconds:
        return ""
    left = training.seconds * (1 - share) / share
    return (at + timedelta(seconds=min(left, 1e9))).astimezone(UTC).isoformat(timespec="seconds")


def _last(metrics: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for name, own in list(metrics.items())[:MOST_METRICS]:
        value = number_of(own.get("last") if isinstance(own, Mapping) else own)
        if value is not None:
            found[line_of(name)[:64]] = value
    return dict(sorted(found.items()))


def _files(value: Any) -> Iterable[dict[str, Any]]:
    for each in list(value)[:_MOST_FILES] if isinstance(value, list | tuple) else ():
        if isinstance(each, Mapping) and isinstance(each.get("path"), str):
            size, digest = _whole(each.get("bytes")) or 0, line_of(each.get("sha256"))
            yield {"path": line_of(each["path"]), "bytes": size, "sha256": digest}


def _held(value: Any, keys: Sequence[str]) -> dict[str, str]:
    known = value if isinstance(value, Mapping) else {}
    return {key: line_of(known[key]) for key in keys if known.get(key)}


def _failure(value: Any) -> dict[str, Any]:
    """Why it failed, as lines: `detail`, and `last`, what its script said last."""
    found: dict[str, Any] = _held(value, ("code", "hint"))
    detail = value.get("detail") if isinstance(value, Mapping) else None
    first, *last = str(detail).split("\n") if detail else [""]
    found |= {"detail": line_of(first)} if first else {}
    return found | ({"last": [line_of(each) for each in last[-_LAST:]]} if last else {})


def _with_listed(data: Mapping[str, Any], mounted: Any) -> Mapping[str, Any]:
    """What a training reads, with what the stores of what was mounted listed as it began."""
    told = mounted if isinstance(mounted, Mapping) else {}
    found = dict(data)
    for name, each in data.items():
        listed = told.get(name)
        if not isinstance(each, Mapping) or not isinstance(listed, Mapping):
            continue
        sums = {key: _whole(listed.get(key)) for key in ("files", "bytes")}
        sha256 = str(listed.get("sha256") or "")
        if _SHA256.match(sha256) and None not in sums.values():
            found[name] = {**each, "listed": {**sums, "sha256": sha256}}
    return found


def _mapping(value: Any) -> dict[str, Any]:
    return dict(lines(plain_data(value))) if isinstance(value, Mapping) else {}


def line_of(value: Any) -> str:
    """Anything as one line that may stand in a record."""
    return str(lines("" if value is None else str(value)))


def number_of(value: Any) -> float | None:
    """A number that is one; else None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) and abs(value) < 1e300 else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _share(value: Any) -> float | None:
    number = number_of(value)
    return None if number is None else min(1.0, max(0.0, number))


def _instant(value: Any) -> str:
    return value if isinstance(value, str) and _when(value) is not None else ""


def instant_of(text: str) -> datetime:
    """A moment that a record holds; long ago for none."""
    return _when(text) or datetime.min.replace(tzinfo=UTC)


def _when(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
