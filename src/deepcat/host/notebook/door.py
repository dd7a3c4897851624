"""EDGE of the host: a port that leads to an editor's socket, which nobody else reaches."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from deepcat.host.awaited import within
from deepcat.host.notebook.values import SOCKET

_CHUNK, _MOST_BYTES, _ASK_S = 1 << 16, 4 << 20, 10.0
_SHUT = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Connection: close\r\nContent-Length: {}\r\n\r\n{}"
)

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """Where somebody comes in.

    Args:
        folder: that has the socket.
        words: what is said while there is none; ASCII.

    Attributes:
        token: that lets in, of the editor that runs; empty for none.
        shut: what is answered while there is none.
        shows: whether the editor is shown the token.
        connected: how many WebSockets are open, where it tells them from the rest.
        left: when the last one ended, seconds since 1970; 0 for none.
    """

    shows = True

    def __init__(self, folder: Path, words: str) -> None:
        self._folder = folder
        self.token = ""
        self.connected, self.left = 0, 0.0
        self.shut = _SHUT.format(len(words), words).encode("ascii")

    async def listen(self, address: str, port: int) -> asyncio.AbstractServer:
        """Take connections from now on."""
        return await asyncio.start_server(self._take, address, port)

    async def ask(self, path: str) -> Any:
        """What the editor answers, from JSON.

        Args:
            path: as the editor knows it.

        Raises:
            OSError: it does not answer, or not so.
        """
        return await within(self._asked(path), _ASK_S)

    async def _asked(self, path: str) -> Any:
        reader, writer = await self._reached()
        try:
            shown = f"Authorization: token {self.token}\r\n" if self.shows else ""
            writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n{shown}\r\n".encode("ascii"))
            first = await reader.readline()
            if b" 200 " not in first:
                raise OSError(f"it answers {first[:60]!r}")
            while (await reader.readline()).strip():
                pass
            try:
                return json.loads(await reader.read(_MOST_BYTES))
            except ValueError as error:
                raise OSError(f"it answers no JSON: {error}") from None
        finally:
            writer.close()

    async def _reached(self) -> Ends:
        """A connection, by a path that is short enough however deep the folder lies."""
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            return await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to_there = await self._reached()
        except OSError:
            with suppress(OSError):
                writer.write(self.shut)
                await writer.drain()
            writer.close()
            return
        sending = asyncio.create_task(pass_on(reader, to_there))
        try:
            await pass_on(there, writer)
        finally:
            sending.cancel()
            for each in (writer, to_there):
                each.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until there are no more."""
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
