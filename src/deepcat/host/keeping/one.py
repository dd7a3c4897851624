"""EDGE of the host: the process that looks after one program: ``one.py FOLDER NAME READY``.

It leaves whoever started it, tells by the descriptor READY that it has begun, starts the program
again whenever it ends, and gives up where it ends too soon too often, as supervisord does. It ends
on SIGTERM, with the program and all of its process group. Where it is killed the program goes on,
bears its owner tag, and is found by that.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host.keeping.files import Files, Life, Spec, State, life_of
from deepcat.host.processes import VARIABLE
from deepcat.host.waiting import is_readable

# As supervisord: one that lives so long has started; one that does not is tried so often again.
STARTED_S, TRIES = 1.0, 3
MOST_LOG = 10_000_000
_LOOK_S = 10.0
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)


@dataclass
class _Kept:
    """What is known of the program by who keeps it."""

    files: Files
    spec: Spec
    me: Life
    pid: int = 0
    began: float = 0.0
    tries: int = 0

    def tell(self, state: str, reason: str = "") -> None:
        """Write down how it goes."""
        program = life_of(self.pid) if self.pid else Life()
        since = int(time.time() - (time.monotonic() - self.began)) if self.pid else 0
        self.files.tell(self.spec.name, State(state, self.me, program, since, reason))


def main(folder: Path, name: str, ready: int) -> None:
    """Keep a program until it is to end."""
    if os.fork():
        os._exit(0)
    os.setsid()
    files = Files(folder)
    spec = files.spec(name)
    if spec is None:
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    kept = _Kept(files, spec, life_of(os.getpid()))
    kept.tell("STARTING")
    os.write(ready, b"1")
    _stand_alone(ready)
    _keep(kept)


def _stand_alone(ready: int) -> None:
    """Hold nothing of who began us: no pipe that somebody reads to its end, no folder."""
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(ready)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _keep(kept: _Kept) -> None:
    while True:
        reason = _start(kept)
        status = _wait(kept) if not reason else None
        if status is _STOPPED:
            kept.tell("STOPPED")
            return
        lived = time.monotonic() - kept.began if kept.pid else 0.0
        kept.pid = 0
        if kept.spec.once and status is not None:
            kept.tell("EXITED", f"status {status}")
            return
        kept.tries = 0 if lived >= STARTED_S else kept.tries + 1
        if kept.tries > TRIES:
            kept.tell("FATAL", reason or "it ended too soon too often")
            return
        if kept.tries:
            kept.tell("BACKOFF", reason or f"it ended with status {status}")
            if _signalled(float(kept.tries)) == signal.SIGTERM:
                kept.tell("STOPPED")
                return


def _start(kept: _Kept) -> str:
    """Start the program; why it cannot be, else nothing."""
    try:
        log = _log(Path(kept.spec.log))
    except OSError as error:
        return f"its log cannot be written: {error.strerror}"
    try:
        kept.pid = os.fork()
        if kept.pid == 0:
            _become(kept.spec, log)
    except OSError as error:
        kept.pid = 0
        return f"it cannot be started: {error.strerror}"
    finally:
        os.close(log)
    kept.began = time.monotonic()
    kept.tell("STARTING")
    return ""


def _become(spec: Spec, log: int) -> None:
    """Be the program."""
    try:
        os.setsid()
        os.dup2(log, 1)
        os.dup2(log, 2)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.execvpe(spec.argv[0], list(spec.argv), {**os.environ, VARIABLE: spec.tag})  # noqa: S606
    except OSError as error:
        os.write(2, f"error [run/server]: {spec.argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


class _Stopped:
    """Says that the program was ended because it shall not run any more."""


_STOPPED = _Stopped()


def _wait(kept: _Kept) -> int | _Stopped:
    """Wait for the program's end; its exit status, as a shell would have it."""
    is_told = False
    while True:
        lived = time.monotonic() - kept.began
        if not is_told and lived >= STARTED_S:
            kept.tell("RUNNING")
            is_told = True
        number = _signalled(_LOOK_S if is_told else max(STARTED_S - lived, 0.0))
        if number == signal.SIGTERM:
            kept.tell("STOPPING")
            _stop(kept.pid, kept.spec.grace_s)
            return _STOPPED
        ended = _status(kept.pid)
        if ended is not None:
            _end_group(kept.pid)
            return ended
        _rotate(Path(kept.spec.log))


def _signalled(seconds: float) -> int:
    """The signal that comes within a time; 0 for none."""
    found = signal.sigtimedwait(_SIGNALS, seconds)
    return found.si_signo if found else 0


def _status(pid: int) -> int | None:
    """How a child ended; None while it has not."""
    with suppress(ChildProcessError):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            return None
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code
    return 0


def _stop(pid: int, grace_s: float) -> None:
    """End the program with its group: it is asked first, and killed when it does not heed it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGTERM)
    handle = os.pidfd_open(pid)
    is_readable(handle, grace_s)
    os.close(handle)
    _end_group(pid)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _end_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _log(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _rotate(path: Path) -> None:
    """Keep the log's last part beside it, and begin it anew: who writes goes on at its end."""
    with suppress(OSError):
        if path.stat().st_size > MOST_LOG:
            shutil.copyfile(path, path.with_name(f"{path.name}.1"))
            os.truncate(path, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
