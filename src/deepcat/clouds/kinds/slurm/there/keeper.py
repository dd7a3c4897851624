"""Who submits and ends the jobs that a catalog's programs are."""

from __future__ import annotations

import hashlib
import math
import shlex
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from deepcat.clouds.kinds.slurm.there import queue
from deepcat.clouds.kinds.slurm.there.files import FOLDER, Files, programs
from deepcat.clouds.kinds.slurm.there.states import WAITING, Job, ended_by, never_starts, waits_for
from deepcat.host import processes
from deepcat.host.box.argv import boxed
from deepcat.host.keeper import Elsewhere, Listens, Once, Program
from deepcat.host.place import locked
from deepcat.host.processes import Process
from deepcat.host.python import words

_JOB = Path(__file__).with_name("job.py")
_WAIT_S = 60.0
_ENDS_S = 40.0
_RENEW_S = 120
# What a server takes before it has loaded a model.
_LEAST_MiB = 2048


class Keeper:
    """The keeper of the deployments below one folder of a shared file system.

    Args:
        local: that folder.
        how: its settings: `options`, words for `sbatch`; `wait_s`, how long a job may wait until it
            starts; `time_min`, its time limit; `renew_s`, how long before its end a job asks for
            one that takes over; `needs`, what of a node a job asks for: `cpus`, `memory_MiB`;
            `modules`, which a job loads.
    """

    def __init__(self, local: Path, how: Mapping[str, Any] | None = None) -> None:
        self._local = local
        self._how = dict(how or {})

    @property
    def elsewhere(self) -> Elsewhere:
        """Its programs run on nodes that Slurm chooses."""
        lasts_s = 60.0 * self._minutes - self._renew_s
        return Elsewhere(float(self._how.get("wait_s") or _WAIT_S), max(60.0, lasts_s))

    @property
    def _minutes(self) -> int:
        return int(self._how.get("time_min") or 60)

    @property
    def _renew_s(self) -> int:
        return int(self._how.get("renew_s") or _RENEW_S)

    @property
    def comment(self) -> str:
        """What all jobs of the catalog bear."""
        return f"deepcat:{hashlib.sha256(str(self._local).encode()).hexdigest()[:16]}"

    def lock(self) -> AbstractContextManager[None]:
        """Hold it while programs are added or removed."""
        return locked(self._local / FOLDER / "lock")

    def programs(self) -> dict[str, Program]:
        """All programs by name; also those of whose files nothing is left."""
        shall = {each.folder.name: each for each in programs(self._local)}
        listed: dict[str, list[Job]] = {}
        for job in queue.jobs(self.comment):
            listed.setdefault(job.name, []).append(job)
        _remember(shall, listed)
        names = {*shall, *(name for name, own in listed.items() if not all(map(_is_over, own)))}
        return {name: _program(name, shall.get(name), listed.get(name, [])) for name in names}

    def names(self) -> list[str]:
        """All programs that shall run, or do."""
        return sorted(self.programs())

    def add(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        owner: Mapping[str, Any] | None = None,
        once: Once | None = None,
    ) -> None:
        """Submit a program's job; one of that name is replaced.

        Raises:
            StepError: Slurm refuses it.
        """
        tag = processes.tag(self._local, name, owner or {})
        files = Files(self._local / FOLDER / name)
        with self.lock():
            self._end([name])
            log.parent.mkdir(parents=True, exist_ok=True)
            files.folder.mkdir(parents=True, exist_ok=True)
            options = self._options(name, log, once)
            argv = processes.with_tag(argv, boxed(), tag)
            spec = {"argv": list(argv), "options": options, "tag": tag, "comment": self.comment}
            modules = self._how.get("modules") or ()
            resumes = bool(once and once.resumes)
            listens = once is None or once.listens
            more = {"once": bool(once), "resumes": resumes, "listens": listens}
            files.write({**spec, **more, "modules": list(modules)})
            script = _script(files.folder, modules)
            (files.folder / "job.sh").write_text(script, "utf-8")
            try:
                files.submitted(queue.submit(options, script))
            except BaseException:
                files.forget()
                raise

    def remove(self, *names: str) -> None:
        """End programs and forget them; the folder goes with the last one."""
        with self.lock():
            if names:
                self._end(names)
            if not any(programs(self._local)):
                shutil.rmtree(self._local / FOLDER, ignore_errors=True)

    def loose(self) -> tuple[Process, ...]:
        """Nothing: what runs of a job ends with it."""
        return ()

    def end_loose(self, deployment: str) -> None:
        """There is nothing loose."""

    def _options(self, name: str, log: Path, once: Once | None) -> list[str]:
        minutes = self._minutes
        partition = [f"--partition={once.queue}"] if once and once.queue else []
        wanted = max(1, int(once.time_s / 60 + 1)) if once and once.time_s else 0
        # What can go on asks for no more at once than all others do.
        wanted = min(wanted, minutes) if once and once.resumes else wanted
        limit = [f"--time={wanted}"] if wanted else []
        return [
            f"--job-name={name}",
            f"--comment={self.comment}",
            f"--output={log}",
            "--open-mode=append",
            "--export=HOME,LANG,LOGNAME,PATH,USER",
            "--requeue",
            f"--chdir={self._local}",
            f"--time={minutes}",
            f"--signal=B:USR1@{self._renew_s}",
            *self._needs(once),
            *map(str, self._how.get("options") or ()),
            *limit,
            *partition,
        ]

    def _needs(self, once: Once | None) -> list[str]:
        """The cores and the memory of a job, which else would get what a site gives by itself."""
        needs = self._how.get("needs") or {}
        cpus, memory = math.ceil(needs.get("cpus") or 1), int(needs.get("memory_MiB") or 0)
        if once is None or once.listens:
            memory = max(memory, _LEAST_MiB)
        return [f"--cpus-per-task={cpus}", *([f"--mem={memory}M"] if memory else [])]

    def _end(self, names: Sequence[str]) -> None:
        for name in names:  # first, so that no job asks for one that takes over
            Files(self._local / FOLDER / name).forget()
        told: set[int] = set()
        ends = time.monotonic() + _ENDS_S
        while time.monotonic() < ends:
            # Each time anew: one may have asked for another just before it was told.
            mine = [job for job in queue.jobs(self.comment) if job.name in names]
            if all(job.is_over and job.state != "COMPLETING" for job in mine):
                return
            new = {job.number for job in mine if not job.is_over} - told
            queue.cancel(sorted(new))
            told |= new
            time.sleep(0.2)


