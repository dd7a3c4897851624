"""EDGE of the box: run a program in it to its end, bounded in time and output."""

from __future__ import annotations

import json
import math
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, cast

from deepcat.host.box.argv import boxed, content
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers, available

_MiB = 1 << 20
_CHUNK = 1 << 16
_GRACE_S = 5.0

_Pipes = tuple[IO[bytes], IO[bytes], IO[bytes]]


@dataclass(frozen=True)
class Finished:
    """How a boxed program ended.

    Attributes:
        rc: its exit status, as a shell gives it.
        out: what it wrote to its standard output.
        err: the same of its standard error.
        ended: why it was ended: ``time``, ``output``, ``memory``, or ``box`` where no box could
            be made and nothing ran; empty where it ended by itself.
        why: for ``box``, what was refused.
    """

    rc: int
    out: bytes
    err: bytes
    ended: str = ""
    why: str = ""


def run(
    argv: Sequence[str],
    grant: Grant,
    *,
    stdin: bytes = b"",
    most_output: int = _MiB,
    layers: Layers | None = None,
) -> Finished:
    """Run a program in a box, and end all of the box with it, or with this thread.

    Args:
        argv: the program, by a path that is granted or a name in ``PATH``, and its arguments.
        grant: what it may have.
        stdin: what it may read from its standard input.
        most_output: bytes of output and error together; it is killed beyond.
        layers: of this machine, where the caller knows them.
    """
    file = os.memfd_create("grant")
    tell, told = os.pipe()
    try:
        os.write(file, content(grant, layers or available()).encode())
        os.lseek(file, 0, os.SEEK_SET)
        words = boxed("--owner", f"--tell={told}", f"/proc/self/fd/{file}", *argv)
        process = subprocess.Popen(
            words,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=(file, told),
        )
        os.close(told)
        told = -1
        with process:
            return _followed(process, stdin, most_output, grant.wall_s, tell)
    finally:
        for handle in (file, tell, told):
            if handle >= 0:
                os.close(handle)


def _followed(
    process: subprocess.Popen[bytes], stdin: bytes, most: int, wall_s: float, tell: int
) -> Finished:
    read = {"out": bytearray(), "err": bytearray()}
    # The box itself holds the time; this is for a box that does not.
    deadline = time.monotonic() + wall_s + _GRACE_S if wall_s else math.inf
    ended = "stopped"
    try:
        ended = _exchanged(process, memoryview(stdin), read, most, deadline)
    finally:
        if ended:
            _end(process)
    rc = process.wait()
    # Where no box could be made, the process inside said so first.
    said = json.loads((os.read(tell, _CHUNK) or b"{}").splitlines()[0])
    out, err = bytes(read["out"][:most]), bytes(read["err"][:most])
    return Finished(rc, out, err, ended or said.get("ended", ""), said.get("why", ""))


def _exchanged(
    process: subprocess.Popen[bytes],
    waiting: memoryview,
    read: Mapping[str, bytearray],
    most: int,
    deadline: float,
) -> str:
    """Give the program its input and take what it writes, until it ends or must be ended."""
    with selectors.DefaultSelector() as selector:
        _watch(selector, process)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return "time"
            for key, _ in selector.select(None if left == math.inf else left):
                if key.data == "in":
                    waiting = _fed(selector, cast("IO[bytes]", key.fileobj), waiting)
                elif got := os.read(key.fd, _CHUNK):
                    read[key.data].extend(got)
                else:
                    selector.unregister(key.fileobj)
            if sum(map(len, read.values())) > most:
                return "output"
    return ""


def _watch(selector: selectors.BaseSelector, process: subprocess.Popen[bytes]) -> None:
    stdin, stdout, stderr = cast("_Pipes", (process.stdin, process.stdout, process.stderr))
    os.set_blocking(stdin.fileno(), False)
    selector.register(stdin, selectors.EVENT_WRITE, "in")
    selector.register(stdout, selectors.EVENT_READ, "out")
    selector.register(stderr, selectors.EVENT_READ, "err")


def _fed(selector: selectors.BaseSelector, pipe: IO[bytes], waiting: memoryview) -> memoryview:
    """Give the program some of its input; what is left."""
    try:
        waiting = waiting[os.write(pipe.fileno(), waiting[:_CHUNK]) :] if waiting else waiting
    except BlockingIOError:
        return waiting
    except BrokenPipeError:
        waiting = waiting[:0]
    if not waiting:
        selector.unregister(pipe)
        pipe.close()
    return waiting


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the process outside kill the box; kill it if it does not."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGUSR1)
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
