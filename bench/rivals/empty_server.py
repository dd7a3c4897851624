"""The floor: what a request costs that asks for nothing: ``empty_server.py KIND REST GRPC``.

The kinds are ``libraries`` (uvicorn and grpc.aio, as they come) and ``ours`` (what the embedded
server makes of both libraries' cores).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import grpc
import uvloop

from deepcat.serving.server.faces import JSON, Answer
from deepcat.serving.server.grpc_call import Method
from deepcat.serving.server.grpc_core import Core
from deepcat.serving.server.web import web_server

BODY = b'{"predictions": ' + b"0" * 180 + b"}"
SERVICE, METHOD = "tensorflow.serving.PredictionService", "Predict"


class Nothing:
    """An ASGI application."""

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Answer."""
        await receive()
        length = (b"content-length", str(len(BODY)).encode())
        headers = [*JSON, length]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})


class AtOnce(Nothing):
    """The same, without a task."""

    def at_once(self, _scope: Any) -> Callable[[bytes], Answer]:
        """Answer."""
        return lambda _body: Answer(200, BODY)


async def nothing(_data: bytes, _context: Any) -> bytes:
    """Answer a call of grpc.aio's."""
    return BODY


async def main(kind: str, rest: int, port: int) -> None:
    """Serve for ever."""
    where = f"127.0.0.1:{port}"
    if kind == "ours":
        web = web_server(AtOnce(), None, 1)
        core = Core({f"/{SERVICE}/{METHOD}": Method(nothing, lambda *_: BODY)}, ())  # type: ignore[arg-type]
        core.add_port(where)
        core.start()
    else:
        import uvicorn

        web = uvicorn.Server(uvicorn.Config(Nothing(), access_log=False, log_level="error"))
        aio = grpc.aio.server()
        handler = {METHOD: grpc.unary_unary_rpc_method_handler(nothing)}
        aio.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handler),))
        aio.add_insecure_port(where)
        await aio.start()
    web.config.host, web.config.port = "127.0.0.1", rest
    await web.serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