def _script(folder: Path, modules: Sequence[str]) -> str:
    """What a job begins with: this Python, which the shared file system shows every node.

    Modules are loaded by what a login shell of the node has for it, whichever program that is.
    """
    argv = [*words(), "-I", "-S", str(_JOB), str(folder)]
    begins = f"exec {' '.join(map(shlex.quote, argv))}"
    if not modules:
        return f"#!/bin/sh\n{begins}\n"
    named = " ".join(map(shlex.quote, modules))
    says = shlex.quote(f"the modules {' '.join(modules)} cannot be loaded on this node")
    loads = f"type module >/dev/null && module load {named}"
    return f"#!/bin/bash -l\n{{ {loads}; }} || {{ echo {says} >&2; exit 1; }}\n{begins}\n"


def _is_over(job: Job) -> bool:
    return job.is_over


def _remember(shall: Mapping[str, Files], listed: dict[str, list[Job]]) -> None:
    """Add the jobs that the queue has forgotten, as the accounts tell them: of each the last."""
    unknown = {}
    for name in shall.keys() - listed.keys():
        files = shall[name]
        if state := files.ended:
            listed[name] = [Job(files.last, state, name=name)]
        elif files.last:
            unknown[files.last] = files
    for number, state in queue.ended(unknown).items():
        files = unknown[number]
        files.keep_end(number, state)
        listed[files.folder.name] = [Job(number, state, name=files.folder.name)]


def _program(name: str, files: Files | None, own: Sequence[Job]) -> Program:
    going = sorted((job for job in own if not job.is_over), key=lambda job: job.number)
    told = files.listens if files else {}
    by = next((job for job in going if str(job.number) == told.get("job")), None)
    if by is not None and by.state == "RUNNING":
        listens = Listens(str(told["address"]), int(told["rest"]), int(told["grpc"]))
        return Program(name, "RUNNING", by.number, by.since, listens=listens)
    if going:
        job = going[-1]
        if job.state not in WAITING:
            return Program(name, "STARTING", job.number, job.since)
        reason = f"waits for {job.reason}"
        state = "FATAL" if never_starts(job.reason) else "STARTING"
        return Program(name, state, job.number, 0, reason, waits_for(job.reason))
    last = max(own, key=lambda job: job.number) if own else None
    if last is None:
        return Program(name, "EXITED", 0, 0, "its job is not in the queue", "")
    return Program(name, "EXITED", last.number, 0, f"its job is {last.state}", ended_by(last.state))
