"""EDGE of the kind, there: Slurm's own commands; no option that Slurm 20.02 did not have."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Sequence

from deepcat.clouds.kinds.slurm.there.states import Job
from deepcat.host.failure import StepError

_FORMAT = "%i|%T|%r|%j|%k"
# Anybody can give a job of theirs our name and our comment.
_MINE = (f"--user={os.getuid()}",)
_PATIENCE_S = 25.0


def jobs(comment: str) -> list[Job]:
    """All jobs of ours that bear a comment, in one listing.

    Raises:
        StepError: Slurm does not answer.
    """
    told = _run(["squeue", *_MINE, "--noheader", "--states=all", f"--format={_FORMAT}"])
    rows = (line.split("|", 4) for line in told.splitlines())
    return [
        Job(_number(row[0]), row[1], row[2], row[3], row[4])
        for row in rows
        if len(row) == 5 and row[4].strip() == comment
    ]


def ended(numbers: Collection[int]) -> dict[int, str]:
    """How jobs ended that the queue has forgotten, by what is kept for the accounts.

    A site need not keep any: then nothing is known. Never fails.
    """
    if not numbers:
        return {}
    named = ",".join(map(str, sorted(numbers)))
    words = ["sacct", "--allocations", "--noheader", "--parsable2", f"--jobs={named}"]
    try:
        told = _run([*words, "--format=JobIDRaw,State"])
    except StepError:
        return {}
    rows = (line.split("|") for line in told.splitlines())
    found = {_number(row[0]): row[1] for row in rows if len(row) == 2}
    over = {each for each, state in found.items() if Job(each, state).is_over}
    return {each: found[each] for each in over & set(numbers)}


def submit(options: Sequence[str], script: str) -> int:
    """Put a job into the queue; gives its number.

    Raises:
        StepError: it is refused.
    """
    told = _run(["sbatch", "--parsable", *options], script)
    number = told.strip().split(";")[0].splitlines()[-1:]
    if not number or not number[0].isdigit():
        raise StepError("cloud", "run/slurm", f"sbatch said {told[:200]!r}", "see its own log")
    return int(number[0])


def cancel(numbers: Iterable[int]) -> None:
    """End jobs, with all that they started."""
    given = [str(number) for number in numbers]
    if given:
        _run(["scancel", "--full", *given])
        _run(["scancel", *given])


def _run(words: Sequence[str], given: str = "") -> str:
    try:
        done = subprocess.run(
            words,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _silent(f"`{words[0]}` gave no answer within {_PATIENCE_S:.0f} s") from None
    except OSError as error:
        raise _silent(f"`{words[0]}` cannot be started: {error.strerror}") from None
    if done.returncode:
        raise refusal(words[0], done.stderr.strip() or done.stdout.strip())
    return done.stdout


def _silent(message: str) -> StepError:
    return StepError("cloud", "run/slurm", message, "see whether Slurm's controller is up")


def refusal(program: str, said: str) -> StepError:
    """What a command that refuses says, as a typed failure. Pure."""
    low = said.lower()
    lines = "; ".join(filter(None, map(str.strip, said.splitlines())))
    message = f"`{program}` says: {lines[-500:]}"
    for kind, words in _REFUSALS.items():
        if any(each in low for each in words):
            return StepError(kind, f"run/{_CODES[kind]}", message, _HINTS[kind])
    return StepError("cloud", "run/slurm", message, "see whether Slurm's controller is up")


_REFUSALS = {
    "quota": ("limit", "qos", "exceeds"),
    "auth": ("invalid account", "not permitted", "access denied", "permission denied"),
    "capacity": ("not available", "node configuration", "invalid generic resource"),
}
_CODES = {"quota": "quota", "auth": "denied", "capacity": "capacity"}
_HINTS = {
    "quota": "ask for less, or for a higher limit",
    "auth": "name an account and a QOS that this user may use",
    "capacity": "ask for what some node has",
}


def _number(text: str) -> int:
    digits = text.split("_", maxsplit=1)[0]
    return int(digits) if digits.isdigit() else 0
