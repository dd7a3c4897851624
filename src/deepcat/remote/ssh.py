"""Commands, streams and ports of another machine, by the program `ssh`.

Nothing of the caller's own `~/.ssh/config` counts, nor of the keys that it knows: a link says all.
A machine that was cut off is known within seconds, and connections are shared for a minute.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

from deepcat.errors import DeepcatError
from deepcat.host.waiting import is_readable
from deepcat.remote.config import config, gates
from deepcat.remote.link import Link
from deepcat.remote.trouble import SSH, trouble

HERE = "127.0.0.1"
_STARTS_S = 15.0
_POLL_S = 0.02
_TRIES = 3
_LOOK_S = 0.2
_CHUNK, _LINE, _MOST_SAID = 65_536, 65_536, 32 << 20


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    rc: int
    out: bytes
    err: str


def run(link: Link | None, script: str, stdin: bytes = b"", timeout_s: float = 30.0) -> Done:
    """Run a script of `/bin/sh` there; its exit status is told, whatever it is.

    Args:
        link: how the machine is reached; None for this one.
        script: as `sh -c` takes it; nothing secret, for it can be seen by who is there.
        stdin: what it reads.
        timeout_s: after which it is ended here.

    Raises:
        DeepcatError: the machine is not reached (``remote/unreachable``), its key is not the pinned
            one (``remote/host-key``), nobody may log in (``remote/denied``), it takes too long, or
            says too much (``remote/answer``).
    """
    return _done(link, _ended(link, command(link, script), stdin, timeout_s))


def stream(
    link: Link | None, script: str, source: IO[bytes], offset: int, timeout_s: float
) -> Done:
    """As `run`, with a file from an offset on as what the script reads.

    Raises:
        DeepcatError: as `run`.
    """
    source.seek(offset)
    return _done(link, _ended(link, command(link, script), source, timeout_s))


@contextmanager
def received(
    link: Link | None, script: str, stdin: bytes, stalls_s: float
) -> Iterator[Callable[[int], bytes]]:
    """Gives what reads on in what a script says there, however much that is; none at its end.

    Args:
        link: as `run` takes it.
        script: as `run` takes it.
        stdin: what it reads.
        stalls_s: how long it may say nothing.

    Raises:
        DeepcatError: the link cannot be used (``remote/link``); what reads raises it where nothing
            comes any more (``remote/unreachable``).
    """
    process = subprocess.Popen(
        command(link, script),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=link is None,
    )
    handle = process.stdout.fileno() if process.stdout else -1

    def read(most: int) -> bytes:
        if not is_readable(handle, stalls_s):
            where = link.host if link else "this machine"
            message = f"`{where}` said nothing for {stalls_s:.0f} s"
            hint = "see whether the machine is up, and how loaded it is"
            raise DeepcatError(message, hint=hint, code="remote/unreachable")
        return os.read(handle, most)

    with process:
        try:
            Thread(target=_give, args=(process.stdin, stdin), daemon=True).start()
            yield read
        finally:
            _end(process, link)


def lines(link: Link | None, script: str) -> Iterator[str]:
    """The lines that a script says there, as it says them; it ends when nobody reads on.

    Raises:
        DeepcatError: the link cannot be used (``remote/link``).
    """
    words = command(link, script)
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        words,
        stdin=quiet,
        stdout=subprocess.PIPE,
        stderr=quiet,
        env=_environment(),
        start_new_session=link is None,
    )
    with process:
        try:
            while line := process.stdout.readline(_LINE) if process.stdout else b"":
                yield line.decode("utf-8", "replace").rstrip("\n")
        finally:
            _end(process, link)


def command(link: Link | None, script: str, *, terminal: bool = False) -> list[str]:
    """The words that run a script there, or here where there is no link.

    Raises:
        DeepcatError: the link cannot be used (``remote/link``).
    """
    if link is None:
        return ["/bin/sh", "-c", script]
    kind = "-t" if terminal else "-T"
    return [*base(link), kind, "--", link.host, f"exec /bin/sh -c {shlex.quote(script)}"]


def shell(link: Link | None, folder: str) -> list[str]:
    """The words that open a shell in a folder there."""
    within = f'cd {quoted(folder)} && exec "${{SHELL:-/bin/sh}}" -i'
    return command(link, within, terminal=True)


@contextmanager
def forward(link: Link | None, targets: Sequence[tuple[str, int]]) -> Iterator[list[int]]:
    """Ports of this machine that lead to hosts and ports as that one reaches them.

    It is a connection of its own: when the machine is cut off, it ends, and its ports are closed.

    Raises:
        DeepcatError: as `run`.
    """
    if link is None:
        raise DeepcatError("a way to this very machine needs no tunnel", code="remote/link")
    for left in reversed(range(_TRIES)):
        ports = _free_ports(len(targets))
        pairs = zip(ports, targets, strict=True)
        ways = [f"-L{HERE}:{port}:{_bracketed(host)}:{to}" for port, (host, to) in pairs]
        alone = ["-oControlPath=none", "-oControlMaster=no", "-oExitOnForwardFailure=yes"]
        # What it runs there ends once nobody holds the other end any more, however we end.
        words = [*base(link), *alone, *ways, "-T", "--", link.host, "exec cat >/dev/null"]
        with tempfile.TemporaryFile() as said:
            process = _begin(words, said)
            try:
                if _listens(process, ports[-1]):
                    yield ports
                    return
            finally:
                process.kill()
                process.communicate()
            told = _text(said)
        if not left or "cannot listen to port" not in told:
            raise _explained(link, told)


def base(link: Link) -> list[str]:
    """The program and its options, for this link and for those on the way.

    Raises:
        DeepcatError: the link cannot be used (``remote/link``).
    """
    folder = own_folder()
    known = "".join(f"{line}\n" for line in link.known_hosts)
    pinned = _kept(folder, "known", known)
    text = config(link, pinned, folder)
    return [SSH, "-F", str(_kept(folder, "config", text))]


def variables(link: Link) -> dict[str, str]:
    """Ansible's own for a machine: one configuration says all, also of the shared connection.

    Raises:
        DeepcatError: as `base`.
    """
    found = {
        "ansible_connection": "ssh",
        "ansible_host": link.host,
        "ansible_ssh_args": "",
        "ansible_ssh_common_args": " ".join(base(link)[1:]),
        "ansible_shell_type": "sh",
    }
    return found | ({"ansible_user": link.user} if link.user else {})


def _kept(folder: Path, name: str, text: str) -> Path:
    """A file with this content, whole."""
    path = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if not path.is_file():
        new = folder / f".{path.name}-{os.getpid()}-{time.monotonic_ns()}"
        new.write_text(text, "utf-8")
        new.replace(path)
    return path


def own_folder() -> Path:
    """A folder that is ours alone, with a path short enough for sockets.

    Raises:
        DeepcatError: somebody else has it (``remote/link``).
    """
    folder = Path(tempfile.gettempdir()) / f"deepcat-ssh-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.getuid() or seen.st_mode & 0o077:
        raise DeepcatError(
            f"`{folder}` is not a folder of yours alone",
            hint="take it away, or set `TMPDIR` to a folder of yours",
            code="remote/link",
        )
    return folder


def _ended(
    link: Link | None, words: Sequence[str], stdin: bytes | IO[bytes], timeout_s: float
) -> Done:
    # What holds a connection open for others keeps its standard error: a file waits for nobody.
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE if isinstance(stdin, bytes) else stdin,
                stdout=subprocess.PIPE,
                stderr=said,
                env=_environment(),
                start_new_session=link is None,
            )
        except OSError as error:
            raise DeepcatError(
                f"`{words[0]}` cannot be started: {error.strerror}",
                hint="install an OpenSSH client",
                code="remote/link",
            ) from None
        where = link.host if link else "this machine"
        try:
            if isinstance(stdin, bytes):
                Thread(target=_give, args=(process.stdin, stdin), daemon=True).start()
            out = _heard(process, said, where, time.monotonic() + timeout_s, timeout_s)
        finally:
            _end(process, link)
            if process.stdout is not None:
                process.stdout.close()
            process.wait()
        return Done(process.returncode, out, _text(said))


def _end(process: subprocess.Popen[bytes], link: Link | None) -> None:
    """Kill what is not over; here with all that it began, for nobody else would end that."""
    if process.poll() is None:
        if link is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()


def _give(end: IO[bytes] | None, content: bytes) -> None:
    """Write all, as far as somebody reads it."""
    with suppress(OSError, ValueError):
        if end is not None:
            end.write(content)
    with suppress(OSError, ValueError):
        if end is not None:
            end.close()


def _heard(
    process: subprocess.Popen[bytes], said: IO[bytes], where: str, until: float, timeout_s: float
) -> bytes:
    """What a process says until it ends: neither longer nor more than is waited for.

    Raises:
        DeepcatError: it takes too long (``remote/unreachable``), or says too much
            (``remote/answer``).
    """
    out = bytearray()
    handle = process.stdout.fileno() if process.stdout else -1
    is_open = True
    while is_open or process.poll() is None:
        left = until - time.monotonic()
        if left <= 0:
            raise DeepcatError(
                f"`{where}` gave no answer within {timeout_s:.0f} s",
                hint="see whether the machine is up, and how loaded it is",
                code="remote/unreachable",
            )
        if not is_open:
            with suppress(subprocess.TimeoutExpired):
                process.wait(min(left, _LOOK_S))
        elif is_readable(handle, min(left, _LOOK_S)):
            more = os.read(handle, _CHUNK)
            is_open = bool(more)
            out += more
        if max(len(out), os.fstat(said.fileno()).st_size) > _MOST_SAID:
            raise DeepcatError(
                f"`{where}` says more than {_MOST_SAID >> 20} MiB when it is asked",
                hint="mend the host",
                code="remote/answer",
            )
    return bytes(out)


def _done(link: Link | None, done: Done) -> Done:
    """What ssh itself could not do is no answer of that machine."""
    if link is not None and done.rc == 255:
        raise _explained(link, done.err)
    return done


def _explained(link: Link, said: str) -> DeepcatError:
    """What is wrong; of a machine on the way, too, of which ssh itself says nothing."""
    error = trouble(link, said)
    if error.code == "remote/denied" and link.identity and not Path(link.identity).is_file():
        message = f"the private key `{link.identity}`, to log in to `{link.host}` by, is not there"
        hint = "bring it there, or correct `identity` in the cloud's file"
        return DeepcatError(message, hint=hint, code=error.code)
    for gate in gates(link) if error.code == "remote/unreachable" else ():
        done = _ended(gate, command(gate, "true"), b"", _STARTS_S)
        if done.rc == 255:
            return trouble(gate, done.err)
    return error


def _begin(words: Sequence[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=said,
        env=_environment(),
        start_new_session=True,
    )


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the last port is open, or will never be."""
    until = time.monotonic() + _STARTS_S
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection((HERE, port), timeout=1):
            return True
        time.sleep(_POLL_S)
    return False


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HERE, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _environment() -> dict[str, str]:
    """What ssh says is to be read by a program."""
    return {**os.environ, "LC_ALL": "C"}


def _text(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def quoted(folder: str) -> str:
    """A path for a shell; a leading ``~/`` is the home of who logs in."""
    if folder.startswith("~/"):
        return f'"$HOME"/{shlex.quote(folder[2:])}'
    return shlex.quote(folder)
