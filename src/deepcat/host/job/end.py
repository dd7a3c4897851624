"""How a job ended, as its folder and its deployment's owner tag tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from deepcat.host.life import held
from deepcat.host.place import Place, read_json, write_json

# Why a training was ended by somebody outside, who may let it go on.
HALTS = ("halted", "pruned")
_END, _BEGUN = "end.json", "begun.json"


@dataclass(frozen=True)
class End:
    """How a job ended by itself; one that was ended from outside has no end, and is lost.

    Attributes:
        at: ISO 8601 instant, UTC.
        exit_status: 0 is well.
        why: ``time``, ``memory``, ``box``, ``engine`` or ``mount`` where a bound, the host or the
            end of its mounted data ended it.
        detail: what was refused, for a person.
    """

    at: str
    exit_status: int
    why: str = ""
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What a run tells of it."""
        return {"at": self.at, "exit_status": self.exit_status}


def now(exit_status: int, why: str = "", detail: str = "") -> End:
    """An end at this moment."""
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return End(at, exit_status, why, detail)


def end_of(folder: Path) -> End | None:
    """How the job of a folder ended; None while it has not."""
    data = read_json(folder / _END)
    try:
        return End(str(data["at"]), int(data["exit_status"]), str(data["why"]), str(data["detail"]))
    except (KeyError, TypeError, ValueError):
        return None


def write_end(folder: Path, end: End) -> None:
    """Write it down, whole or not at all."""
    write_json(folder / _END, asdict(end))


def has_begun(folder: Path) -> bool:
    """Whether the job of a folder really began."""
    return (folder / _BEGUN).is_file()


def may_begin(folder: Path, ticket: str) -> bool:
    """Whether this is the first to begin the job of a folder, or the same one again.

    Args:
        folder: the job's.
        ticket: names what the keeper started, where it may start the very same again, as a batch
            system does after a node failed; empty where it does not.
    """
    path = folder / _BEGUN
    try:
        with path.open("x") as stream:
            stream.write(f'{{"ticket": "{ticket}"}}')
    except FileExistsError:
        return bool(ticket) and read_json(path).get("ticket") == ticket and not end_of(folder)
    return True


def whole(ends: Mapping[str, End | None]) -> End | None:
    """The end of several jobs: of the last, and of the first that failed; None while one runs."""
    known = [end for end in ends.values() if end is not None]
    if not known or len(known) < len(ends):
        return None
    failed = [end for end in known if end.exit_status]
    last = max(end.at for end in known)
    first = failed[0] if failed else known[0]
    return End(last, first.exit_status, first.why, first.detail)


def ended(place: Place) -> End | None:
    """How the jobs of a place ended that hold; None where one has not, or there are none."""
    nodes: Mapping[str, Mapping[str, Any]] = place.state.get("jobs") or {}
    live = {node: mine["live"] for node, mine in nodes.items() if mine.get("live")}
    return whole({node: end_of(place.folder / each["folder"]) for node, each in live.items()})


def tag_end(place: Place) -> None:
    """Say on the owner tag that the deployment has ended, where it is one of jobs alone."""
    with held(place):
        owner = place.owner
        end = ended(place)
        if end is not None and owner.get("is_job") and owner.get("status") == "running":
            place.tag({**owner, **on_tag(end)})


def on_tag(end: End) -> dict[str, Any]:
    """What an owner tag says of an end."""
    status = "failed" if end.exit_status else "ended"
    return {"status": status, "ended": end.at, "exit_status": end.exit_status}
