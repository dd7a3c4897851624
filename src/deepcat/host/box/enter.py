"""Takes everything away but what a grant names, and begins a program with the rest.

``python -I -S enter.py [OPTION]… FILE [PROGRAM [ARGUMENT]…]``

FILE holds the grant, the layers that this machine is known to give, which are tried out where it
does not say, and the program where none is named. The options:

- ``--owner``: the box ends when whoever began it does.
- ``--tell=NUMBER``: the file descriptor that is told how it ended, in JSON, which the program
  cannot say for us.
- ``--keep=NAME``: the variable by which others find this process, and which stays here; all others
  are overwritten.
- ``--tag=TEXT``: says whose it is, to whoever looks at what runs; it is not read here.
- ``--unboxed``: where the machine gives no box, the program runs without one.

A variable ``DEEPCAT_GIVEN_NAME`` of this process is the program's variable ``NAME``, so that no
file need hold its value, and nothing outside the box obeys it, as the loader would ``LD_PRELOAD``.

There are three processes: this one stays outside, passes signals on and holds the time; the first
process inside collects what others leave behind; the program is its child. Where the machine gives
no namespaces, the program is this one's child, and its process group is the box.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host.box import bounds, inside, kernel, taking
from deepcat.host.box.grant import GIVEN, Grant
from deepcat.host.box.layers import Layers, available, lacking
from deepcat.host.machine import there

NO_BOX = 125
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR2)
_OURS = (signal.SIGUSR1, signal.SIGALRM)


@dataclass
class _Outside:
    """What the process outside knows.

    Attributes:
        isolates: whether the box has namespaces.
        tell: where it says how the box ended; -1 for nowhere.
        parent: with whom the box ends; 0 for nobody.
        is_seen: whether others may look at this process.
        child: the first process of the box.
        ended: why it was ended.
    """

    isolates: bool
    tell: int
    parent: int
    is_seen: bool
    child: int = 0
    ended: str = ""

    def end(self, why: str) -> None:
        """Kill all of the box."""
        self.ended = self.ended or why
        with suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)

    def pass_on(self, number: int, _: object) -> None:
        """A signal for the program; without namespaces its group has got it already."""
        if self.isolates:
            with suppress(ProcessLookupError):
                os.kill(self.child, number)


def main(words: list[str]) -> int:
    """Run the program; gives its exit status, as a shell would."""
    options: dict[str, str] = {}
    while words[0].startswith("--"):
        name, _, value = words.pop(0).partition("=")
        options[name] = value
    parent = os.getppid() if "--owner" in options else 0
    tell = int(options.get("--tell", -1))
    found = json.loads(Path(words[0]).read_text("utf-8"))
    grant = _grant(found["grant"])
    argv = words[1:] or found["argv"]
    _shut(tell)
    keep = options.get("--keep", "")
    told = {keep: os.environ[keep]} if keep in os.environ else {}
    kernel.forget_environment(keep)
    layers = available() if found.get("layers") is None else Layers.from_dict(found["layers"])
    if not layers.suffices and "--unboxed" in options:
        inside.become(argv, grant.folder, inside.variables(grant, "/tmp") | told)
    try:
        if not layers.suffices:
            raise OSError("; ".join(lacking(layers)))
        outside = _Outside(layers.isolates, tell, parent, is_seen=bool(told))
        return _run(grant, layers, argv, outside)
    except OSError as error:
        return _no_box(tell, f"{error}")


def _grant(data: dict[str, Any]) -> Grant:
    given = {
        name.removeprefix(GIVEN): value
        for name, value in os.environ.items()
        if name.startswith(GIVEN)
    }
    devices = there(data["devices"])  # patterns, where another machine wrote them
    libraries = _libraries(given.get("LD_LIBRARY_PATH", ""), data["folder"])
    own = {"reads": [*data["reads"], *libraries], "variables": {**data["variables"], **given}}
    return Grant.from_dict({**data, "devices": devices, **own})


def _libraries(named: str, folder: str) -> list[str]:
    """Folders of libraries that whoever starts it names, which a machine has where it likes.

    None that holds somebody's home or the program's own folder: there lies more than libraries.
    """
    barred = {
        each
        for path in (Path(os.environ.get("HOME") or "/"), Path(folder or "/"))
        for each in (path.resolve(), *path.resolve().parents)
    }
    found = (Path(each).resolve() for each in named.split(":") if each.startswith("/"))
    return [str(each) for each in found if each.is_dir() and each not in barred]


def _run(grant: Grant, layers: Layers, argv: list[str], outside: _Outside) -> int:
    gone, alive = os.pipe()  # `gone` ends when this process does
    box = _box(grant, layers, gone)
    # A signal that comes before somebody can pass it on waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, (*_PASSED_ON, *_OURS))
    _watch(outside, grant.wall_s)
    _stand_apart(layers)
    if not outside.is_seen:
        kernel.hide()
    outside.child = os.fork()
    if outside.child == 0:
        os.close(alive)
        _inside(box, argv, outside.tell)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*_PASSED_ON, *_OURS))
    if outside.parent:
        kernel.die_with_parent(signal.SIGUSR1)
        if os.getppid() != outside.parent:
            outside.end("owner")
    status = os.waitstatus_to_exitcode(os.waitpid(outside.child, 0)[1])
    if not layers.isolates:
        end_group()
        collect()
        inside.remove(box.temporary)
    return _ended(status, outside.ended, box.group, outside.tell)


def _box(grant: Grant, layers: Layers, gone: int) -> inside.Box:
    """What is made ready outside: the files are the box's user's, and its bounds are there."""
    uid = taking.user_of(grant.name) if layers.user else os.getuid()
    group = bounds.group(grant.memory_bytes, grant.processes) if layers.cgroup else None
    if layers.cgroup and group is None:
        raise OSError("no control group could be made, though this machine gives them")
    temporary = "/tmp" if layers.isolates else inside.folder()
    own = grant.writes if layers.isolates else (*grant.writes, temporary)
    for path in own if layers.user else ():
        taking.hand_over(path, uid)
    others = 0 if layers.user else bounds.tasks_of(uid)
    return inside.Box(grant, layers, uid, others, temporary, gone, group)


def _stand_apart(layers: Layers) -> None:
    """Be the parent of all that the box begins, and of nothing else."""
    if layers.isolates:
        taking.own_processes()
        return
    kernel.collect_orphans()
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)


def _inside(box: inside.Box, argv: list[str], tell: int) -> NoReturn:
    for number in (*_PASSED_ON, *_OURS):
        signal.signal(number, signal.SIG_DFL)
    try:
        box.enter()
        child = box.begin(argv)
    except (OSError, KeyError) as error:
        os._exit(_no_box(tell, f"{error}"))
    if tell >= 0:
        os.close(tell)
    os._exit(box.follow(child))


def _watch(outside: _Outside, wall_s: float) -> None:
    for number in _PASSED_ON:
        signal.signal(number, outside.pass_on)
    signal.signal(signal.SIGUSR1, lambda *_: outside.end("owner"))
    signal.signal(signal.SIGALRM, lambda *_: outside.end("time"))
    if wall_s:
        signal.setitimer(signal.ITIMER_REAL, wall_s)


def _ended(status: int, why: str, group: bounds.Group | None, tell: int) -> int:
    peak = 0
    if group is not None:
        why = why or ("memory" if group.ran_out() else "")
        peak = group.peak()
        group.remove()
    code = status if status >= 0 else 128 - status
    if code == 128 + signal.SIGXCPU:
        why = why or "time"
    _tell(tell, {"ended": why, "peak": peak})
    return code


def _no_box(tell: int, why: str) -> int:
    """Say that the box could not be made; nothing ran."""
    if tell >= 0:
        _tell(tell, {"ended": "box", "why": why})
    else:
        sys.stderr.write(f"error [run/box]: no box could be made, so nothing was run: {why}\n")
        sys.stderr.flush()
    return NO_BOX


def _tell(tell: int, said: dict[str, Any]) -> None:
    if tell >= 0:
        with suppress(OSError):
            os.write(tell, json.dumps(said).encode() + b"\n")


def _shut(tell: int) -> None:
    """Close what was inherited."""
    most = os.sysconf("SC_OPEN_MAX")
    if tell >= 0:
        os.set_inheritable(tell, False)
        os.closerange(3, tell)
    os.closerange(max(2, tell) + 1, most)


def end_group() -> None:
    """Kill all others of this process's group, until none is left."""
    own, mine = os.getpid(), os.getpgrp()
    while others := [pid for pid in _group(mine) if pid != own]:
        for pid in others:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def collect() -> None:
    """Let those that have ended go: they count among their user's processes until then."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _group(wanted: int) -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            # pid (name) state parent group …
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == wanted and fields[0] not in "ZX":
                found.append(int(name))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
