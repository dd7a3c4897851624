"""Who is computed when: bounded queues, fair between models, and the threads that compute.

All but the threads' own work happens on the event loop, so nothing here needs a lock.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deepcat.serving.contract.status import Code, ServingError

# What is for no model: status, metadata, metrics, and names that nobody serves.
NO_MODEL = ""
HELD = 2**29


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be asked at once.

    Attributes:
        running: calls that are computed at once.
        waiting_each: calls of one model that may wait.
        waiting: calls of all models that may wait.
        held: bytes of all requests that are held at once.
    """

    running: int
    waiting_each: int = 256
    waiting: int = 1024
    held: int = HELD


class FullError(ServingError):
    """There is no room; `retry_after` says in how many seconds there may be."""

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(Code.RESOURCE_EXHAUSTED, message)
        self.retry_after = retry_after


class GoneError(Exception):
    """The client went before its call was begun."""


@dataclass(slots=True, eq=False)
class _Call:
    lane: str
    work: Callable[[], Any]
    gone: Callable[[], bool]
    done: asyncio.Future[Any]
    begun: bool = False


class Admission:
    """Computes calls in threads, as many at once as there is room for, the others in turn.

    Models take turns. A model of which nothing is computed need not wait for a free place, so
    slow calls of one never hold up another.

    Args:
        room: the bounds.
        loop: the event loop, in which all is asked.
    """

    # Places beyond `Room.running`, for models of which nothing is computed yet.
    _SPARE = 32

    def __init__(self, room: Room, loop: asyncio.AbstractEventLoop) -> None:
        self._room = room
        self._loop = loop
        self._jobs: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._threads = 0
        self._running: dict[str, int] = {}
        self._queues: dict[str, deque[_Call]] = {}
        self._turns: deque[str] = deque()
        self.running = 0
        self.waiting = 0
        self.held = 0
        self._shares: dict[str, int] = {}
        self._seconds = 0.0

    def waits(self, lane: str) -> bool:
        """Whether calls of a model wait, which no other call of it may overtake."""
        return lane in self._queues

    async def compute(
        self,
        lane: str,
        work: Callable[[], Any],
        deadline: float = 0.0,
        gone: Callable[[], bool] = lambda: False,
    ) -> Any:
        """What `work` returns, or raises.

        Args:
            lane: the model that is asked, or `NO_MODEL`.
            work: called in a thread.
            deadline: by `time.monotonic`; 0 for none.
            gone: whether the client has gone; its work is then not begun.

        Raises:
            FullError: too much waits already.
            GoneError: the client has gone.
            ServingError: DEADLINE_EXCEEDED. A work that was begun keeps its place until it ends.
        """
        call = _Call(lane, work, gone, self._loop.create_future())
        if self._may_run(lane) and lane not in self._queues:
            self._begin(call)
        else:
            self._enqueue(call)
        timer = None
        if deadline:
            timer = self._loop.call_later(deadline - time.monotonic(), _late, call)
        try:
            return await call.done
        finally:
            if timer is not None:
                timer.cancel()
            if not call.begun:
                self._withdraw(call)
            # An error that is raised here would hold itself by it, and with it the request.
            del call

    def hold(self, size: int, whose: str = "", mine: int = 0) -> None:
        """Count the bytes of a request that is held; `release` gives them back.

        Args:
            size: more bytes.
            whose: the caller's name or address.
            mine: what the same request holds already.

        Raises:
            FullError: too many are held, or the caller's requests would hold more than they leave
                for the others'.
        """
        left = self._room.held - self.held - size
        # What comes alone is let in, however large its protocol lets it be.
        if self.held and left < 0:
            raise FullError("The server holds as many bytes of requests as it may")
        held = self._shares.get(whose, 0)
        if held > mine and held + size > left:
            raise FullError("The server holds as many bytes of this caller's requests as it may")
        self.held += size
        self._shares[whose] = held + size

    def release(self, size: int, whose: str = "") -> None:
        """Give back what `hold` took."""
        self.held -= size
        left = self._shares.get(whose, 0) - size
        if left:
            self._shares[whose] = left
        else:
            self._shares.pop(whose, None)

    def _may_run(self, lane: str) -> bool:
        most = self._room.running
        return self.running < most or (
            lane not in self._running and self.running < most + self._SPARE
        )

    def _begin(self, call: _Call) -> None:
        if self._threads <= self.running:
            self._one_more()
        call.begun = True
        self.running += 1
        self._running[call.lane] = self._running.get(call.lane, 0) + 1
        self._jobs.put(call)

    def _one_more(self) -> None:
        """A thread more; where there can be none, those that are there take what comes in turn.

        Raises:
            FullError: there is none at all.
        """
        try:
            # A thread that the end of the process need not wait for: TensorFlow cannot be stopped.
            threading.Thread(target=self._serve, name="compute", daemon=True).start()
        except (RuntimeError, MemoryError):
            if not self._threads:
                raise FullError("The server can begin no thread") from None
        else:
            self._threads += 1

    def _serve(self) -> None:
        while True:
            call = self._jobs.get()
            result, error, begun = None, None, time.perf_counter()
            try:
                if call.done.done() or call.gone():
                    raise GoneError
                result = call.work()
            except BaseException as raised:
                error = _bare(raised)
            seconds = time.perf_counter() - begun
            try:
                self._loop.call_soon_threadsafe(self._end, call, result, error, seconds)
            except RuntimeError:
                return  # the loop is closed: the server has ended
            del call, result, error  # nothing of a request is kept while the next is awaited

    def _end(self, call: _Call, result: Any, error: BaseException | None, seconds: float) -> None:
        self.running -= 1
        self._running[call.lane] -= 1
        if not self._running[call.lane]:
            del self._running[call.lane]
        self._seconds += 0.1 * (seconds - self._seconds)
        if not call.done.done():
            if error is None:
                call.done.set_result(result)
            else:
                call.done.set_exception(error)
        if self._turns:
            self._let_in()

    def _enqueue(self, call: _Call) -> None:
        if self._is_full(call.lane):
            self._sweep()
        if self._is_full(call.lane):
            wait = self._seconds * (self.waiting + self.running) / self._room.running
            what = f"model {call.lane}" if call.lane else "the server"
            raise FullError(f"Too many requests wait for {what}", min(60, 1 + int(wait)))
        if call.lane not in self._queues:
            self._queues[call.lane] = deque()
            self._turns.append(call.lane)
        self._queues[call.lane].append(call)
        self.waiting += 1

    def _is_full(self, lane: str) -> bool:
        mine = len(self._queues.get(lane, ()))
        return self.waiting >= self._room.waiting or mine >= self._room.waiting_each

    def _sweep(self) -> None:
        """Let go of the calls whose clients have gone."""
        for call in [call for calls in self._queues.values() for call in calls]:
            if not call.done.done() and call.gone():
                self._withdraw(call)
                call.done.set_exception(GoneError())

    def _withdraw(self, call: _Call) -> None:
        calls = self._queues.get(call.lane)
        if calls is None or call not in calls:
            return
        calls.remove(call)
        self.waiting -= 1
        if not calls:
            del self._queues[call.lane]
            self._turns.remove(call.lane)

    def _let_in(self) -> None:
        """Begin what there is room for, each model in its turn."""
        passed = 0
        while passed < len(self._turns):
            lane = self._turns[0]
            self._turns.rotate(-1)
            if not self._may_run(lane):
                passed += 1
                continue
            passed = 0
            call = self._queues[lane].popleft()
            self.waiting -= 1
            if not self._queues[lane]:
                del self._queues[lane]
                self._turns.remove(lane)
            if not call.done.done():
                self._begin(call)


def _bare(error: BaseException) -> BaseException:
    """An error without what it was raised from and among, which may be a whole request.

    One that nobody foresaw keeps it, for the log.
    """
    if not isinstance(error, ServingError | GoneError):
        return error
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _late(call: _Call) -> None:
    if not call.done.done():
        message = "The request was not answered within its deadline"
        call.done.set_exception(ServingError(Code.DEADLINE_EXCEEDED, message))
