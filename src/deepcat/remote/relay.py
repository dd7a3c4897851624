"""A port of this machine that leads on to wherever a way leads now, connection by connection.

A way may die or move: who connects waits for the next one, and connections that stand go on for as
long as the way that they took does. Bytes are passed as they come, so that HTTP, gRPC and whatever
comes next go through alike; who reads slowly slows down who writes; an end of one direction is
passed on as such.
"""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from deepcat.errors import DeepcatError

HERE = "127.0.0.1"
_CHUNK = 65_536
# So much of what a client has said is kept, to be said again where a way ends before any answer.
_KEPT = 1 << 20
_PATIENCE_S = 60.0
_PAUSES_S = (0.05, 0.2, 0.5, 1.0, 2.0)
# What was cut off so soon, without an answer, is said once more; to so many ways in all.
_AT_ONCE_S = 1.0
# What may be asked twice, however late it is cut off: nothing is changed by it.
_HARMLESS = re.compile(
    rb"(?:GET|HEAD|OPTIONS) |POST \S*/v1/models/\S+:(?:predict|classify|regress) HTTP/1"
)
_MOST_WAYS = 5

Target = tuple[str, int]


class Relay:
    """One port; `close` ends it and all that goes through it."""

    def __init__(
        self,
        port: int = 0,
        lost: Callable[[], None] = lambda: None,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """Listen.

        Args:
            port: on 127.0.0.1; any free one when 0.
            lost: called, from another thread, when the way leads nowhere any more.
            patience_s: how long a client waits for a way.

        Raises:
            DeepcatError: somebody else listens there (``tunnel/port``).
        """
        self._listening = _listen(port)
        self.port: int = self._listening.getsockname()[1]
        self._lost = lost
        self._patience_s = patience_s
        self._target: Target | None = None
        self._standing: Counter[Target] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.daemon = True
        self._thread.start()

    def lead(self, host: str, port: int) -> None:
        """Let new connections go there; those that stand stay."""
        self._target = (host, port)

    def standing(self, target: Target) -> int:
        """How many connections go to a target now."""
        return self._standing[target]

    def close(self) -> None:
        """End the port and all connections."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._pass_on, sock=self._listening, limit=_CHUNK)
        await self._ended.wait()
        server.close()
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for _ in range(3):  # what was closed is let go of in the loop's next rounds
            await asyncio.sleep(0)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, from its first byte to its last."""
        # Of a connection that has ended in one direction asyncio itself keeps hold no longer.
        if task := asyncio.current_task():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        client = _Client(reader, writer)
        with suppress(asyncio.CancelledError):  # some asyncio would print that the port was closed
            try:
                await self._lead_on(client)
            finally:
                await _end(writer)

    async def _lead_on(self, client: _Client) -> None:
        """By the way that there is now, or by the next where that one ends before any answer."""
        until = self._loop.time() + self._patience_s
        pauses = iter(_PAUSES_S)
        while self._loop.time() < until:
            target = self._target
            if target is not None and await self._by(target, client):
                return
            self._lost()
            await asyncio.sleep(next(pauses, _PAUSES_S[-1]))

    async def _by(self, target: Target, client: _Client) -> bool:
        """Whether all that can be done was done by this way."""
        try:
            reader, writer = await asyncio.open_connection(*target, limit=_CHUNK)
        except OSError:
            return False
        self._standing[target] += 1
        saying = asyncio.create_task(client.say_to(writer))
        try:
            if not await client.hear(reader):
                return False
            await saying
        except OSError:
            client.abort()  # what was cut off is not to look like an end
        finally:
            self._standing[target] -= 1
            saying.cancel()
            writer.close()  # at once: what follows may be cancelled, too
            await asyncio.gather(saying, return_exceptions=True)
            await _end(writer)
        return True


class _Client:
    """Who connected; what it has said is kept until something answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._kept: bytearray | None = bytearray()
        self._has_ended = False
        self._said_at = 0.0
        self._ways = 0

    async def say_to(self, way: asyncio.StreamWriter) -> None:
        """Say what it said before, and then whatever it says."""
        self._said_at = 0.0
        self._ways += 1
        if self._kept:
            self._note()
            way.write(bytes(self._kept))
        while not self._has_ended:
            await way.drain()
            data = await self._reader.read(_CHUNK)
            self._has_ended = not data
            if data:
                self._note()
                self._keep(data)
                way.write(data)
        await way.drain()
        way.write_eof()

    async def hear(self, way: asyncio.StreamReader) -> bool:
        """Pass on all that is answered; False where nothing was, and another way may be tried.

        Raises:
            OSError: the way, or the client, was cut off.
        """
        while True:
            try:
                data = await way.read(_CHUNK)
            except OSError:
                if self._may_say_again():
                    return False
                raise
            if not data and self._may_say_again():
                return False
            if not data:
                break
            self._kept = None
            self._writer.write(data)
            await self._writer.drain()
        self._writer.write_eof()
        return True

    def abort(self) -> None:
        """Break the connection off, so that its reader sees that more should have come."""
        at_once = struct.pack("ii", 1, 0)
        peer = self._writer.get_extra_info("socket")
        with suppress(OSError):  # it was broken off by who reads
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self._writer.transport.abort()

    def _note(self) -> None:
        self._said_at = self._said_at or asyncio.get_running_loop().time()

    def _keep(self, data: bytes) -> None:
        if self._kept is not None:
            self._kept += data
            if len(self._kept) > _KEPT:
                self._kept = None

    def _may_say_again(self) -> bool:
        """Whether nothing comes of saying it again: it is harmless, or was cut off at once."""
        if self._kept is None:
            return False
        if not self._kept:
            return not self._has_ended  # who said nothing and went wants nothing
        late = asyncio.get_running_loop().time() - self._said_at
        may = late < _AT_ONCE_S or _HARMLESS.match(self._kept)
        return bool(may) and self._ways <= _MOST_WAYS


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _listen(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HERE, port))
    except OSError as error:
        found.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise DeepcatError(
            f"port {port} of this machine cannot be had: {error.strerror}",
            hint="name another one by `--port`",
            code="tunnel/port",
        ) from None
    found.listen(128)
    found.setblocking(False)
    return found
