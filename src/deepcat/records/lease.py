"""One writer for each deployment at a time: a lease that lies in the record's intent.

No clock is compared with another one's. On the holder's own machine one looks whether its process
lives. From elsewhere one watches: a holder that lives writes a new `beat` now and then, and one
that does not for the lease's time, by the watcher's own steady clock, is taken to be dead.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.records.record import Record
from deepcat.records.store import Store

LEASE_S = 90.0
# So many attempts that were cut off are remembered.
_BEGUN = 10
_LOOKS = 6
# Of a process number, whoever wrote it.
_MOST_DIGITS = 20
# What an intent says of who holds the lease; all else says what was begun.
_OF_HOLDER = frozenset({"holder", "lease_s", "beat"})


@dataclass(frozen=True, slots=True)
class Holder:
    """A process, so that it can be told from any other.

    Attributes:
        machine: of the boot, the name and the process numbers' space.
        pid: process number.
        start: when it started, in the kernel's own count.
    """

    machine: str
    pid: int
    start: str

    def __str__(self) -> str:
        return f"{self.machine}:{self.pid}:{self.start}"

    @staticmethod
    def parse(text: str) -> Holder | None:
        """The holder that was written, or None."""
        machine, _, rest = text.partition(":")
        pid, _, start = rest.partition(":")
        is_number = pid.isascii() and pid.isdigit() and len(pid) < _MOST_DIGITS
        return Holder(machine, int(pid), start) if machine and is_number else None

    @staticmethod
    def me() -> Holder:
        """This process."""
        return Holder(_machine(), os.getpid(), _start(os.getpid()))

    def is_here(self) -> bool:
        """Whether it is, or was, a process of this very machine."""
        return self.machine == _machine()

    def is_alive(self) -> bool:
        """Whether it lives; asked of a holder of this machine only."""
        found = _start(self.pid)
        return bool(found) and found == self.start


class Lease:
    """Takes, keeps and gives back leases.

    Args:
        store: the records.
        holder: who takes them; this process when None.
        lease_s: how long a holder may give no sign of life.
        sleep: waits; a test's own.
        clock: a steady clock in seconds; a test's own.
    """

    def __init__(
        self,
        store: Store,
        holder: Holder | None = None,
        lease_s: float = LEASE_S,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._holder = holder or Holder.me()
        self._lease_s = lease_s
        self._sleep = sleep
        self._clock = clock
        self._beaten: dict[str, float] = {}

    def take(
        self,
        name: str,
        intent: Mapping[str, Any],
        blank: Callable[[], Record],
        message: str,
        require: Callable[[Record | None], None] = lambda _: None,
    ) -> Record | None:
        """Write an intent that names us as its holder.

        Args:
            name: the deployment's.
            intent: what is about to be done.
            blank: makes the record where there is none.
            message: the commit's.
            require: raises where the record is not as it must be; not asked of one that is ours.

        Returns:
            The record as it was before; None when there was none.

        Raises:
            DeepcatError: another one works on it (``run/busy``).
        """
        before: list[Record | None] = [None]
        free = self._wait_until_free(name)
        mine = {**intent, "holder": str(self._holder), "lease_s": self._lease_s, "beat": 0}

        def change(record: Record | None) -> Record:
            is_mine = record is not None and self._is_mine(record)
            if record and record.intent and _sign(record) != free and not is_mine:
                raise _busy(record)
            if not is_mine:
                require(record)
            before[0] = record
            return replace(record or blank(), intent=mine | _begun(record, intent))

        self._store.update(name, change, message)
        self._beaten[name] = self._clock()
        return before[0]

    def keep(self, name: str) -> None:
        """Give a sign of life, if it is time for one."""
        if self._clock() - self._beaten.get(name, self._clock()) < self._lease_s / 3:
            return

        def change(record: Record | None) -> Record | None:
            if record is None or not self._is_mine(record):
                return record
            return replace(record, intent={**record.intent, "beat": record.intent["beat"] + 1})

        self._store.update(name, change, f"{name}: still at work")
        self._beaten[name] = self._clock()

    def give_back(
        self,
        name: str,
        change: Callable[[Record | None], Record | None],
        message: str,
        *,
        keep: bool = False,
    ) -> str:
        """Write the outcome, unless another one has taken the lease over meanwhile.

        Args:
            name: the deployment's.
            change: from the record now to the outcome.
            message: the commit's.
            keep: whether this clone keeps what its remote does not take now.

        Returns:
            Why the remote does not have it yet, as `Store.settle` does; empty when it has.

        Raises:
            DeepcatError: it was taken over (``run/busy``).
        """

        def checked(record: Record | None) -> Record | None:
            if record is not None and record.intent and not self._is_mine(record):
                raise _busy(record)
            return change(record)

        why = self._store.settle(name, checked, message, keep=keep)
        self._beaten.pop(name, None)
        return why

    def release(
        self, name: str, message: Callable[[Record], str], *, force: bool = False
    ) -> Record | None:
        """Take a lease from its holder; what was begun stays noted, for the next run to finish.

        Args:
            name: the deployment's.
            message: the commit's, of the record as it is.
            force: do not look whether the holder lives.

        Returns:
            The record as it was; None when nobody holds a lease on it.

        Raises:
            DeepcatError: its holder lives (``run/busy``), or another one took it meanwhile.
        """
        record = self._store.read(name)
        if record is None or not record.intent.get("holder"):
            return None
        free = _sign(record) if force else self._wait_until_free(name)

        def change(now: Record | None) -> Record | None:
            if now is None or not now.intent.get("holder"):
                return now
            if _sign(now) != free and not (force and _sign(now)[0] == free[0]):
                raise _busy(now)
            kept = {key: value for key, value in now.intent.items() if key not in _OF_HOLDER}
            return replace(now, intent=kept)

        self._store.update(name, change, message(record))
        return record

    def _is_mine(self, record: Record) -> bool:
        return record.intent.get("holder") == str(self._holder)

    def _wait_until_free(self, name: str) -> tuple[str, int]:
        """The sign under which the lease may be taken; raises when its holder lives."""
        record = self._store.read(name)
        if record is None or not record.intent or self._is_mine(record):
            return _sign(record)
        holder = Holder.parse(str(record.intent.get("holder", "")))
        if holder is None:
            return _sign(record)
        if holder.is_here():
            if holder.is_alive():
                raise _busy(record)
            return _sign(record)
        return self._watch(name, record)

    def _watch(self, name: str, record: Record) -> tuple[str, int]:
        seen = _sign(record)
        begin = self._clock()
        lease_s = float(record.intent.get("lease_s") or self._lease_s)
        while self._clock() - begin < lease_s:
            self._sleep(lease_s / _LOOKS)
            now = self._store.read(name)
            if now is None or not now.intent:
                return _sign(now)
            if _sign(now) != seen:
                raise _busy(now)
        return seen


def _begun(record: Record | None, intent: Mapping[str, Any]) -> dict[str, Any]:
    """The commits of all attempts that were begun and of whose end nobody has heard, this one last.

    What a killed attempt made is known by its commit alone, also when the next is of another one.
    """
    before = record.intent.get("begun", ()) if record else ()
    found = tuple(dict.fromkeys(map(str, (*before, *intent.get("begun", ())))))
    return {"begun": list(found[-_BEGUN:])} if found else {}


def _sign(record: Record | None) -> tuple[str, int]:
    intent = record.intent if record else {}
    return str(intent.get("holder", "")), int(intent.get("beat") or 0)


def _busy(record: Record) -> DeepcatError:
    intent = record.intent
    return DeepcatError(
        f"`{record.name}` is being worked on since {intent.get('since')} by run"
        f" {intent.get('run')}",
        hint="wait until it is done, then run the same command again; `deepcat locks` shows who"
        " holds it",
        code="run/busy",
    )


def _machine() -> str:
    parts = [os.uname().nodename]
    for path in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        try:
            parts.append(str(Path(path).readlink()) if "/ns/" in path else Path(path).read_text())
        except OSError:
            continue
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _start(pid: int) -> str:
    """When a process started; empty when there is none, or it has ended."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _alive_elsewhere(pid)
    return "" if after_name[0] in ("Z", "X") else after_name[19]


def _alive_elsewhere(pid: int) -> str:
    """On a system without /proc: whether the number is taken."""
    if Path("/proc/self").exists():
        return ""
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "unknown"
