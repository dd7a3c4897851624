"""What the keeper and the jobs tell each other by files of the shared file system."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.host.place import OWNER, read_json, write_json

FOLDER = ".slurm"


@dataclass(frozen=True)
class Files:
    """The folder of one program."""

    folder: Path

    @property
    def spec(self) -> dict[str, Any]:
        """What shall run, and how its jobs are submitted; empty when nothing shall."""
        return read_json(self.folder / "spec.json")

    @property
    def listens(self) -> dict[str, Any]:
        """Where it listens, and by which job; empty until one has told."""
        return read_json(self.folder / "listens.json")

    @property
    def last(self) -> int:
        """The job that was submitted last; 0 for none."""
        return int(read_json(self.folder / "job.json").get("number") or 0)

    @property
    def ended(self) -> str:
        """How that job ended, in Slurm's word, where it was asked after; else empty."""
        told = read_json(self.folder / "ended.json")
        return str(told.get("state") or "") if told.get("number") == self.last else ""

    @property
    def ticket(self) -> str:
        """The job that was submitted first, whose name those that take over bear; or empty."""
        return str(read_json(self.folder / "job.json").get("ticket") or "")

    def submitted(self, number: int) -> None:
        """Say which job is the newest."""
        ticket = self.ticket or str(number)
        write_json(self.folder / "job.json", {"number": number, "ticket": ticket})

    def keep_end(self, number: int, state: str) -> None:
        """Keep how a job ended, for Slurm forgets it."""
        write_json(self.folder / "ended.json", {"number": number, "state": state})

    def write(self, spec: dict[str, Any]) -> None:
        """Say what shall run."""
        write_json(self.folder / "spec.json", spec)

    def publish(self, job: str, address: str, rest: int, grpc: int) -> None:
        """Say where it listens from now on, also in the owner tag, by which it is asked."""
        before = self.listens
        told = {"job": job, "address": address, "rest": rest, "grpc": grpc}
        write_json(self.folder / "listens.json", told)
        if before:
            self._move(_endpoints(before), _endpoints(told))

    def retract(self, job: str) -> None:
        """Say that a job which Slurm starts anew, maybe elsewhere, listens no more where it did."""
        before = self.listens
        if before.get("job") == job:
            write_json(self.folder / "listens.json", {**before, "job": ""})

    def _move(self, before: list[str], now: list[str]) -> None:
        tag = self.folder.parents[1] / self.folder.name.partition("~")[0] / OWNER
        owner = read_json(tag)
        moved = {each: now[at] for at, each in enumerate(before)}
        known = owner.get("endpoints") or {}
        new = {name: moved.get(at, at) for name, at in known.items()}
        if new != known:
            write_json(tag, {**owner, "endpoints": new})

    def forget(self) -> None:
        """Leave nothing of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _endpoints(told: dict[str, Any]) -> list[str]:
    at = told["address"]
    rest, grpc = f"{at}:{told['rest']}", f"{at}:{told['grpc']}"
    return [f"http://{rest}", grpc, f"https://{rest}", f"https://{grpc}"]


def programs(local: Path) -> Iterator[Files]:
    """All that shall run of a catalog, sorted by name."""
    for path in sorted((local / FOLDER).glob("*/spec.json")):
        yield Files(path.parent)
