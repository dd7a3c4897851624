"""Who waits for so long at most is ended when somebody ends it, whatever comes meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from deepcat.host.awaited import within


@pytest.mark.parametrize("turns", range(4))
def test_an_end_is_never_lost_to_what_comes_at_the_same_moment(turns: int) -> None:
    async def run() -> bool:
        came = asyncio.Event()
        waits = asyncio.ensure_future(within(came.wait(), 600))
        for _ in range(4):  # until it waits
            await asyncio.sleep(0)
        came.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        was_over = waits.done()
        waits.cancel()
        await asyncio.wait({waits})
        return was_over or waits.cancelled()

    assert asyncio.run(run())


def test_what_takes_longer_is_ended_and_gives_back_what_it_holds() -> None:
    held: list[str] = []

    async def holds() -> None:
        held.append("taken")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            held.append("given back")

    async def run() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await within(holds(), 0.01)
        assert held == ["taken", "given back"]
        with pytest.raises(ZeroDivisionError):
            await within(asyncio.to_thread(lambda: 1 / 0), 600)

    asyncio.run(run())
