"""Ask a server for a while from one process that costs little, and count the answers.

    python bench/rivals/load.py KIND ADDRESS PATH BODY-FILE CLIENTS SECONDS [HEADER…]

For each line of its input it asks for so many seconds, and prints one line of JSON: the seconds of
each answer, those of all, and the first answer that was no success.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

Ask = Callable[[], Awaitable[str]]


async def rest_client(address: str, path: str, body: bytes, headers: list[str]) -> Ask:
    """What sends a request by a connection that stays open; it gives what is wrong, or nothing."""
    host, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**24)
    lines = [f"POST {path} HTTP/1.1", f"Host: {address}", "Content-Type: application/json"]
    lines += [*headers, f"Content-Length: {len(body)}", "", ""]
    request = "\r\n".join(lines).encode() + body

    async def ask() -> str:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.split(b"content-length:")[1].split(b"\r\n")[0]
        content = await reader.readexactly(int(length))
        return "" if b" 200 " in head[:20] else content[:300].decode(errors="replace")

    return ask


async def grpc_client(address: str, path: str, body: bytes, _: list[str]) -> Ask:
    """As `rest_client`, by gRPC, with a request that was serialised before."""
    import grpc

    options = (("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1))
    call = grpc.aio.insecure_channel(address, options).unary_unary(path)

    async def ask() -> str:
        try:
            await call(body, timeout=120)
        except grpc.RpcError as error:
            return str(error)[:300]
        return ""

    return ask


async def load(kind: str, address: str, path: str, body: bytes, count: int, *rest: str) -> None:
    """Warm up for a moment, then count whenever told to."""
    seconds, *headers = rest
    make = grpc_client if kind == "gRPC" else rest_client
    clients = [await make(address, path, body, headers) for _ in range(count)]
    times: list[float] = []
    wrong = ""

    async def run(ask: Ask, until: float) -> None:
        nonlocal wrong
        while (begun := time.perf_counter()) < until:
            try:
                wrong = wrong or await ask()
            except (OSError, EOFError) as error:
                wrong = repr(error)
            if wrong:
                return
            times.append(time.perf_counter() - begun)

    await asyncio.gather(*(run(ask, time.perf_counter() + 0.3) for ask in clients))
    print("warm", flush=True)
    while sys.stdin.readline():
        times.clear()
        begun = time.perf_counter()
        await asyncio.gather(*(run(ask, begun + float(seconds)) for ask in clients))
        took = time.perf_counter() - begun
        print(json.dumps({"times": times, "seconds": took, "wrong": wrong}), flush=True)


if __name__ == "__main__":
    kind, address, path, body, count, *rest = sys.argv[1:]
    asyncio.run(load(kind, address, path, Path(body).read_bytes(), int(count), *rest))
