"""Threads that cannot be begun take no place, and errors hold no request."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from functools import partial

import pytest

from deepcat.serving.contract.status import ServingError, invalid
from deepcat.serving.server.admission import Admission, FullError, Room


def test_a_thread_that_cannot_begin_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = threading.Thread.start

    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def asked() -> None:
        admission = Admission(Room(4), asyncio.get_running_loop())
        monkeypatch.setattr(threading.Thread, "start", refused)
        for _ in range(10):
            with pytest.raises(FullError, match="no thread"):
                await admission.compute("a", lambda: 1)
        assert (admission.running, admission.waiting) == (0, 0)
        monkeypatch.setattr(threading.Thread, "start", begin)
        assert await admission.compute("a", lambda: 2) == 2
        monkeypatch.setattr(threading.Thread, "start", refused)

        def slow(number: int) -> int:
            time.sleep(0.01)
            return number

        works = [admission.compute("a", lambda number=each: slow(number)) for each in range(8)]
        # The one that is there takes them all in turn.
        assert await asyncio.gather(*works) == list(range(8))
        assert (admission.running, admission.waiting) == (0, 0)

    asyncio.run(asked())


class _Body:
    """What a request brings, and somebody may hold."""


@pytest.mark.parametrize("chained", [True, False])
def test_a_refused_request_is_held_by_nobody(chained: bool) -> None:
    def read(body: _Body) -> None:
        assert body
        if not chained:
            raise invalid("so")
        try:
            raise ValueError
        except ValueError as error:
            raise invalid("so") from error

    async def asked() -> None:
        admission = Admission(Room(4), asyncio.get_running_loop())
        body = _Body()
        seen = weakref.ref(body)
        with pytest.raises(ServingError) as caught:
            await admission.compute("a", partial(read, body))
        assert caught.value.message == "so"
        del body, caught
        await admission.compute("a", lambda: 1)
        assert seen() is None

    gc.disable()
    try:
        asyncio.run(asked())
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("held", "asked", "error"),
    [
        ("", "a:90", ""),
        ("", "a:190", ""),
        ("b:1", "a:100", "as many bytes of requests"),
        # One request goes on, however much of it there was already.
        ("", "a:40+60", ""),
        ("b:10", "a:40+50", ""),
        # What a caller's requests hold together is no more than they leave for the others.
        ("a:40", "a:10", ""),
        ("a:40", "a:11", "of this caller's"),
        ("a:30 b:30", "a:10", "of this caller's"),
        ("a:50", "b:50", ""),
        ("a:40", "a:5+6", "of this caller's"),
    ],
)
def test_who_may_hold_how_much(held: str, asked: str, error: str) -> None:
    loop = asyncio.new_event_loop()
    admission = Admission(Room(1, held=100), loop)
    loop.close()
    for each in held.split():
        whose, _, size = each.partition(":")
        admission.hold(int(size), whose)
    whose, _, sizes = asked.partition(":")
    mine = 0
    told = ""
    for size in map(int, sizes.split("+")):
        try:
            admission.hold(size, whose, mine)
        except FullError as raised:
            told = raised.message
            break
        mine += size
    assert bool(told) == bool(error)
    assert error in told
    admission.release(mine, whose)
    for each in held.split():
        whose, _, size = each.partition(":")
        admission.release(int(size), whose)
    assert admission.held == 0
