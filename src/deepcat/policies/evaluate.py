"""EDGE of policies: ask the program that evaluates them, in a box."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.extras import not_installed
from deepcat.host.box import needs, run
from deepcat.host.box.grant import Grant
from deepcat.policies.values import Policies, Policy, Said, Subject

WALL_S = 15.0
_MiB = 1 << 20
_MOST_OUTPUT = 8 * _MiB
GRANT = Grant(
    "policies",
    cpu_s=15,
    processes=64,
    file_bytes=_MiB,
    disk_bytes=16 * _MiB,
    open_files=256,
    wall_s=WALL_S,
)
_WORKER = (sys.executable, "-I", "-m", "deepcat.policies.worker")
_BOUNDS = f"it needs more than {WALL_S:.0f} s, 1 GiB of memory or 8 MiB of words"


def ask(
    policies: Policies, subjects: Sequence[Subject], *, trusted: bool = True
) -> tuple[Said, ...]:
    """What policies say of subjects; also why one of them cannot say anything.

    Args:
        policies: those that could be read.
        subjects: what they are asked about.
        trusted: whether they were merged: only then they may run where no box can be made.

    Raises:
        DeepcatError: a library is missing (``policy/library``).
    """
    found: list[Said] = []
    # One process each: the libraries do not bear one another's allocators.
    for language in ("cel", "rego"):
        chosen = [each for each in policies.all if each.language == language]
        if not chosen:
            continue
        asked = {
            "policies": [asdict(each) for each in chosen],
            "libraries": dict(policies.libraries),
            "subjects": [{"on": each.on, "data": each.data} for each in subjects],
        }
        found += _read(_answer(json.dumps(asked).encode(), trusted), chosen, subjects)
    return tuple(found)


# A loop that waits for others plans anew and anew, mostly the same.
@lru_cache(maxsize=4)
def _answer(asked: bytes, trusted: bool) -> bytes:
    grant = replace(GRANT, reads=needs.of_python())
    done = run.run(_WORKER, grant, stdin=asked, most_output=_MOST_OUTPUT)
    if done.ended != "box":
        return done.out
    return _without_box(asked) if trusted else b""


def _without_box(asked: bytes) -> bytes:
    """The same, with the bounds that the program sets itself; for what people agreed to."""
    with subprocess.Popen(
        _WORKER,
        env=needs.VARIABLES,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(asked, WALL_S)[0][:_MOST_OUTPUT]
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0][:_MOST_OUTPUT]


def _read(out: bytes, policies: Sequence[Policy], subjects: Sequence[Subject]) -> Iterator[Said]:
    begun, ended = 0, False
    for row in _rows(out):
        begun, ended = row.get("begin", begun), "end" in row or ended
        if "level" not in row:
            continue
        policy, level = policies[row["policy"]], row["level"]
        if level == "missing":
            raise _missing(policy)
        about = subjects[row["subject"]] if "subject" in row else None
        yield Said(policy, about, level, row["message"], row.get("at", ""))
    if not ended:
        yield Said(policies[begun], None, "broken", _BOUNDS if out else "no box could be made")


def _rows(out: bytes) -> Iterator[Mapping[str, Any]]:
    for line in out.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            return  # it was ended in the middle of a line
        if isinstance(row, dict):
            yield row


def _missing(policy: Policy) -> DeepcatError:
    package = "cel_expr_python" if policy.language == "cel" else "regopy"
    return not_installed("policy", package, "policy/library", asks=policy.path)
