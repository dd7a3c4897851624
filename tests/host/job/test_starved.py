"""A job that its batch system ended for want of memory, with its watch, has failed by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat.host import listing
from deepcat.host.job.end import end_of
from deepcat.host.keeper import Program
from deepcat.host.place import Place, write_json

NAME = "crunch~job~1~job"
OWNER = {"name": "crunch", "is_job": True, "status": "running"}


class Batch:
    """A keeper that has one program, as a batch system's queue tells of it."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def programs(self) -> dict[str, Program]:
        return {NAME: self.program}

    def loose(self) -> tuple[()]:
        return ()


@pytest.mark.parametrize(
    ("state", "kind", "held", "ends"),
    [
        ("EXITED", "module", {}, True),
        ("EXITED", "cloud", {}, False),
        ("RUNNING", "", {}, False),
        ("EXITED", "module", {"kept": "/a/training"}, False),
    ],
    ids=["starved", "node-lost", "running", "training"],
)
def test_only_the_keeper_can_tell_that_it_was_starved(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    kind: str,
    held: dict[str, Any],
    ends: bool,
) -> None:
    place = Place(tmp_path / "crunch")
    folder = place.folder / "jobs/job/1"
    folder.mkdir(parents=True)
    place.save({"jobs": {"job": {"live": {"program": NAME, "folder": "jobs/job/1"}}}})
    place.tag(OWNER)
    write_json(folder / "job.json", held)
    program = Program(NAME, state, 7, 0, "its job is OUT_OF_MEMORY", kind)
    monkeypatch.setattr(listing, "keeper_of", lambda *_: Batch(program))
    (there,) = listing.listing(tmp_path)
    end = end_of(folder)
    assert (end is not None) == ends
    if end is None:
        assert there.owner == OWNER
    else:
        assert (end.exit_status, end.why, end.detail) == (137, "memory", program.reason)
        told = {"status": "failed", "exit_status": 137, "ended": end.at}
        assert there.owner == {**OWNER, **told}
        assert listing.listing(tmp_path) == (there,), "a second look changes nothing"
