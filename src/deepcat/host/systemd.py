"""EDGE of the host: systemd's manager of a user as the keeper, where it lives on without a login.

Each program is a unit file of the user's, so that it is begun again with the machine.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from deepcat.host import processes
from deepcat.host.box.argv import boxed
from deepcat.host.failure import StepError
from deepcat.host.keeper import Once, Program
from deepcat.host.place import locked
from deepcat.host.processes import Process

_ANSWERS = ("running", "degraded", "starting", "initializing")
_LINGER = Path("/var/lib/systemd/linger")
_PATIENCE_S = 40
_SHOWN = "Id,ActiveState,SubState,MainPID,Result,ExecMainStatus,ActiveEnterTimestampMonotonic"
_UNIT = """\
[Unit]
Description=deepcat: {name}
StartLimitIntervalSec=60
StartLimitBurst=4
[Service]
Type=exec
ExecStart={command}
Environment={tag}
Restart={restart}
RestartSec=1
TimeoutStopSec=15
StandardOutput=append:{log}
StandardError=inherit
[Install]
WantedBy=default.target
"""


def answers() -> bool:
    """Whether the user has a manager, and it goes on when nobody is logged in."""
    user = pwd.getpwuid(os.getuid()).pw_name
    if not (_LINGER / user).exists():
        return False
    try:
        return _systemctl("is-system-running").stdout.strip() in _ANSWERS
    except (OSError, subprocess.TimeoutExpired):
        return False


class Keeper:
    """The keeper of the deployments below one folder.

    Args:
        local: the folder that holds a catalog's deployments on this host.
        how: its settings; it has none.
    """

    def __init__(self, local: Path, how: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        self._local = local
        self._prefix = f"deepcat-{processes.mark(local)}-"
        self._units = Path("~/.config/systemd/user").expanduser()

    @property
    def elsewhere(self) -> None:
        """Its programs run here."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold it while programs are added or removed."""
        return locked(self._units / f".{self._prefix}lock")

    def programs(self) -> dict[str, Program]:
        """All programs by name."""
        return {name: _program(name, shown) for name, shown in self._shown()}

    def names(self) -> list[str]:
        """All programs that have a unit file."""
        found = self._units.glob(f"{self._prefix}*.service")
        return sorted(_plain(path.stem[len(self._prefix) :]) for path in found)

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
            StepError: systemd does not take it.
        """
        tag = processes.tag(self._local, name, owner or {})
        words = processes.with_tag(argv, boxed(), tag)
        text = _UNIT.format(
            name=name,
            command=" ".join(map(_quoted, words)),
            tag=_quoted(f"{processes.VARIABLE}={tag}"),
            restart="no" if once else "always",
            log=str(log).replace("%", "%%"),
        )
        with self.lock():
            if name in self.names():
                self._stop([name])
            log.parent.mkdir(parents=True, exist_ok=True)
            unit = self._unit(name)
            (self._units / unit).write_text(text)
            _require(_systemctl("daemon-reload"))
            _require(_systemctl("enable", unit))
            _systemctl("start", unit)  # why it does not run, its state and its log tell

    def remove(self, *names: str) -> None:
        """Stop programs and forget them."""
        known = self.names()
        if not known:
            return
        with self.lock():
            self._stop([name for name in names if name in known])
            if not self.names():
                (self._units / f".{self._prefix}lock").unlink(missing_ok=True)

    def loose(self) -> tuple[Process, ...]:
        """What runs for this catalog's deployments here, and is of no unit."""
        found = processes.tagged(self._local)
        for _, shown in self._shown() if found else ():
            found = processes.beyond(found, int(shown.get("MainPID") or 0))
        return found

    def end_loose(self, deployment: str) -> None:
        """End what runs of a deployment and is of no unit."""
        if self.loose():
            with self.lock():
                processes.end(each for each in self.loose() if each.deployment == deployment)

    def _stop(self, names: Sequence[str]) -> None:
        units = [self._unit(name) for name in names]
        if not units:
            return
        _require(_systemctl("disable", "--now", *units))
        _systemctl("reset-failed", *units)
        for unit in units:
            (self._units / unit).unlink(missing_ok=True)
        _require(_systemctl("daemon-reload"))

    def _unit(self, name: str) -> str:
        return f"{self._prefix}{name}.service".replace("~", "\\x7e")

    def _shown(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Each program, and what systemd says of its unit."""
        names = self.names()
        if not names:
            return
        said = _systemctl("show", f"--property={_SHOWN}", *map(self._unit, names)).stdout
        for block in said.strip().split("\n\n"):
            shown = dict(line.partition("=")[::2] for line in block.splitlines())
            stem = shown.get("Id", "").removesuffix(".service")
            if stem.startswith(self._prefix):
                yield _plain(stem[len(self._prefix) :]), shown


def _program(name: str, shown: Mapping[str, str]) -> Program:
    active, sub = shown.get("ActiveState", ""), shown.get("SubState", "")
    result = shown.get("Result", "")
    why = "" if result in ("", "success") else f"{result}, status {shown.get('ExecMainStatus')}"
    state = {
        "active": "RUNNING",
        "activating": "BACKOFF" if sub == "auto-restart" else "STARTING",
        "deactivating": "STOPPING",
        "failed": "FATAL",
    }.get(active, "EXITED")
    began = int(shown.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    since = int(time.time() - (time.monotonic() - began)) if began else 0
    return Program(name, state, int(shown.get("MainPID") or 0), since, why)


def _plain(name: str) -> str:
    return name.replace("\\x7e", "~")


def _quoted(word: str) -> str:
    """A word as a unit file has it: nothing in it is looked up."""
    if "\n" in word:
        message = f"systemd cannot be given {word!r}"
        raise StepError("cloud", "run/path", message, "use a folder with a plain name")
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "LC_ALL": "C"}
    given.setdefault("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    return subprocess.run(
        ["systemctl", "--user", "--no-pager", *words],
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )


def _require(done: subprocess.CompletedProcess[str]) -> None:
    """Raise StepError where systemd did not do it (``run/supervisor``)."""
    if done.returncode:
        why = (done.stderr or done.stdout).strip() or f"status {done.returncode}"
        raise StepError("cloud", "run/supervisor", f"systemd says: {why}", "mend it on the host")
