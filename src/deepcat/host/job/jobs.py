"""Begin, follow and end the jobs of one deployment on this host."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepcat.host import cards
from deepcat.host.box.argv import write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available, lacking
from deepcat.host.data import mounting, uses
from deepcat.host.data import wanted as data
from deepcat.host.environments import shared
from deepcat.host.failure import StepError
from deepcat.host.job import engines, evaluating, memory, mounted, training
from deepcat.host.job.end import End, end_of, has_begun, whole
from deepcat.host.job.wanted import Wanted
from deepcat.host.job.watching import catch_up
from deepcat.host.keeper import Keeper, Program, keeper_of
from deepcat.host.machine import CARDS, devices
from deepcat.host.place import Place, open_up, read_json, write_json
from deepcat.host.python import words
from deepcat.host.taking_away import away

# Ends the name of a job's program, which so is no server's.
SUFFIX = "~job"
_ONCE = Path(__file__).with_name("once.py")
_FILE, _GRANT = "job.json", "grant.json"
_TASKS, _OPEN_FILES, _SHARED_BYTES = 4096, 65_536, 1 << 30
# As of servers: a bound is more than what the wish asks a host for.
_FACTOR, _LEAST_MEMORY = 2, 2 << 30


class Jobs:
    """The jobs of one deployment.

    The state that it keeps for each node: ``live``, the job that holds; ``candidate``, one that has
    to show that it began; ``generation``, a counter. A job is ``program``, ``folder`` and ``goal``.

    Args:
        place: the deployment's.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.state = place.state
        self.keeper: Keeper = keeper_of(place.folder.parent, self.state.get("keeper") or {})
        self._nodes: dict[str, dict[str, Any]] = self.state.setdefault("jobs", {})

    def bring_up(self, wanted: Wanted, files: Path) -> bool:
        """Hand a job to the keeper, unless the very same was; gives whether it was handed over.

        Args:
            wanted: what the job is.
            files: the module's.

        Raises:
            StepError: this host cannot run it, or its keeper does not take it.
        """
        mine = self._nodes.setdefault(wanted.node, {})
        goal = goal_of(wanted, files)
        for which in ("candidate", "live"):
            job = mine.get(which)
            if not job or job["goal"] != goal or not self._counts(job):
                continue
            if self._is_up(job) or not _is_anew(wanted, job):
                self._hold(wanted, goal)
                if not wanted.halt and not self._is_up(job) and not self._ended(job):
                    self._start(wanted, job)  # who wrote it down was killed before
                return False
        if wanted.halt:
            hint = "see `deepcat status`: it has ended, or was begun of something else"
            raise StepError("module", "run/halt", "nothing of this training runs there", hint)
        last = max((int(job.get("again", 0)) for job in _both(mine)), default=0)
        wanted = replace(wanted, again=max(wanted.again, last))
        for at in (training.kept_at, memory.kept_at) if wanted.afresh else ():
            away(at(self.place.folder, wanted.node, goal))
        for job in _both(mine) if not wanted.afresh else ():
            if job["goal"] == goal and self.is_training(job):
                lost = self.place.folder / job["folder"]
                catch_up(read_json(lost / _FILE), lost)
        mine.pop("candidate", None)
        self.sweep((wanted.node, goal))  # what an attempt that was lost has kept goes on
        self._require(wanted)
        mine["generation"] = int(mine.get("generation", 0)) + 1
        folder = f"jobs/{wanted.node}/{mine['generation']}"
        program = f"{self.place.name}~{wanted.node}~{mine['generation']}{SUFFIX}"
        new: dict[str, Any] = {"program": program, "folder": folder, "goal": goal}
        if wanted.again:
            new["again"] = wanted.again
        if made := self._environment(wanted, files, mine):
            new["environment"] = made
        new |= self._data(wanted, files.parent / data.BROUGHT, mine)
        with self._with_cards(wanted, mine.get("live") or {}) as own:
            mine["candidate"] = {**new, "cards": list(own)}
            self._lay(wanted, mine["candidate"], files)
            self.place.save(self.state)
        self._start(wanted, mine["candidate"])
        return True

    def _environment(self, wanted: Wanted, files: Path, mine: dict[str, Any]) -> str:
        """The name of the environment that a training runs in; empty for none of its own."""
        pins = training.pins(wanted.training, files) if wanted.training else ()
        if not pins or wanted.brought:
            return wanted.brought
        mine["makes"] = shared.key_of(pins)  # so that nobody sweeps it meanwhile
        self.place.save(self.state)
        made = shared.made(self.place.folder.parent, pins, wanted.index)
        mine.pop("makes")
        return made

    def _data(self, wanted: Wanted, brought: Path, mine: dict[str, Any]) -> dict[str, Any]:
        """Which data a training has, by its names; all of it lies on this host then."""
        asked = wanted.training.data if wanted.training else ()
        if not asked:
            return {}
        named = {each.name: each.digest for each in asked}
        mounted.require(asked, wanted.allowed, here=self.keeper.elsewhere is None)
        staged = [each for each in asked if not each.is_mounted]
        mine["stages"] = sorted({each.digest for each in staged})  # so that nobody sweeps it
        self.place.save(self.state)
        for each in staged:
            data.stage(self.place.folder.parent, each, brought, wanted.allowed)
        mine.pop("stages")
        return {"data": named}

    @contextmanager
    def _with_cards(self, wanted: Wanted, live: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
        """Graphics cards for a job, which nobody else takes meanwhile."""
        if not wanted.cards or self.keeper.elsewhere is not None:
            yield ()
            return
        with cards.choosing(self.place.folder) as free:
            yield free.take(wanted.cards, live.get("cards", ()), wanted.profile)

    def unproven(self) -> Iterator[Mapping[str, Any]]:
        """Of each node the job that has to show that it began, or the one that holds."""
        for mine in self._nodes.values():
            if job := mine.get("candidate") or mine.get("live"):
                yield job

    def live(self) -> dict[str, Mapping[str, Any]]:
        """Node -> the job that holds."""
        return {node: mine["live"] for node, mine in self._nodes.items() if mine.get("live")}

    def settle(self) -> None:
        """Let what began hold; what held before is ended."""
        for mine in self._nodes.values():
            if candidate := mine.pop("candidate", None):
                mine["live"] = candidate
        self.sweep()

    def abandon(self) -> None:
        """Take away what did not begin as it should."""
        for mine in self._nodes.values():
            mine.pop("candidate", None)
        self.sweep()

    def end(self) -> None:
        """End everything."""
        self._nodes.clear()
        self._clear()  # nothing is written down: the disk may be full, and the place goes
        self.keeper.remove()

    def ended(self) -> End | None:
        """How the jobs that were begun last ended; None where one has not."""
        jobs = {
            job["program"]: end_of(self.place.folder / job["folder"]) for job in self.unproven()
        }
        return whole(jobs)

    def program(self, job: Mapping[str, Any]) -> Program | None:
        """What the keeper knows of a job; None when it does not know it."""
        return self.keeper.programs().get(job["program"])

    def is_training(self, job: Mapping[str, Any]) -> bool:
        """Whether it keeps checkpoints, and a record of how it went."""
        return (self.place.folder / str(job["folder"]) / training.OUTPUT).is_dir()

    def log(self, job: Mapping[str, Any]) -> Path:
        """Where a job's output goes, besides files of its own folder that it names."""
        return self.place.folder / "logs" / f"{job['program']}.log"

    def output(self, job: Mapping[str, Any]) -> Path:
        """The folder of what a job makes: of a training its own, else the one it works in."""
        folder = self.place.folder / str(job["folder"])
        own = folder / training.OUTPUT
        return own if own.is_dir() else folder / "work"

    def sweep(self, *wanted: tuple[str, str]) -> None:
        """End and delete what the state does not name, and write the state down.

        Args:
            wanted: nodes and goals whose checkpoints stay all the same.
        """
        self.place.save(self.state)
        self._clear(*wanted)

    def _hold(self, wanted: Wanted, goal: str) -> None:
        """Let a training's limits hold from now on, also while it runs."""
        if wanted.training is not None:
            kept = memory.kept_at(self.place.folder, wanted.node, goal)
            held = {"time_s": wanted.time_s, **wanted.limits}
            memory.limit(kept, {**held, "halt": wanted.halt} if wanted.halt else held)

    def _clear(self, *wanted: tuple[str, str]) -> None:
        kept = [job for mine in self._nodes.values() for job in _both(mine)]
        named = {job["program"] for job in kept}
        start = f"{self.place.name}~"
        known = [name for name in self.keeper.names() if name.startswith(start)]
        if lost := [name for name in known if name.endswith(SUFFIX) and name not in named]:
            self.keeper.remove(*lost)
        for log in (self.place.folder / "logs").glob(f"*{SUFFIX}.log*"):
            if log.name.partition(".log")[0] not in named:
                log.unlink()
        goals = [(node, job["goal"]) for node, mine in self._nodes.items() for job in _both(mine)]
        training.sweep(self.place.folder, (*goals, *wanted))
        folders = {job["folder"] for job in kept}
        had_training = False
        for folder in (self.place.folder / "jobs").glob("*/*"):
            if folder.relative_to(self.place.folder).as_posix() not in folders:
                had_training = had_training or (folder / training.OUTPUT).is_dir()
                mounting.unmounted(folder)
                if self.keeper.elsewhere is None:
                    engines.remove(read_json(folder / _FILE))
                away(folder)
        mounting.swept(self.place.folder)
        # Others may be making an environment, and hold the lock of all: no other job waits for it.
        if had_training:
            with suppress(OSError):
                shared.sweep(self.place.folder.parent, but=None if kept else self.place)
        if had_training or not self._nodes:
            with suppress(OSError):
                uses.sweep(self.place.folder.parent, but=None if self._nodes else self.place)

    def _ended(self, job: Mapping[str, Any]) -> bool:
        return end_of(self.place.folder / job["folder"]) is not None

    def _counts(self, job: Mapping[str, Any]) -> bool:
        """Whether a job need not be begun anew: it ended well, runs, or has not begun yet."""
        folder = self.place.folder / job["folder"]
        end = end_of(folder)
        if end is not None:
            return end.exit_status == 0
        return self._is_up(job) or (folder.is_dir() and not has_begun(folder))

    def _is_up(self, job: Mapping[str, Any]) -> bool:
        program = self.program(job)
        return program is not None and program.is_up

    def _start(self, wanted: Wanted, job: Mapping[str, Any]) -> None:
        folder = self.place.folder / job["folder"]
        argv = [*words(), "-I", "-S", str(_ONCE), str(folder / _FILE)]
        self.keeper.add(job["program"], argv, self.log(job), self.place.owner, wanted.once)

    def _require(self, wanted: Wanted) -> None:
        """See that this host can run it, where it is this host that will."""
        if self.keeper.elsewhere is not None:
            return
        if wanted.image:
            if engines.found() is None:
                hint = "install one there, or give the job a program of the module's"
                raise StepError("cloud", "run/engine", engines.MISSING, hint)
        elif not wanted.unboxed and not available().suffices:
            why = "; ".join(lacking(available()))
            hint = (
                "mend the host, or say `unboxed: true` in deepcat.yaml, if you trust every module"
            )
            raise StepError("cloud", "run/box", f"this host gives no box for a job: {why}", hint)

    def _lay(self, wanted: Wanted, job: Mapping[str, Any], files: Path) -> None:
        """Write down what the job is, beside the module's files and a folder of its own."""
        folder = self.place.folder / job["folder"]
        mounting.unmounted(folder)
        away(folder)  # of an attempt that was cut off
        (folder / "work").mkdir(parents=True)
        if files.is_dir():
            shutil.copytree(files, folder / "module", symlinks=True)
        else:
            (folder / "module").mkdir()
        open_up(folder / "module")
        for path in (folder / "module").rglob("*"):
            if path.is_file() and not path.is_symlink() and _is_script(path):
                path.chmod(0o755)
        held = {
            **wanted.as_dict(),
            "place": str(self.place.folder),
            "program": job["program"],
            "environment": dict(wanted.environment),
            "work": str(folder / "work"),
            "module": str(folder / "module"),
            "grant": str(folder / _GRANT),
            "options": ["--unboxed"] if wanted.unboxed else [],
            "uuids": job["cards"],
        }
        if wanted.training:
            kept = memory.kept_at(self.place.folder, wanted.node, job["goal"])
            held["kept"], held["log"] = str(kept), str(self.log(job))
            held["output"] = training.OUTPUT
            held["bound_bytes"] = _bound(wanted)
            at = training.kept_at(self.place.folder, wanted.node, job["goal"])
            held["checkpoints"] = str(at)
            held["evaluate"], held["old"] = wanted.training.evaluate, wanted.old
            self._hold(wanted, job["goal"])
        write_json(folder / _FILE, held)
        (folder / _FILE).chmod(0o600)
        layers = None if self.keeper.elsewhere else available()
        grant = self._grant(wanted, folder, job["cards"])
        if wanted.training:
            grant = self._with_training(grant, wanted, wanted.training, folder, job)
            if wanted.training.evaluate:
                evaluating.lay(wanted.training.evaluate, folder, grant, layers)
        write(folder / _GRANT, grant, layers, wanted.argv)

    def _with_training(
        self,
        grant: Grant,
        wanted: Wanted,
        asked: training.Training,
        folder: Path,
        job: Mapping[str, Any],
    ) -> Grant:
        """The same box, with what a training finds in it."""
        name = job.get("environment")
        own = str(shared.path_of(self.place.folder.parent, name)) if name else ""
        kept = training.kept_at(self.place.folder, wanted.node, job["goal"])
        local, has = self.place.folder.parent, job.get("data", {})
        lies = mounted.lies(asked.data, has, folder, local, wanted.allowed)
        mounted.lay(asked.data, wanted.stores, folder)
        laid = training.lay(asked, folder, folder / "module", own, kept, lies, wanted.old)
        return replace(
            grant,
            file_bytes=int(wanted.limits.get("disk_bytes") or 0),
            reads=(*grant.reads, *laid.reads),
            writes=(*grant.writes, *laid.writes),
            variables={**grant.variables, **laid.variables},
        )

    def _grant(self, wanted: Wanted, folder: Path, own: Sequence[str]) -> Grant:
        """What a job's box gives it."""
        work = str(folder / "work")
        known = CARDS if self.keeper.elsewhere else devices()
        files = cards.device_files(known, own) if own else known
        chosen = {"CUDA_VISIBLE_DEVICES": ",".join(own)} if own else {}
        return Grant(
            name=f"job {self.place.folder}",
            reads=(str(folder / "module"),),
            writes=(work,),
            shared=wanted.folders,
            devices=files if wanted.cards else (),
            connects=wanted.connects,
            folder=work,
            memory_bytes=_bound(wanted),
            processes=_TASKS,
            disk_bytes=_SHARED_BYTES,
            open_files=_OPEN_FILES,
            variables={
                **chosen,
                **dict(wanted.environment),
                "DEEPCAT_MODULE": str(folder / "module"),
                "DEEPCAT_WORK": work,
            },
        )


def _bound(wanted: Wanted) -> int:
    """Bytes of memory that its box lets it have; 0 for no bound."""
    return max(_LEAST_MEMORY, _FACTOR * wanted.memory_bytes) if wanted.memory_bytes else 0


def _is_anew(wanted: Wanted, job: Mapping[str, Any]) -> bool:
    """Whether somebody asks for it once more since it was begun last."""
    return wanted.again > int(job.get("again", 0))


def _both(mine: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mine[which] for which in ("live", "candidate") if mine.get(which)]


def goal_of(wanted: Wanted, files: Path) -> str:
    """What tells one job from another: all that it asks for, and the module's files."""
    known = hashlib.sha256(json.dumps(wanted.aim, sort_keys=True).encode())
    for path in sorted(files.rglob("*")) if files.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            known.update(f"{path.relative_to(files)}\0".encode())
            known.update(hashlib.sha256(path.read_bytes()).digest())
    return known.hexdigest()


def _is_script(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"#!"
