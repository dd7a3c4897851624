"""Ports of this machine that lead to a deployment, kept alive for as long as somebody holds them.

The link may die, and the deployment may move: then a new way is opened, and who asks meanwhile
waits. That a way is lost says nothing of what it led to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError, UsageError
from deepcat.loop.reach import far_cloud, require_endpoints, way
from deepcat.remote.address import at_port, target
from deepcat.remote.relay import HERE, Relay, Target

if TYPE_CHECKING:
    from deepcat.records.record import Record

_LOOK_S = 2.0
_DRAIN_S = 30.0
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Opened:
    """A tunnel.

    Attributes:
        endpoints: name -> address on this machine.
        models: names of the models that are served there.
        gone: set once there is nothing any more that it could lead to.
    """

    endpoints: Mapping[str, str]
    models: tuple[str, ...]
    gone: Event


@contextmanager
def tunnel(
    root: Path, name: str, ports: Mapping[str, int], say: Callable[[str], None]
) -> Iterator[Opened]:
    """Hold ports of this machine that lead to a deployment's endpoints.

    Args:
        root: the catalog's folder.
        name: of the deployment.
        ports: endpoint's name -> the port for it here; any free one where none is named, most
            likely the very number.
        say: hears, from another thread, that the way is lost, and that it is there again.

    Raises:
        DeepcatError: nothing runs under that name, no way leads there, or a port is taken.
        UsageError: there is no endpoint of that name.
    """
    record = _known(root, name)
    require_endpoints(record)
    known = {*record.state.endpoints, *record.state.private}
    if strangers := sorted(ports.keys() - known):
        raise UsageError(
            f"`{name}` has no {strangers[0]} endpoint", hint=f"it has: {', '.join(sorted(known))}"
        )
    with ExitStack() as held:
        keeper = _Keeper(root, name, say)
        first = keeper.open(record)
        held.callback(keeper.close)
        for each, address in sorted(first.items()):
            keeper.relays[each] = _relay(ports.get(each, 0), target(address)[1], keeper.lost.set)
            held.callback(keeper.relays[each].close)
        keeper.lead(first)
        endpoints = {
            each: at_port(first[each], HERE, relay.port) for each, relay in keeper.relays.items()
        }
        thread = Thread(target=keeper.keep, args=(record,), daemon=True)
        thread.start()
        models = tuple(map(str, record.state.resources.get("models") or (record.state.module,)))
        try:
            yield Opened(endpoints, models, keeper.gone)
        finally:
            keeper.is_over.set()
            keeper.lost.set()
            thread.join()


def _relay(port: int, likely: int, lost: Callable[[], None]) -> Relay:
    """At the port that is asked for, else at the likely one, else at any."""
    if port:
        return Relay(port, lost)
    try:
        return Relay(likely, lost)
    except DeepcatError:
        return Relay(0, lost)


def _known(root: Path, name: str) -> Record:
    from deepcat.loop.known import recorded

    return recorded(root, name, "predict/unknown")


class _Keeper:
    """Looks after the way, and opens another one when it is lost or leads elsewhere by now."""

    def __init__(self, root: Path, name: str, say: Callable[[str], None]) -> None:
        self.relays: dict[str, Relay] = {}
        self.lost = Event()
        self.gone = Event()
        self.is_over = Event()
        self._root = root
        self._name = name
        self._say = say
        self._way = self._before = ExitStack()
        self._targets: dict[str, Target] = {}

    def open(self, record: Record) -> Mapping[str, str]:
        """Open a way; gives where it begins, by endpoint's name.

        Raises:
            DeepcatError: none leads there.
        """
        cloud = far_cloud(self._root, record)
        fresh = ExitStack()
        if cloud is None:
            from deepcat.loop.deployments import running

            found: Mapping[str, str] = running(self._root, self._name).endpoints
        else:
            found = fresh.enter_context(way(self._root, record, cloud, with_private=True))
        self._before, self._way = self._way, fresh
        return found

    def lead(self, found: Mapping[str, str]) -> None:
        """Let new connections go the new way; the one before ends when nobody goes by it."""
        old, self._targets = self._targets, {n: target(address) for n, address in found.items()}
        for name, relay in self.relays.items():
            if name in self._targets:
                relay.lead(*self._targets[name])
        if old:
            Thread(target=self._drain, args=(self._before, old), daemon=True).start()

    def keep(self, record: Record) -> None:
        """Until it is over."""
        applied = _where(record)
        while not self.is_over.is_set():
            is_lost = self.lost.wait(_LOOK_S)
            if self.is_over.is_set():
                return
            now = self._now()
            if now is not None and not _leads(now) and not now.intent:
                self.gone.set()
                return
            if now is None or not _leads(now):
                self.is_over.wait(_LOOK_S)  # it is being brought up, or cannot be read just now
                continue
            if is_lost or _where(now) != applied:
                self._renew(now, is_lost=is_lost)
                applied = _where(now)

    def close(self) -> None:
        """End the way."""
        self._way.close()

    def _renew(self, record: Record, *, is_lost: bool) -> None:
        """Open a way anew, and again until one is there or it is over."""
        pauses = iter(_PAUSES_S)
        told = False
        while not self.is_over.is_set():
            try:
                self.lead(self.open(record))
            except DeepcatError as error:
                if not told:
                    self._say(f"the way to `{self._name}` is lost: {error.message}")
                told = True
                self.is_over.wait(next(pauses, _PAUSES_S[-1]))
                record = self._now() or record
                if not _leads(record):
                    return
                continue
            self.lost.clear()
            if told:
                self._say(f"there is a way to `{self._name}` again")
            elif not is_lost:
                self._say(f"`{self._name}` was brought up anew; the tunnel leads there now")
            self.is_over.wait(_PAUSES_S[0])
            return

    def _now(self) -> Record | None:
        """The record as it is now; None where it cannot be read at the moment."""
        try:
            return _known(self._root, self._name)
        except UsageError:
            self.gone.set()
            self.is_over.set()
        except DeepcatError:
            pass
        return None

    def _drain(self, before: ExitStack, old: Mapping[str, Target]) -> None:
        """Close a way once nobody goes by it any more, at last after a while."""
        until = time.monotonic() + _DRAIN_S
        while time.monotonic() < until and not self.is_over.is_set():
            relays = self.relays.items()
            if not any(each.standing(old[name]) for name, each in relays if name in old):
                break
            time.sleep(_PAUSES_S[0])
        before.close()


def _leads(record: Record) -> bool:
    """Whether there is anything to lead to."""
    return bool(record.state.endpoints or record.state.private)


def _where(record: Record) -> tuple[object, ...]:
    """What of a record changes when a deployment moves."""
    state = record.state
    return (state.cloud, state.shape, state.run, tuple(sorted(state.endpoints.items())))
