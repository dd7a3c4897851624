"""A program that has imported deepcat already: what it is asked to run is a fork of it.

    python forks.py FD

Each message on the socket FD brings four files: a description of what to run, and the new
process's input, output and errors; and a socket that is told its id and, in the end, its status.
The process is what `python -m MODULE …` or `python SCRIPT …` would be, but for the time that its
imports take. `forked.py` is the other end.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

# Of deepcat, what imports TensorFlow, whose threads no fork has, and what runs elsewhere.
_NOT = ("deepcat.serving.", "deepcat.host.", "deepcat.policies.worker", "deepcat.__main__")
_ALSO = ("ansible_runner", "requests", "deepcat.serving.client.rest", "deepcat.host.place")
FILES = 5
STATUS = struct.Struct("i")


def preload() -> None:
    """Import what commands import; no thread may come of it, for only one goes with a fork."""
    import deepcat

    for name in (*_modules(deepcat), *_ALSO):
        with suppress(ImportError):
            importlib.import_module(name)
    (_,) = Path("/proc/self/task").iterdir()


def _modules(package: Any) -> Iterator[str]:
    for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if not f"{each.name}.".startswith(_NOT) and each.name not in _NOT:
            yield each.name
            if each.ispkg:
                with suppress(ImportError):
                    yield from _modules(importlib.import_module(each.name))


def serve(end: socket.socket) -> dict[str, Any]:
    """Fork until nobody asks any more; returns in the forks, with what each is to run."""
    waiting = selectors.DefaultSelector()
    waiting.register(end, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is not end:
                waiting.unregister(key.fileobj)
                _ended(*key.data, pidfd=key.fd)
                continue
            message, files, _, _ = socket.recv_fds(end, 1, FILES)
            if not message:
                sys.exit()
            told = socket.socket(fileno=files.pop())
            pid = os.fork()
            if pid == 0:
                waiting.close()
                end.close()
                told.close()
                return _become(files)
            for each in files:
                os.close(each)
            told.send(STATUS.pack(pid))
            waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, told))


def _ended(pid: int, told: socket.socket, pidfd: int) -> None:
    os.close(pidfd)
    _, status = os.waitpid(pid, 0)
    with suppress(OSError), told:
        told.send(STATUS.pack(status))


def _become(files: list[int]) -> dict[str, Any]:
    """Be a process as it was asked for."""
    with os.fdopen(files[0], "rb") as stream:
        asked: dict[str, Any] = json.load(stream)
    if asked["session"]:
        os.setsid()
    os.umask(asked["umask"])
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    for target, each in enumerate(files[1:]):
        os.dup2(each, target)
        os.close(each)
    sys.stdin, sys.stdout, sys.stderr = map(_opened, (sys.stdin, sys.stdout, sys.stderr))
    return asked


def _opened(old: TextIO) -> TextIO:
    """A standard stream as an interpreter opens it for the file that now has its number."""
    number = old.fileno()
    return open(
        number,
        "r" if number == 0 else "w",
        encoding=old.encoding,
        errors=old.errors,
        buffering=1 if number == 2 or os.isatty(number) else -1,
        closefd=False,
    )


def run(words: list[str]) -> None:
    """As Python itself, given these words."""
    if words[0] == "-m":
        sys.path[0] = str(Path.cwd())
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(words[0]).parent)
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    preload()
    gc.collect()
    gc.freeze()
    run(serve(socket.socket(fileno=int(sys.argv[1])))["words"])
