"""What `status`, `train` and `trainings` say of a training."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deepcat.cli.say import say
from deepcat.cli.times import when
from deepcat.plain import plain

if TYPE_CHECKING:
    from deepcat.records.trainings import Training

COLOURS = {
    "running": "green",
    "ended": "green",
    "failed": "red",
    "lost": "red",
    "waiting": "yellow",
    "stopped": "yellow",
}
# Why one ended early that did not fail.
_STOPPED = {"stopped": "its metric got no better", "halted": "by `deepcat stop`",
            "pruned": "pruned: others of its sweep were better"}  # fmt: skip
# So many metrics are shown in a line.
_MOST = 6
# So many lines are shown of what one that failed said last.
_LINES = 10


def show(training: Training, currency: str = "", indent: str = "    ") -> None:
    """Say how a training goes, in a few lines."""
    say("{}training {}  ", indent, training.training, nl=False)
    say("{}", training.state, fg=COLOURS.get(training.state), nl=False)
    say("{}", "".join(f"  {each}" for each in heads(training)))
    for line in details(training, currency):
        say("{}  {}", indent, line)


def heads(training: Training) -> Iterator[str]:
    """What stands beside its state."""
    if training.progress is not None and not training.is_over:
        yield f"{training.progress:.0%}"
    if training.attempt > 1:
        yield f"attempt {training.attempt}"
    if training.seconds:
        yield f"{training.seconds:.0f} s"
    if training.waits and not training.is_over:
        yield f"waits: {plain(training.waits)[:200]}"
    if training.is_over and (why := _STOPPED.get(training.stopped)):
        yield why
    if training.message and not training.is_over:
        yield plain(training.message)[:200]


def details(training: Training, currency: str = "") -> Iterator[str]:
    """Its metrics, checkpoint, end, cost and energy, where its files lie, why it failed."""
    from deepcat.records.energy import words
    from deepcat.records.told_trainings import late

    if training.metrics:
        yield metrics(training)
    name = plain(str(training.checkpoint.get("name", "")))[:80]
    if name and not (training.is_over and not training.exit_status):
        yield f"checkpoint {name}"
    if is_late := late(training, datetime.now(UTC).isoformat(), when):
        yield f"warning: {plain(is_late)}"
    if training.expected_end and not training.is_over:
        yield expected(training.expected_end, datetime.now(UTC))
    if training.cost:
        yield f"cost {training.cost:.2f} {currency}".rstrip()
    if training.energy:
        yield "; ".join(filter(None, words(training.energy)))
    if training.uploaded:
        yield uploaded(training)
    if failure := training.failure:
        code, detail = failure.get("code", ""), plain(str(failure.get("detail", "")))[:500]
        yield f"failed: {detail} [{code}]"
        last = failure.get("last")
        for line in last[-_LINES:] if isinstance(last, list) else ():
            yield f"  | {plain(str(line))[:200]}"
        if hint := failure.get("hint"):
            yield f"hint: {plain(str(hint))[:500]}"


def expected(end: str, now: datetime) -> str:
    """When a training ends, in the reader's own time.

    Args:
        end: ISO 8601 instant, as its host has it.
        now: with a time zone.
    """
    from deepcat.quantities import human_time
    from deepcat.records.told_trainings import instant_of

    shown, left = when(end, now), (instant_of(end) - now).total_seconds()
    if shown == plain(end):  # a year that no clock has
        return f"expected to end at {shown}"
    if left <= 0:
        return f"was expected to end at {shown}"
    return f"expected to end in about {human_time(max(1, round(left / 60)) * 60)}, at {shown}"


def uploaded(training: Training) -> str:
    """Where all that it made lies; empty where it was uploaded nowhere."""
    from deepcat.quantities import human_bytes

    told = training.uploaded
    where = plain(str(told.get("address", "")))[:300]
    size = human_bytes(float(told.get("bytes") or 0))
    return f"uploaded to {where} ({told.get('files', 0)} files, {size})" if told else ""


def metrics(training: Training, first: str = "") -> str:
    """The last values; that of the module's metric, or of the one that is named, first."""
    own = first or training.metric
    names = sorted(training.metrics, key=lambda name: (name != own, name))
    shown = [f"{plain(name)} {training.metrics[name]:.6g}" for name in names[:_MOST]]
    more = len(names) - _MOST
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])
