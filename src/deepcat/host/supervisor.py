"""EDGE of the host: one supervisord for each catalog, spoken to through its Unix socket.

It outlives the command that started it, restarts what dies, and ends with the last program.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from deepcat.host import processes
from deepcat.host.box.argv import boxed
from deepcat.host.failure import StepError
from deepcat.host.keeper import Once, Program
from deepcat.host.place import locked
from deepcat.host.processes import Process
from deepcat.host.surroundings import kept

FOLDER = ".supervisor"
_VIEW = "local"
_PATIENCE_S = 25.0
# A Unix socket's path has 108 bytes, and supervisord puts its process id behind it.
_MAX_PATH = 90
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+\Z")
_LOG = re.compile(r"^stdout_logfile=(.+)$", re.MULTILINE)
_COMMENT = re.compile(r"\s[;#]|[\r\n]")

# Of a program that ends by itself.
_ONCE = {"autorestart": "false", "startsecs": "0", "startretries": "0"}


class Supervisor:
    """The supervisor of the deployments below one folder.

    Args:
        local: the folder that holds a catalog's deployments on this host.
        how: its settings; it has none.
    """

    def __init__(self, local: Path, how: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        self._local = local
        self._link = local / FOLDER
        self.folder = _runtime(self._link)
        self.socket = self.folder / "socket"

    @property
    def elsewhere(self) -> None:
        """Its programs run here."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold it while programs are added or removed."""
        return locked(self._link / "lock")

    def programs(self) -> dict[str, Program]:
        """All programs by name; empty when no supervisor runs."""
        if not self.socket.exists():
            return {}
        try:
            found = self._call("getAllProcessInfo")
        except OSError:
            return {}
        programs = (
            Program(each["name"], each["statename"], each["pid"], each["start"], each["spawnerr"])
            for each in found
        )
        return {program.name: program for program in programs}

    def names(self) -> list[str]:
        """All programs that a supervisor runs, or that one would start as it begins."""
        return sorted(
            {*self.programs(), *(each.stem for each in self._programs_folder.glob("*.conf"))}
        )

    def add(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        owner: Mapping[str, Any] | None = None,
        once: Once | None = None,
    ) -> None:
        """Start a program and keep it running; one of that name is replaced.

        Args:
            name: the deployment's, `~`, and more.
            argv: what to run.
            log: where its output goes.
            owner: the owner tag of its deployment.
            once: where it ends by itself.

        Raises:
            StepError: supervisord does not start, or a path cannot be written into its file.
        """
        value = self._tag(name, owner or {})
        words = processes.with_tag(argv, boxed(), value)
        program = _program([*map(self._seen, words)], self._seen(str(log)))
        program |= _ONCE if once else {}
        program["environment"] = f'{processes.VARIABLE}="{value}"'
        text = _section(f"program:{name}", program)
        with self.lock():
            self._ensure()
            if name in self.programs():
                self._remove(name)
            log.parent.mkdir(parents=True, exist_ok=True)
            _write(self._file(name), text)
            self._call("reloadConfig")
            self._call("addProcessGroup", name)

    def remove(self, *names: str) -> None:
        """Stop programs and forget them; the supervisor ends when none is left."""
        with self.lock():
            for name in names:
                self._remove(name)
            if not any(self._programs_folder.glob("*.conf")):
                self._end()

    def pid(self) -> int:
        """Of supervisord itself; 0 when it does not run."""
        try:
            return int(self._call("getPID"))
        except OSError:
            return 0

    def loose(self) -> tuple[Process, ...]:
        """What runs for this catalog's deployments here, and no supervisor looks after any more."""
        found = processes.tagged(self._local)
        return processes.beyond(found, self.pid()) if found else ()

    def end_loose(self, deployment: str) -> None:
        """End what runs of a deployment without this supervisor, and any other supervisor."""
        if not self.loose():
            return
        with self.lock():  # a supervisor that only begins is no stranger
            self._end_strangers()
            processes.end(each for each in self.loose() if each.deployment == deployment)

    def _end_strangers(self) -> None:
        """End supervisors of this catalog that do not hear us: they would start again what ends."""
        processes.end(each for each in self.loose() if not each.program)

    def _tag(self, program: str, owner: Mapping[str, Any]) -> str:
        return processes.tag(self._local, program, owner)

    def _seen(self, text: str) -> str:
        """The text with the deployments' folder by a name that supervisord's file can hold."""
        if self.folder == self._link:
            return text
        return text.replace(str(self._local), str(self.folder / _VIEW))

    @property
    def _programs_folder(self) -> Path:
        return self.folder / "programs"

    def _file(self, name: str) -> Path:
        return self._programs_folder / f"{name}.conf"

    def _remove(self, name: str) -> None:
        self._file(name).unlink(missing_ok=True)
        if name not in self.programs():
            return
        try:
            self._call("stopProcessGroup", name, False)
            self._wait_until(lambda: not self.programs()[name].pid)
            self._call("removeProcessGroup", name)
            self._call("reloadConfig")
        except xmlrpc.client.Fault as fault:
            if name in self.programs():
                hint = "see the supervisor's log"
                message = f"`{name}` could not be stopped: {fault.faultString}"
                raise StepError("cloud", "run/supervisor", message, hint) from None

    def _ensure(self) -> None:
        if self.pid():
            return
        self._end_strangers()
        self._clear()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._programs_folder.mkdir(exist_ok=True)
        if self.folder != self._link:
            (self.folder / _VIEW).unlink(missing_ok=True)
            (self.folder / _VIEW).symlink_to(self._local, target_is_directory=True)
        _write(self.folder / "supervisord.conf", self._config())
        argv = [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", "supervisord.conf"]
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=kept(os.environ) | {processes.VARIABLE: self._tag("", {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if done.returncode == 0 and self._wait_until(lambda: bool(self.pid())):
            return
        said = (done.stderr or done.stdout).strip().splitlines()
        why = next((line for line in said if "For help" not in line), "it does not answer")
        hint = "see whether `pip install 'deepcat[run]'` is complete"
        raise StepError("cloud", "run/supervisor", f"supervisord does not start: {why}", hint)

    def _clear(self) -> None:
        """Take away what a supervisor that was killed has left, and programs whose folder is gone.

        One such program would keep supervisord from starting, and with it all others.
        """
        for name in ("socket", "supervisord.pid"):
            (self.folder / name).unlink(missing_ok=True)
        for path in self._programs_folder.glob("*.conf"):
            log = _LOG.search(path.read_text("utf-8", "replace"))
            if log is None or not Path(log[1].replace("%%", "%")).parent.is_dir():
                path.unlink(missing_ok=True)

    def _config(self) -> str:
        main = {
            "pidfile": "%(here)s/supervisord.pid",
            "logfile": "%(here)s/supervisord.log",
            "logfile_maxbytes": "1MB",
            "logfile_backups": "0",
            "childlogdir": "%(here)s",
            "loglevel": "warn",
            "identifier": "deepcat",
        }
        factory = "supervisor.rpcinterface:make_main_rpcinterface"
        return "".join(
            (
                _section("unix_http_server", {"file": "%(here)s/socket", "chmod": "0700"}),
                _section("supervisord", main),
                _section("rpcinterface:supervisor", {"supervisor.rpcinterface_factory": factory}),
                _section("include", {"files": "programs/*.conf"}),
            )
        )

    def _end(self) -> None:
        pid = self.pid()
        if pid:
            self._call("shutdown")
            if not self._wait_until(lambda: not self.pid()):
                message = "supervisord does not end"
                raise StepError("cloud", "run/supervisor", message, f"end process {pid}")
        shutil.rmtree(self._link, ignore_errors=True)
        if self.folder != self._link:
            shutil.rmtree(self.folder, ignore_errors=True)  # the view in it is a link: unlinked

    @staticmethod
    def _wait_until(done: Callable[[], bool]) -> bool:
        # Asking wakes supervisord up, which would look after its children only once a second.
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            if done():
                return True
            time.sleep(0.01)
        return False

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = _UnixTransport(str(self.socket))
        with xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)


Keeper = Supervisor


class _UnixConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.host)


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _UnixConnection(self._path)
        self._connection = host, connection  # so that the transport closes it
        return connection


def _runtime(link: Path) -> Path:
    """The supervisor's own folder: as asked, or a short one where a socket's path needs it."""
    if len(str(link)) + len("/socket") <= _MAX_PATH and _PLAIN.match(str(link)):
        return link
    digest = hashlib.sha256(os.fsencode(link)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"deepcat-{os.getuid()}-{digest}"
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != os.getuid()):
        hint = "ask its owner to remove it, or set TMPDIR"
        raise StepError("cloud", "run/supervisor", f"`{folder}` belongs to someone else", hint)
    return folder


def _program(argv: Sequence[str], log: str) -> dict[str, str]:
    return {
        "command": _value(shlex.join(argv)),
        "stdout_logfile": _value(log),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "1",
        "redirect_stderr": "true",
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "3",
        "stopasgroup": "true",
        "killasgroup": "true",
        "stopwaitsecs": "15",
    }


def _value(text: str) -> str:
    """A value for supervisord's file, which reads `%` and comments in it.

    Raises:
        StepError: it cannot be written there.
    """
    if _COMMENT.search(text):
        hint = "move the catalog or its Python to a folder with a plain name"
        raise StepError("cloud", "run/path", f"supervisord cannot read the path in {text!r}", hint)
    return text.replace("%", "%%")


def _section(name: str, values: Mapping[str, str]) -> str:
    return "".join((f"[{name}]\n", *(f"{key}={value}\n" for key, value in values.items()), "\n"))


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
