"""Waiting for what a task does, and for so long at most.

`asyncio.wait_for` of Python 3.11 and before forgets that somebody ended the one who waits, where
what is waited for comes at the same moment; `asyncio.timeout` is not in those that hosts may have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

_Result = TypeVar("_Result")


async def within(what: Awaitable[_Result], seconds: float) -> _Result:
    """What comes of it.

    Args:
        what: is ended where it takes longer, or who waits is ended.
        seconds: for which it may take.

    Raises:
        asyncio.TimeoutError: it takes longer.
    """
    task = asyncio.ensure_future(what)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
    finally:
        task.cancel()
    await asyncio.wait({task})  # what it holds is given back first
    raise asyncio.TimeoutError
