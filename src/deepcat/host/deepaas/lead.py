"""EDGE of the host: a port that leads on, connection by connection, to where a file says.

The file is read for each connection, so that what answers changes without whoever calls.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from pathlib import Path

from deepcat.host.deepaas.kept import TARGET

_CHUNK = 1 << 16
# What of a request is kept, so that it can be sent again.
_KEPT = 4 << 20
_TRIES, _PAUSE_S = 5, 0.05
# How long whoever calls may take to close, once the other end has.
_LINGER_S = 5.0

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def listen(folder: Path, address: str, port: int, *, again: bool) -> asyncio.Server:
    """Take connections from now on.

    Args:
        folder: that has the file.
        address: to listen on.
        port: the same.
        again: whether what was sent is sent anew where the other end closes without an answer.
    """

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _Caller(folder / TARGET, reader, writer, again=again).serve()

    return await asyncio.start_server(take, address, port)


class _Caller:
    """One connection, until either end closes it; it is closed at once where it leads nowhere."""

    def __init__(
        self,
        target: Path,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        again: bool,
    ) -> None:
        self._target = target
        self._reader, self._writer = reader, writer
        self._sent: bytearray | None = bytearray() if again else None
        self._has_ended = False

    async def serve(self) -> None:
        """Lead on."""
        for _ in range(_TRIES):
            ends = await self._reached()
            if ends is None or await self._answered(*ends) or self._sent is None:
                break
        await _shut(self._writer)

    async def _reached(self) -> Ends | None:
        """The first of the ways that takes a connection."""
        began = time.monotonic()
        while True:
            patience_s = 0.0
            with suppress(OSError, ValueError, KeyError):
                said = json.loads(self._target.read_text("utf-8"))
                patience_s = float(said["patience_s"])
                for address, port in said["ways"]:
                    with suppress(OSError):
                        return await asyncio.open_connection(address, port)
            if time.monotonic() - began >= patience_s:
                return None
            await asyncio.sleep(_PAUSE_S)

    async def _answered(self, there: asyncio.StreamReader, to_there: asyncio.StreamWriter) -> bool:
        """Pass bytes on both ways; whether any came back, or whoever calls has said all."""
        sending = asyncio.create_task(self._send(to_there))
        answered = False
        with suppress(OSError):
            while data := await there.read(_CHUNK):
                answered, self._sent = True, None
                self._writer.write(data)
                await self._writer.drain()
        if answered:
            with suppress(OSError):
                self._writer.write_eof()
            await asyncio.wait({sending}, timeout=_LINGER_S)
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        await _shut(to_there)
        return answered or self._has_ended

    async def _send(self, to_there: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            if self._sent:
                to_there.write(bytes(self._sent))
                await to_there.drain()
            while data := await self._read():
                if self._sent is not None:
                    self._sent += data
                    if len(self._sent) > _KEPT:
                        self._sent = None
                to_there.write(data)
                await to_there.drain()
            to_there.write_eof()

    async def _read(self) -> bytes:
        data = b""
        with suppress(OSError):
            data = await self._reader.read(_CHUNK)
        self._has_ended = not data
        return data


async def _shut(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        await writer.drain()
        writer.close()
        await writer.wait_closed()
