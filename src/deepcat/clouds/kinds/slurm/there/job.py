"""What a job runs: a program that chooses where it listens, says so, and is followed in time.

Before the job's time is over Slurm sends USR1; then it asks for another job, waits until that one
says that it listens, gives its readers a moment, and ends.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

# Our own code lies above, whatever the node knows of it.
sys.path.insert(0, str(Path(__file__).resolve().parents[5]))

from deepcat.clouds.kinds.slurm.there import queue
from deepcat.clouds.kinds.slurm.there.files import Files
from deepcat.host.box.grant import GIVEN
from deepcat.host.failure import StepError
from deepcat.host.keeper import ADDRESS, GOES_ON, GRPC, REST, TICKET
from deepcat.host.ports import free_port
from deepcat.host.processes import VARIABLE
from deepcat.host.surroundings import kept

_AGAIN_S = 5.0
_MOST_AGAIN_S = 300.0
_LOOK_S = 15.0
_DRAIN_S = 5.0
_TRIES = 3
_LIBRARIES = ("LD_LIBRARY_PATH", "CUDA_HOME")
_LISTENING = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTENS = "0A"


class Runner:
    """One job of a program."""

    def __init__(self, folder: Path) -> None:
        self.files = Files(folder)
        self.spec = self.files.spec
        self.job = os.environ.get("SLURM_JOB_ID", "")
        self.process: subprocess.Popen[bytes] | None = None
        self.ports: tuple[int, int] | None = None
        self.successor = ""
        self.is_due = self.is_ended = False
        self.asks_at = self.looks_at = self.ends_at = 0.0
        self.pause_s = _AGAIN_S

    def run(self) -> int:
        """Start the program, as often as it must be; gives the exit status."""
        signal.signal(signal.SIGUSR1, self._due)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ended)
        if not self.spec:
            return 0
        self.files.retract(self.job)
        tries = 0
        while True:
            status = self._once()
            tries += 1
            if self.spec.get("resumes") and self.is_due and status == GOES_ON:
                return self._goes_on()
            if self.is_ended or self.spec.get("once") or tries >= _TRIES:
                return status
            time.sleep(tries)

    def _once(self) -> int:
        # Started again by this run of the job, it listens where it did.
        self.ports = rest, grpc = self.ports or _free_ports()
        address = _address()
        named = {ADDRESS: address, REST: str(rest), GRPC: str(grpc)}
        argv = [named.get(word, word) for word in self.spec["argv"]]
        own = {VARIABLE: str(self.spec["tag"]), TICKET: self.files.ticket or self.job}
        # What modules set of a node's libraries holds in a box, too.
        loaded = _LIBRARIES if self.spec.get("modules") else ()
        passed = {f"{GIVEN}{name}": os.environ[name] for name in loaded if os.environ.get(name)}
        environment = {**kept(os.environ), **passed, **own}
        self.process = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL)
        asked = [
            number for word, number in ((REST, rest), (GRPC, grpc)) if word in self.spec["argv"]
        ]
        is_told = not self.spec.get("listens", not self.spec.get("once"))
        while self.process.poll() is None:
            if not is_told and _answers(address, rest) and self._has(*asked):
                self.files.publish(self.job, address, rest, grpc)
                self.ports, is_told = (rest, grpc), True
            if self.is_due and not self.spec.get("once"):
                self._hand_over(time.monotonic())
            time.sleep(0.1 if not is_told else 0.5)
        return self.process.returncode

    def _has(self, *ports: int) -> bool:
        """Whether nobody else listens at ports: others of the node may have been faster."""
        users = _users(self.process.pid) if self.process else set()
        return all(_listeners(port) <= users for port in ports)

    def _hand_over(self, now: float) -> None:
        """Ask for a job that takes over, again while there is none; end once it listens."""
        if self.ends_at:
            if now >= self.ends_at:
                self._ended()
        elif self.successor and self.files.listens.get("job") == self.successor:
            self.ends_at = now + _DRAIN_S
        elif not self.successor:
            if now >= self.asks_at and self.files.spec:
                self.asks_at, self.looks_at = now + self.pause_s, now + _LOOK_S
                self.successor = self._submitted()
        elif now >= self.looks_at:
            self.looks_at = now + _LOOK_S
            if self._is_over(self.successor):
                self.successor = ""
                # One that cannot serve will not be asked for without end.
                self.pause_s = min(2 * self.pause_s, _MOST_AGAIN_S)
                self.asks_at = now + self.pause_s

    def _submitted(self, *more: str) -> str:
        try:
            script = (self.files.folder / "job.sh").read_text("utf-8")
            number = queue.submit([*self.spec["options"], *more], script)
            self.files.submitted(number)
            return str(number)
        except (StepError, OSError) as error:
            print(f"no job takes over yet: {error}", file=sys.stderr, flush=True)
            return ""

    def _is_over(self, number: str) -> bool:
        """Whether a job that was asked for has ended; not so while Slurm is silent."""
        try:
            found = [
                each for each in queue.jobs(self.spec["comment"]) if str(each.number) == number
            ]
        except StepError:
            return False
        return all(each.is_over for each in found)

    def _goes_on(self) -> int:
        """Ask for a job that goes on where this one was, once this one is over."""
        for _ in range(_TRIES if self.files.spec else 0):
            if self._submitted(f"--dependency=afterany:{self.job}"):
                return 0
            time.sleep(_AGAIN_S)
        return GOES_ON

    def _due(self, *_: object) -> None:
        self.is_due = True
        ends = self.spec.get("once") and (self.spec.get("resumes") or self.spec.get("listens"))
        if ends and self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def _ended(self, *_: object) -> None:
        self.is_ended = True
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()


def _address() -> str:
    """This node's, as others of the cluster reach it."""
    name = os.environ.get("SLURMD_NODENAME", "")
    words = ["scontrol", "show", "node", name, "--oneliner"]
    try:
        told = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=False
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired):
        told = ""
    found = [word[len("NodeAddr=") :] for word in told.split() if word.startswith("NodeAddr=")]
    return socket.gethostbyname(found[0] if found else socket.gethostname())


def _free_ports() -> tuple[int, int]:
    rest = free_port("")
    return rest, free_port("", {rest})


def _answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((address, port)) == 0


def _listeners(port: int) -> Set[int]:
    """The users that listen at a port of this node; one that is nobody's where none does."""
    found = {user for path in _LISTENING for at, user in _listening(path) if at == port}
    return found or {-1}


def _users(pid: int) -> Set[int]:
    """The users of a process and of what it has begun: a box of root's has one of its own."""
    known: dict[int, tuple[int, int]] = {}
    for path in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError, ValueError, KeyError):
            lines = path.read_text("utf-8", "replace").splitlines()
            told = {name: rest.split() for name, _, rest in (each.partition(":") for each in lines)}
            known[int(path.parent.name)] = (int(told["PPid"][0]), int(told["Uid"][1]))
    mine = {pid}
    while more := {each for each, (above, _) in known.items() if above in mine} - mine:
        mine |= more
    return {known[each][1] for each in mine if each in known}


def _listening(path: Path) -> Iterator[tuple[int, int]]:
    """Port and user of all that listens, as the kernel tells it."""
    try:
        rows = [line.split() for line in path.read_text("ascii").splitlines()[1:]]
    except OSError:
        return
    for row in rows:
        if row[3] == _LISTENS:
            yield int(row[1].rpartition(":")[2], 16), int(row[7])


if __name__ == "__main__":
    sys.exit(Runner(Path(sys.argv[1])).run())
