"""EDGE of the box: what happens inside, before the program and around it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from deepcat.host.box import bounds, kernel, landlock, needs, root, seccomp, taking
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers
from deepcat.host.waiting import is_readable

_NOT_FOUND = 127
_PASSED_ON = (
    *(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2),
)


@dataclass(frozen=True)
class Box:
    """A box to be entered.

    Attributes:
        grant: what is left.
        layers: what the machine gives; all of it is used.
        uid: the user to be.
        others: tasks that this user has outside.
        temporary: the folder for temporary files.
        gone: a pipe's end that ends when the process outside does.
        group: bounds on all of the box.
    """

    grant: Grant
    layers: Layers
    uid: int
    others: int
    temporary: str
    gone: int
    group: bounds.Group | None

    @property
    def own_network(self) -> bool:
        """Whether its network has nothing outside it."""
        return self.layers.isolates and not (self.grant.listens or self.grant.connects)

    def enter(self) -> None:
        """Take everything else away from this process.

        Raises:
            OSError: a layer that the machine is known to give was refused.
            KeyError: there is no list of system calls for this processor.
        """
        kernel.forget_environment()
        if self.group is not None:
            self.group.enter(os.getpid())
        groups = taking.groups_of(self.grant.devices)
        gid = self.uid if self.layers.user else os.getgid()
        if self.layers.isolates:
            os.setsid()
            taking.own_view(network=self.own_network)
            root.build(self.grant, self.uid, gid)
        bounds.limit(self.grant, grouped=self.group is not None, others=self.others)
        kernel.forget_bounding()
        if self.layers.user:
            taking.become(self.uid, groups)
        kernel.forget_capabilities()
        kernel.hide()
        self._end_with_outside()
        kernel.no_new_privileges()
        self._restrict()

    def begin(self, argv: list[str]) -> int:
        """Begin the program; gives its process. Without namespaces this one becomes it.

        Raises:
            OSError: there may be no more processes.
        """
        try:
            child = os.fork() if self.layers.isolates else 0
        except OSError as error:
            most = self.grant.processes
            bound = f", and it may have {most} of them" if most else ""
            raise OSError(f"its program gets no process: {error.strerror}{bound}") from None
        if child == 0:
            where = self.grant.folder or self.temporary
            become(argv, where, variables(self.grant, self.temporary))
        return child

    def follow(self, child: int) -> int:
        """Pass signals on to the program, and collect what others leave; gives its exit status."""
        for number in _PASSED_ON:
            signal.signal(number, lambda number, _: _send(child, number))
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        while True:
            pid, status = os.wait()
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code

    def _restrict(self) -> None:
        is_bounded = bool(self.grant.calls) and not self.own_network and not self.grant.connects
        if is_bounded and self.layers.landlock < landlock.OF_PORTS:
            raise OSError("whom a program calls cannot be bounded here: use Linux 6.7 or newer")
        if self.layers.landlock:
            landlock.enter(
                self.layers.landlock,
                self.grant,
                own_root=self.layers.isolates,
                own_network=self.own_network,
                temporary=self.temporary,
            )
        own_user = self.layers.user or self.layers.isolates
        calls = seccomp.Calls(
            sockets=self.own_network or self.grant.listens or self.grant.connects,
            connects=self.grant.connects,
            ports=is_bounded,
            own_network=self.own_network,
            own_names=self.layers.isolates,
            own_user=own_user,
            # A script that works in a folder of its own can do little there without them.
            marks=own_user or bool(self.grant.writes),
        )
        kernel.install_filter(seccomp.program(kernel.MACHINE, calls))

    def _end_with_outside(self) -> None:
        kernel.die_with_parent(signal.SIGKILL)
        if is_readable(self.gone, 0):
            os._exit(128 + signal.SIGKILL)


def become(argv: list[str], folder: str, given: dict[str, str]) -> NoReturn:
    """Become the program, in a folder and with these variables alone."""
    try:
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.chdir(folder or "/")
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvpe(argv[0], argv, given)  # noqa: S606 - the caller's own words
    except OSError as error:
        sys.stderr.write(f"deepcat: {argv[0]}: {error.strerror}\n")
        sys.stderr.flush()
    os._exit(_NOT_FOUND)


def variables(grant: Grant, temporary: str) -> dict[str, str]:
    """The program's environment."""
    return {**needs.VARIABLES, "HOME": temporary, "TMPDIR": temporary, **grant.variables}


def folder() -> str:
    """A new folder for temporary files, on the machine's own root."""
    path = f"/tmp/deepcat-box-{os.urandom(8).hex()}"
    os.mkdir(path, 0o700)
    return path


def remove(folder: str) -> None:
    """Delete a folder for temporary files."""
    from deepcat.host.taking_away import away  # only boxes without a root of their own need it

    away(folder)


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
