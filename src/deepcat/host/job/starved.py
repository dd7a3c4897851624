"""Jobs that were ended by their keeper for what they did themselves, with all that watched them.

A batch system that ends a job for want of memory may end the watch, too: nobody is left to write
down how it ended, and it would pass for one whose host was lost, and be begun again without bound.
A training is told of by `gathered` and bounded by its own record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcat.host.job.end import end_of, now, tag_end, write_end
from deepcat.host.keeper import Program
from deepcat.host.place import Place, read_json

# As a shell tells of what was killed.
_KILLED = 137


def note(place: Place, programs: Mapping[str, Program]) -> None:
    """Write down the ends that only the keeper can tell of; nothing while the watch may tell it.

    Args:
        place: a deployment's.
        programs: of its keeper, by name.
    """
    nodes: Mapping[str, Mapping[str, Any]] = place.state.get("jobs") or {}
    for mine in nodes.values():
        job = mine.get("live") or {}
        program = programs.get(str(job.get("program")))
        if program is None or program.state != "EXITED" or program.kind != "module":
            continue
        folder = place.folder / str(job["folder"])
        if end_of(folder) is None and not read_json(folder / "job.json").get("kept"):
            write_end(folder, now(_KILLED, "memory", program.reason))
            tag_end(place)
