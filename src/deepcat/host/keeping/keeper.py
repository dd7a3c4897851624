"""EDGE of the host: who adds programs and removes them, each with a process that looks after it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from deepcat.host import processes
from deepcat.host.box.argv import boxed
from deepcat.host.failure import StepError
from deepcat.host.keeper import Once, Program
from deepcat.host.keeping import boot
from deepcat.host.keeping.files import FOLDER, GRACE_S, Files, Life, Spec, State
from deepcat.host.place import locked
from deepcat.host.processes import Process
from deepcat.host.python import words
from deepcat.host.surroundings import kept
from deepcat.host.waiting import is_readable

_ONE = Path(__file__).with_name("one.py")
_PATIENCE_S = 25.0
# What was written last, where nobody is left who could write that it is no more so.
_ENDED = ("EXITED", "FATAL", "STOPPED")


class Keeper:
    """The keeper of the deployments below one folder.

    Args:
        local: the folder that holds a catalog's deployments on this host.
        how: its settings: `grace_s`, how long a program may take to end when it is asked to;
            `boots`, whether its programs begin with the machine, where the user has a crontab.
    """

    def __init__(self, local: Path, how: Mapping[str, Any] | None = None) -> None:
        self._grace_s = float((how or {}).get("grace_s", GRACE_S))
        self._boots = bool((how or {}).get("boots"))
        self._local = local
        self._files = Files(local / FOLDER)

    @property
    def elsewhere(self) -> None:
        """Its programs run here."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold it while programs are added or removed."""
        return locked(self._files.folder / "lock")

    def programs(self) -> dict[str, Program]:
        """All programs by name."""
        return {name: _program(name, self._files.state(name)) for name in self._files.names()}

    def names(self) -> list[str]:
        """All programs that shall run."""
        return list(self._files.names())

    def add(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        owner: Mapping[str, Any] | None = None,
        once: Once | None = None,
    ) -> None:
        """Start a program and keep it running; one of that name is replaced.

        Args:
            name: the deployment's, `~`, and more.
            argv: what to run.
            log: where its output goes.
            owner: the owner tag of its deployment.
            once: where it ends by itself.

        Raises:
            StepError: the process that looks after it does not start.
        """
        tag = processes.tag(self._local, name, owner or {})
        argv = processes.with_tag(argv, boxed(), tag)
        with self.lock():
            self._end(name)
            log.parent.mkdir(parents=True, exist_ok=True)
            self._files.write(
                Spec(name, tuple(argv), str(log), tag, once is not None, self._grace_s)
            )
            if once is None and self._boots:
                boot.remember(self._files.folder)
            self._start(name)

    def again(self) -> None:
        """Start what the machine's own restart ended; a job that it cut off stays lost."""
        with self.lock():
            for name in self.names():
                spec, keeper = self._files.spec(name), self._files.state(name).keeper
                if spec is not None and not spec.once and not keeper.lasts():
                    self._start(name)

    def remove(self, *names: str) -> None:
        """Stop programs and forget them; the folder goes with the last one."""
        with self.lock():
            for name in names:
                self._files.unwanted(name)
                self._end(name)
            if not any(self._files.names()):
                boot.forget(self._files.folder)
                shutil.rmtree(self._files.folder, ignore_errors=True)

    def loose(self) -> tuple[Process, ...]:
        """What runs for this catalog's deployments here, and nobody looks after any more."""
        found = processes.tagged(self._local)
        for name in self._files.names() if found else ():
            keeper = self._files.state(name).keeper
            if keeper.lasts():
                found = processes.beyond(found, keeper.pid)
        return found

    def end_loose(self, deployment: str) -> None:
        """End what runs of a deployment without a keeper, and keepers of nothing that shall run."""
        if not self.loose():
            return
        with self.lock():  # one that only begins is no stranger
            processes.end(each for each in self.loose() if not each.program)
            processes.end(each for each in self.loose() if each.deployment == deployment)

    def _start(self, name: str) -> None:
        ready, told = os.pipe()
        tag = processes.tag(self._local, "", {})
        try:
            argv = [*words(), "-I", "-S", str(_ONE), str(self._files.folder), name, str(told)]
            begun = subprocess.run(
                argv,
                env={**kept(os.environ), processes.VARIABLE: tag},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(told,),
                start_new_session=True,
                check=False,
            )
            os.close(told)
            told = -1
            is_ready = is_readable(ready, _PATIENCE_S) and os.read(ready, 1)
        finally:
            for handle in (ready, told):
                if handle >= 0:
                    os.close(handle)
        if begun.returncode or not is_ready:
            message = f"what shall look after `{name}` does not start"
            raise StepError("cloud", "run/supervisor", message, "see whether the host is full")

    def _end(self, name: str) -> None:
        """End a program and who looks after it, whoever of them is still there."""
        keeper = self._files.state(name).keeper
        _end_process(keeper)
        left = [each for each in processes.tagged(self._local) if each.program == name]
        processes.end(left)
        self._files.forget(name)


def _program(name: str, state: State) -> Program:
    if not state.keeper.lasts() and state.state not in _ENDED:
        return Program(
            name, "EXITED", 0, 0, "who looked after it was killed, or the host restarted"
        )
    pid = state.program.pid if state.program.lasts() else 0
    return Program(name, state.state, pid, state.since, state.reason)


def _end_process(keeper: Life) -> None:
    """Let a keeper end what it keeps, and itself; what does not heed it is killed."""
    if not keeper.lasts():
        return
    try:
        handle = os.pidfd_open(keeper.pid)
    except OSError:
        return
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not keeper.lasts():  # under the handle: the id may be another's by now
                return
            with suppress(OSError):
                signal.pidfd_send_signal(handle, number)
            is_readable(handle, _PATIENCE_S)
    finally:
        os.close(handle)
