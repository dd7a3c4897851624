"""EDGE: the program `git`, called in one way by the catalog, the records and the forge."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deepcat.errors import DeepcatError

TIMEOUT_S = 300
# Of a call that is bounded. A small repository can name paths that take gigabytes to put together.
_MOST_MEMORY = 3 << 30
# Whatever a person has configured, names are printed as they are, and no program of theirs is run.
_PLAIN = ("-c", "core.quotePath=false", "-c", "core.fsmonitor=false")
# Of signatures SSH's alone are asked: what the machine's own keyrings trust says nothing here.
SSH_ALONE = ("-c", "gpg.program=false", "-c", "gpg.x509.program=false")
# Git sets these for its hooks; here the folder alone says which repository is meant.
_OF_HOOKS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
    "GIT_PUSH_OPTION_COUNT",
)


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended.

    Attributes:
        returncode: exit status.
        stdout: what it printed.
        stderr: what it said.
    """

    returncode: int
    stdout: bytes
    stderr: bytes


def run(
    root: Path,
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    defaults: Mapping[str, str] | None = None,
    extra: Mapping[str, str] | None = None,
) -> Done:
    """Call Git; the command may fail.

    Args:
        root: a folder in a work tree, or a bare repository.
        argv: without the program's name.
        stdin: what it reads.
        defaults: variables that the environment may set otherwise.
        extra: variables that it may not.

    Raises:
        DeepcatError: Git is not installed (``git/missing``), or does not end (``git/failed``).
    """
    try:
        done = subprocess.run(
            _argv(root, argv),
            input=stdin,
            capture_output=True,
            check=False,
            env={**(defaults or {}), **_environment(), **(extra or {})},
            timeout=TIMEOUT_S,
        )
    except FileNotFoundError:
        raise _missing() from None
    except subprocess.TimeoutExpired:
        raise DeepcatError(
            f"`git {argv[0]}` did not end within {TIMEOUT_S} s",
            hint="check that the remote answers",
            code="git/failed",
        ) from None
    return Done(done.returncode, done.stdout, done.stderr)


def ask(
    root: Path,
    argv: Sequence[str],
    timeout_s: float,
    *,
    extra: Mapping[str, str] | None = None,
    most_bytes: int = 0,
) -> Done:
    """Call Git for what a remote must answer: for so long at most, and without a prompt.

    It has no terminal, so that neither it nor `ssh` asks for a password; helpers and agents that
    the person has set up are asked as ever.

    Args:
        root: a folder in a work tree, or a bare repository.
        argv: without the program's name.
        timeout_s: how long it may take.
        extra: variables that the environment may not set otherwise.
        most_bytes: of each file that it writes, what it says among them; 0 for no bound.

    Raises:
        DeepcatError: Git is not installed (``git/missing``), or the remote does not answer in time
            (``git/timeout``).
    """
    # Files, for what `ssh` leaves running behind it would keep a pipe open.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                [*(_bounded(most_bytes) if most_bytes else ()), *_argv(root, argv)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**_environment(), **(extra or {})},
                start_new_session=True,
            )
        except FileNotFoundError:
            raise _missing() from None
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise DeepcatError(
                f"it did not answer within {timeout_s:g} s",
                hint="see whether it can be reached",
                code="git/timeout",
            ) from None
        finally:
            _end(process)
        out.seek(0)
        err.seek(0)
        return Done(code, out.read(), err.read())


def _bounded(most_bytes: int) -> tuple[str, ...]:
    """What begins a program that may write no larger file, and fill no machine's memory.

    A shell counts files by 512 bytes and memory by 1024. Some systems bound no memory.
    """
    bounds = f"ulimit -v {_MOST_MEMORY // 1024} 2>/dev/null; ulimit -f {most_bytes // 512}"
    return ("sh", "-c", f'{bounds} && exec "$@"', "sh")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End Git and all that it has started, if it still runs; it takes its locks away first."""
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
            return


def _missing() -> DeepcatError:
    return DeepcatError(
        "the program `git` is not installed", hint="install Git", code="git/missing"
    )


@contextmanager
def talk(root: Path, argv: Sequence[str]) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Call Git, and write to it and read from it for as long as this lasts."""
    pipe = subprocess.PIPE
    argv = _argv(root, argv)
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, env=_environment()) as process:
        assert process.stdin and process.stdout  # noqa: S101 - asked for above
        yield process.stdin, process.stdout
        process.stdin.close()


def says(root: Path, *argv: str) -> bytes:
    """What a command prints; empty when it fails or Git is missing."""
    try:
        done = run(root, (*_PLAIN, *argv))
    except DeepcatError:
        return b""
    return done.stdout if done.returncode == 0 else b""


class Answer:
    """What a command prints, while this process does something else."""

    def __init__(self, root: Path, *argv: str) -> None:
        # A file takes all of it; a pipe would let Git wait until somebody reads.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with this object
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._process = subprocess.Popen(
                _argv(root, (*_PLAIN, *argv)),
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        self._end = weakref.finalize(self, _give_up, self._process, self._output)

    def take(self) -> bytes:
        """What it printed; empty when it failed or Git is missing. To be taken once."""
        if self._process is None or self._process.wait() != 0:
            content = b""
        else:
            self._output.seek(0)
            content = self._output.read()
        self._end()
        return content


def _give_up(process: subprocess.Popen[bytes] | None, output: IO[bytes]) -> None:
    output.close()
    if process is not None and process.poll() is None:
        process.kill()
        process.wait()


@contextmanager
def private_file(content: bytes) -> Iterator[str]:
    """A file that only we and our children can read; its path.

    Where the system can, it lies in memory and goes with this process, however that ends.
    """
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        with os.fdopen(os.memfd_create("deepcat"), "wb", buffering=0) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            yield f"/proc/{os.getpid()}/fd/{file.fileno()}"
        return
    with tempfile.TemporaryDirectory(prefix="deepcat-git-") as folder:
        path = Path(folder, "config")
        path.touch(mode=0o600)
        path.write_bytes(content)
        yield str(path)


class Blobs:
    """Contents by their hash, of one `git cat-file --batch` in each process that asks."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def read(self, sha: str) -> bytes | None:
        """A content; None where there is none."""
        requests, answers = self._pipes()
        requests.write(f"{sha}\n".encode())
        requests.flush()
        header = answers.readline().split()
        return answers.read(int(header[2]) + 1)[:-1] if len(header) == 3 else None

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None or self._owner != os.getpid():
            pipe = subprocess.PIPE
            argv = _argv(self._root, ("cat-file", "--batch"))
            self._process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, env=_environment())
            self._owner = os.getpid()
            weakref.finalize(self, _close, self._process, self._owner)
        assert self._process.stdin and self._process.stdout  # noqa: S101 - asked for above
        return self._process.stdin, self._process.stdout


def _close(process: subprocess.Popen[bytes], owner: int) -> None:
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
    if owner == os.getpid():
        process.wait()


def _argv(root: Path, argv: Sequence[str]) -> list[str]:
    return ["git", "-C", str(root), *argv]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    # What `refs/replace/` says instead of an object is no content of that object's name.
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
