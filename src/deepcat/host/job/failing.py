"""What a bad end of a training means, in words that tell what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deepcat.host.job.end import End

Failure = dict[str, str]

# What a script prints that wants more memory than it is given, where nobody else tells.
_STARVED = (
    *("MemoryError", "bad_alloc", "Cannot allocate memory", "CUDA out of memory"),
    *("ResourceExhausted", "OOM when allocating"),
)
_GOES_ON = "then it goes on from its last checkpoint"
# Why it was ended -> what is so, and what helps.
_LIMITS = {
    "time": ("its time is over", f"`deepcat resume NAME --time +2h`: {_GOES_ON}"),
    "cost": ("it has cost what it may", f"raise `limits.cost`, {_GOES_ON}"),
    "disk": ("it has written more than it may, or the disk is full", "raise `limits.disk`"),
    "halted": ("somebody stopped it", f"`deepcat resume NAME`: {_GOES_ON}"),
    "pruned": (
        "others of its sweep were better at the same step",
        f"`deepcat resume NAME`: {_GOES_ON}",
    ),
    "diverged": ("{} was no number three times in a row", "take a lower learning rate"),
    "box": ("this host gives no box: {}", "mend the host, or train elsewhere"),
    "engine": ("{}", "mend the host, or train elsewhere"),
    "mount": (
        "{}",
        "see whether its server and its `credential` are right, or stage the data: take"
        f" `how: mount` away; {_GOES_ON}",
    ),
}
# What Python says of a package that is not there.
_LACKING = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '([\w.]{1,100})'")
_MB = 1_000_000
_MOST_DETAIL = 4000


def failure(end: End, lines: Sequence[str], peak_MB: int, bound: int, odd: str) -> Failure:  # noqa: N803
    """Code, detail and hint of an end that was no good one; the detail's last lines are the log's.

    Args:
        end: how it ended.
        lines: the last ones of its log, without what a terminal obeys.
        peak_MB: the most memory that it had.
        bound: bytes that it may have; 0 for no bound.
        odd: the metric that is no number any more; empty for none.
    """
    if end.why in _LIMITS:
        what, hint = _LIMITS[end.why]
        return _told(f"job/{end.why}", what.format(odd or end.detail), hint, lines)
    starved = next((line for line in reversed(lines) if any(w in line for w in _STARVED)), "")
    if end.why == "memory" or starved:
        may = f" of the {bound // _MB} MB that it may have" if bound else ""
        said = f", and said: {starved}" if starved else ""
        hint = "ask for more memory, or take smaller batches"
        return _told("job/out-of-memory", f"it had {peak_MB} MB{may}{said}", hint, lines)
    return _told("job/exit", f"status {end.exit_status}", _helps(lines), lines)


def _helps(lines: Sequence[str]) -> str:
    """What helps a script that ended by itself, by its last words."""
    found = next((match for line in reversed(lines) if (match := _LACKING.search(line))), None)
    if found is None:
        return "see what it said last"
    return (
        f"no `{found[1].partition('.')[0]}` is where it ran: name a lock that has it by"
        " `training.environment` in module.yaml, or, without a lock, install it on that host"
    )


def no_output(why: str) -> Failure:
    """Of one that ended well, and made nothing."""
    return _told("job/no-output", why, "let it write its model into DEEPCAT_OUTPUT")


def _told(code: str, what: str, hint: str, lines: Sequence[str] = ()) -> Failure:
    said = "\n".join(lines)[-_MOST_DETAIL:]
    return {"code": code, "detail": f"{what[:_MOST_DETAIL]}\n{said}".rstrip(), "hint": hint}
