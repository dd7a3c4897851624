"""EDGE of the host: which processes of this machine bear a catalog's owner tag.

Everything that a supervisor starts, and the supervisor itself, has the tag among its variables, so
that it is found also when the supervisor, its socket or the deployment's folder is gone. What
enters a box forgets its variables and hides them: it has the tag among its arguments.

A stranger may write a tag, too: another user of the machine, or a program in a box. So only
processes of the catalog's own user count, and none inside of a box that has processes of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import select
import signal
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VARIABLE = "DEEPCAT_OWNER"
_OPTION = "--tag="
# A deployment's name becomes a folder's, so a tag with another is nobody's.
_PROGRAM = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?~[A-Za-z0-9_.~-]{1,200})?\Z")
# Of an owner tag what tells whose it is and what it was made from; the rest lies in its place.
_LONG = ("inputs", "nodes", "endpoints", "resources", "private", "placements")
_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Process:
    """One process with a tag.

    Attributes:
        pid: its id.
        parent: its parent's id.
        program: of the supervisor that it runs; empty for the supervisor itself.
        owner: the owner tag of its deployment; empty for the supervisor.
        word: the tag as the process has it.
    """

    pid: int
    parent: int
    program: str
    owner: Mapping[str, Any] = field(default_factory=dict)
    word: str = ""

    @property
    def deployment(self) -> str:
        """The name of the deployment that it belongs to; empty for the supervisor."""
        return self.program.partition("~")[0]


def tag(local: Path, program: str, owner: Mapping[str, Any]) -> str:
    """What the variable says.

    Args:
        local: the folder that holds a catalog's deployments on this host.
        program: the supervised program; empty for the supervisor itself.
        owner: the owner tag of its deployment.
    """
    short = {name: value for name, value in owner.items() if name not in _LONG}
    text = json.dumps(short | {"inputs": {}} if short else {}, separators=(",", ":"))
    return f"{mark(local)}:{program}:{base64.urlsafe_b64encode(text.encode()).decode()}"


def with_tag(argv: Sequence[str], entry: Sequence[str], value: str) -> list[str]:
    """A command that enters a box, with the tag among its options; others as they are. Pure.

    Args:
        argv: the command.
        entry: how all commands begin that enter a box.
        value: as `tag` gives it.
    """
    enters = list(argv[: len(entry)]) == list(entry)
    option = [f"{_OPTION}{VARIABLE}={value}"] if enters else []
    return [*argv[: len(entry)], *option, *argv[len(entry) :]]


def tagged(local: Path) -> tuple[Process, ...]:
    """All processes with the tag of one catalog that are its own user's, in one listing."""
    wanted = f"{VARIABLE}={mark(local)}:"
    users = {os.getuid()}
    with suppress(OSError):
        users.add(local.stat().st_uid)
    found = []
    for name in _numbers():
        with suppress(OSError, ValueError):
            word = _word(name, wanted)
            if word:
                found.append(_process(int(name), word, word.removeprefix(wanted), users))
    return tuple(found)


def beyond(processes: Collection[Process], root: int) -> tuple[Process, ...]:
    """Those that are neither a process nor below it. Pure.

    Args:
        processes: as `tagged` lists them.
        root: the supervisor's id; 0 when there is none.
    """
    below = {root} if root else set()
    parents = {each.pid: each.parent for each in processes}

    def is_below(pid: int) -> bool:
        seen: set[int] = set()
        while pid in parents and pid not in below and pid not in seen:
            seen.add(pid)
            pid = parents[pid]
        return pid in below

    return tuple(each for each in processes if not is_below(each.pid))


def lineage(pid: int) -> tuple[int, ...]:
    """A process and those above it, as far as they are to be seen; nothing of one that ended."""
    found: list[int] = []
    while pid > 0 and pid not in found:
        try:
            text = Path("/proc", str(pid), "stat").read_text("utf-8", "replace")
        except OSError:
            break
        found.append(pid)
        pid = int(text.rpartition(")")[2].split()[1])
    return tuple(found)


def end(processes: Iterable[Process]) -> None:
    """End processes: they are asked first, and killed when they do not heed it."""
    handles = {}
    for each in processes:
        with suppress(OSError):
            handle = os.pidfd_open(each.pid)
            # Under the handle that was just opened: the id may be another's by now.
            if _word(str(each.pid), each.word):
                handles[handle] = each.pid
            else:
                os.close(handle)
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for handle, pid in handles.items():
                with suppress(OSError):
                    _send(handle, pid, number)
            if _all_ended(handles):
                return
    finally:
        for handle in handles:
            os.close(handle)


def _send(handle: int, pid: int, number: int) -> None:
    """A signal for a process, and for all of its group where it leads one, which may be a box.

    Raises:
        OSError: it has ended.
    """
    is_leader = os.getpgid(pid) == pid
    signal.pidfd_send_signal(handle, number)
    if is_leader:
        os.killpg(pid, number)


def _all_ended(handles: Iterable[int]) -> bool:
    poll = select.poll()
    left = set(handles)
    for handle in left:
        poll.register(handle, select.POLLIN)
    deadline = time.monotonic() + _PATIENCE_S
    while left and (rest := deadline - time.monotonic()) > 0:
        for handle, _ in poll.poll(rest * 1000):
            poll.unregister(handle)
            left.discard(handle)
    return not left


def _word(name: str, wanted: str) -> str:
    """The variable, or the option, of a process that begins so; empty when there is none."""
    begin = wanted.encode()
    for file in ("environ", "cmdline"):
        with suppress(OSError):
            content = Path("/proc", name, file).read_bytes()
            for word in content.split(b"\0") if begin in content else ():
                if word.removeprefix(_OPTION.encode()).startswith(begin):
                    return word.decode().removeprefix(_OPTION)
    return ""


def _process(pid: int, word: str, value: str, users: Collection[int]) -> Process:
    program, _, owner = value.partition(":")
    text = Path("/proc", str(pid), "status").read_text("utf-8", "replace")
    lines = (line.partition(":") for line in text.splitlines())
    status = {name: rest.split() for name, _, rest in lines}
    if status["State"][0] in "ZX":
        raise ValueError("it has ended")
    if int(status["Uid"][0]) not in users or len(status.get("NSpid", [""])) > 1:
        raise ValueError("it is a stranger's")
    if not _PROGRAM.match(program):
        raise ValueError("it is of no deployment")
    data = json.loads(base64.urlsafe_b64decode(owner))
    known = isinstance(data, dict) and data.get("name") == program.partition("~")[0]
    return Process(pid, int(status["PPid"][0]), program, data if known else {}, word)


def _numbers() -> list[str]:
    try:
        return [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - quicker
    except OSError:
        return []  # not on this operating system


def mark(local: Path) -> str:
    """What tells the deployments below one folder of this host from all others."""
    return hashlib.sha256(os.fsencode(local.resolve())).hexdigest()[:16]
