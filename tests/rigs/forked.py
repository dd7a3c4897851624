"""`subprocess.run` and `Popen` for commands of deepcat, which begin as forks of one process.

A command's process is its own in all, as `python -m deepcat` would be: its id, environment, folder,
session, signals and end. It lacks only what an interpreter does before the first line, and the
imports, which are most of what a short command costs. A test of these begins it by `subprocess`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

from forks import STATUS

Word = str | os.PathLike[str]
_PROGRAM = Path(__file__).with_name("forks.py")
# What an interpreter or its libraries read only as they begin.
_AT_THE_START = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_")
_PIPE, _STDOUT, _DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL


class Popen:
    """A process of Python that is forked, as far as tests need what `subprocess.Popen` has.

    Args:
        words: `[sys.executable, "-m", MODULE, …]` or `[sys.executable, SCRIPT, …]`.
        cwd: its folder; this process' own without one.
        env: its environment; this process' own without one.
        stdin: None for this process' own, a number of a file, or a word of `subprocess`.
        stdout: the same.
        stderr: the same.
        start_new_session: whether it leads a session of its own.
    """

    def __init__(
        self,
        words: Sequence[Word],
        *,
        cwd: Word | None = None,
        env: Mapping[str, str] | None = None,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        start_new_session: bool = False,
    ) -> None:
        self.args = [os.fspath(each) for each in words]
        # A quick test is seen to start this, too.
        sys.audit("subprocess.Popen", self.args[0], self.args, cwd, env)
        self.returncode: int | None = None
        asked = {
            "words": self.args[1:],
            "cwd": os.fspath(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "session": start_new_session,
            "umask": _umask(),
        }
        own: list[int] = []
        self.stdin, into = _end(stdin, 0, own)
        self.stdout, out = _end(stdout, 1, own)
        self.stderr, errors = (None, out) if stderr == _STDOUT else _end(stderr, 2, own)
        self._told, theirs = socket.socketpair()
        with theirs, os.fdopen(os.memfd_create("asked"), "wb") as description:
            description.write(json.dumps(asked).encode())
            description.flush()
            description.seek(0)
            files = [description.fileno(), into, out, errors, theirs.fileno()]
            socket.send_fds(_server(_start_of(asked["env"]))[0], [b"!"], files)
        for each in own:
            os.close(each)
        (self.pid,) = STATUS.unpack(self._told.recv(STATUS.size))

    def poll(self) -> int | None:
        """How it ended, as `subprocess` says it; None as long as it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                (status,) = STATUS.unpack(self._told.recv(STATUS.size))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self._told.close()
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def communicate(
        self, input: str | None = None, timeout: float | None = None
    ) -> tuple[str, str]:
        """Give it its input, read all that it writes, wait for its end."""
        until = None if timeout is None else time.monotonic() + timeout
        said = ["", ""]
        readers = [
            threading.Thread(target=_read, args=(stream, said, n), daemon=True)
            for n, stream in enumerate((self.stdout, self.stderr))
            if stream is not None
        ]
        for each in readers:
            each.start()
        if self.stdin is not None:
            # It may end without reading all.
            with suppress(BrokenPipeError), self.stdin as stream:
                stream.write(input or "")
        for each in readers:
            each.join(None if until is None else max(0.0, until - time.monotonic()))
            if each.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(None if until is None else max(0.0, until - time.monotonic()))
        return said[0], said[1]

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        # Its end may be on its way here.
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Popen:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self.stdin, self.stdout, self.stderr):
            if each is not None:
                each.close()
        self.wait()


def run(
    words: Sequence[Word],
    *,
    input: str | None = None,
    timeout: float | None = None,
    check: bool = False,
    capture_output: bool = False,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run`, of a process as `Popen` here makes it."""
    if capture_output:
        options |= {"stdout": _PIPE, "stderr": _PIPE}
    if input is not None:
        options["stdin"] = _PIPE
    with Popen(words, **options) as process:
        try:
            said, errors = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(process.args, process.wait(), said, errors)
    if check:
        done.check_returncode()
    return done


def _read(stream: IO[str], said: list[str], n: int) -> None:
    with stream:
        said[n] = stream.read()


def _end(given: int | None, number: int, own: list[int]) -> tuple[IO[str] | None, int]:
    """Our end of a file of the process, if there is one, and its end; what we opened for it."""
    if given == _PIPE:
        pair = os.pipe()
        ours, theirs = (pair[1], pair[0]) if number == 0 else pair
        own.append(theirs)
        return os.fdopen(ours, "w" if number == 0 else "r", encoding="utf-8"), theirs
    if given == _DEVNULL:
        own.append(os.open(os.devnull, os.O_RDWR))
        return None, own[-1]
    return None, number if given is None else given


def _umask() -> int:
    os.umask(found := os.umask(0o022))
    return found


def _start_of(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What of an environment a process must have begun with."""
    return tuple(sorted((k, v) for k, v in env.items() if k.startswith(_AT_THE_START)))


@cache
def _server(
    start: tuple[tuple[str, str], ...],
) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The process of which others are forks, and where it is asked; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_AT_THE_START)}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), str(theirs.fileno())],
            pass_fds=[theirs.fileno()], env=kept | dict(start), cwd="/", start_new_session=True,
            stdin=_DEVNULL, stdout=_DEVNULL,
        )  # fmt: skip
    return ours, process
