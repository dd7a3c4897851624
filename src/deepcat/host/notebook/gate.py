"""EDGE of the host: the door to an editor that asks nobody who comes, for we ask."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from deepcat.host.awaited import within
from deepcat.host.notebook.admitting import Passed, admitted
from deepcat.host.notebook.door import Door, pass_on

_ASKS_S = 30.0
_CHUNK = 1 << 16


class Gate(Door):
    """Where somebody comes in who shows the token.

    Args:
        folder: as of `Door`.
        words: as of `Door`.
        prefix: that every path begins with.
    """

    shows = False

    def __init__(self, folder: Path, words: str, prefix: str) -> None:
        super().__init__(folder, words)
        self._prefix = prefix

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await within(reader.readuntil(b"\r\n\r\n"), _ASKS_S)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError):
            writer.close()
            return
        if not self.token:
            await self._say(writer, self.shut)
            return
        found = admitted(head, self._prefix, self.token)
        if isinstance(found, bytes):
            await self._say(writer, found)
            return
        try:
            there, to_there = await self._reached()
        except OSError:
            await self._say(writer, self.shut)
            return
        sending = asyncio.create_task(_send(found, reader, to_there))
        self.connected += found.upgrades
        try:
            await pass_on(there, writer)
        finally:
            if found.upgrades:
                self.connected, self.left = self.connected - 1, time.time()
            sending.cancel()
            for each in (writer, to_there):
                each.close()

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, words: bytes) -> None:
        with suppress(OSError):
            writer.write(words)
            await writer.drain()
        writer.close()


async def _send(found: Passed, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on a request, and not a byte of another one."""
    with suppress(OSError):
        writer.write(found.head)
        await writer.drain()
        if found.upgrades:
            await pass_on(reader, writer)
            writer.close()
            return
        left = found.length
        while left and (data := await reader.read(min(left, _CHUNK))):
            left -= len(data)
            writer.write(data)
            await writer.drain()
