"""TensorFlow Serving's REST interface as an ASGI application."""

from __future__ import annotations

import asyncio
import logging
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from typing import Any

from deepcat.serving.contract import encode
from deepcat.serving.contract.decode import predict_body
from deepcat.serving.contract.examples import examples_body
from deepcat.serving.contract.paths import METHODS, Target, parse_path
from deepcat.serving.contract.status import HTTP_STATUS, Code, ServingError
from deepcat.serving.models import inference
from deepcat.serving.models.manager import Models
from deepcat.serving.server import messages
from deepcat.serving.server.metrics import Metrics

_LOG = logging.getLogger("deepcat.serving")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

METRICS_PATH = "/monitoring/prometheus/metrics"
_TEXT: Headers = [(b"content-type", b"text/plain")]
_JSON: Headers = [(b"content-type", b"application/json")]


class _TooLargeError(Exception):
    """The body is over the limit."""


class RestApplication:
    """Answers requests with what `models` hold; model calls go to the threads of `workers`.

    Args:
        models: the table of models.
        workers: where requests are computed.
        metrics: where they are counted.
        max_body: the largest body accepted, in bytes.
        allow_origin: the origin of a website that may call; empty for none, ``*`` for any.
    """

    def __init__(
        self,
        models: Models,
        workers: Executor,
        metrics: Metrics,
        *,
        max_body: int,
        allow_origin: str = "",
    ) -> None:
        self._models = models
        self._workers = workers
        self._metrics = metrics
        self._max_body = max_body
        self._cors: Headers = []
        if allow_origin:
            self._cors = [(b"access-control-allow-origin", allow_origin.encode("latin-1"))]
            if allow_origin != "*":
                self._cors.append((b"vary", b"Origin"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        status, headers, body = await self._answer(scope, receive)
        length = (b"content-length", str(len(body)).encode())
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*headers, *self._cors, length],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Headers, bytes]:
        verb: str = scope["method"]
        path: str = scope["raw_path"].decode("latin-1")
        if verb == "OPTIONS" and self._cors:
            return 204, _preflight(), b""
        if path == METRICS_PATH:
            return 200, _TEXT, self._metrics.text().encode()
        if not path.lower().startswith("/v1/"):
            return 404, _JSON, encode.error_body(f"Not found: {path}")
        try:
            body = await _read(scope, receive, self._max_body)
            if (b"content-encoding", b"gzip") in scope["headers"]:
                body = _unzipped(body, self._max_body)
        except _TooLargeError:
            message = f"Request body is larger than {self._max_body} bytes"
            return 413, [*_JSON, (b"connection", b"close")], encode.error_body(message)
        except zlib.error as error:
            return 400, _JSON, encode.error_body(f"Request body is not gzip: {error}")
        loop = asyncio.get_running_loop()
        status, answer = await loop.run_in_executor(self._workers, self.respond, verb, path, body)
        return status, _JSON, answer

    def respond(self, verb: str, path: str, body: bytes) -> tuple[int, bytes]:
        """HTTP status and body for one request."""
        begun = time.perf_counter()
        target: Target | None = None
        try:
            target = parse_path(verb, path)
            code, answer = Code.OK, self._compute(target, body)
        except ServingError as error:
            code, answer = error.code, encode.error_body(error.message)
        except Exception:
            _LOG.exception("%s %s failed", verb, path)
            code, answer = Code.INTERNAL, encode.error_body("Internal error of the server")
        if target and target.method in METHODS and target.name in self._models.configs:
            seconds = time.perf_counter() - begun
            api = target.method.capitalize()
            self._metrics.request(target.name, api, "REST", code.name, seconds)
        return HTTP_STATUS[code], answer

    def _compute(self, target: Target, body: bytes) -> bytes:
        models = self._models
        if not target.name:
            raise ServingError(Code.INVALID_ARGUMENT, "Missing model name in request.")
        if target.method == "status":
            return messages.status_json(
                messages.status_of(models, target.name, target.version, target.label)
            )
        if target.method == "metadata":
            with models.use(target.name, target.version, target.label) as servable:
                return messages.metadata_json(servable)
        if target.method == "predict":
            with models.use(target.name, target.version, target.label) as servable:
                request = predict_body(body, servable.input_types)
                outputs = inference.predict(servable, request.signature_name, request.tensors)
            return encode.predict_response(outputs, request.format)
        wanted = examples_body(body)
        with models.use(target.name, target.version, target.label) as servable:
            if target.method == "classify":
                return encode.classify_response(
                    inference.classify(servable, wanted.signature_name, wanted.examples)
                )
            return encode.regress_response(
                inference.regress(servable, wanted.signature_name, wanted.examples)
            )


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise _TooLargeError
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body") and len(body) <= limit:
        return body
    parts, size = [body], len(body)
    while message.get("more_body") and size <= limit:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > limit:
        raise _TooLargeError
    return b"".join(parts)


def _unzipped(body: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    plain = stream.decompress(body, limit + 1)
    if len(plain) > limit:
        raise _TooLargeError
    if not stream.eof:
        raise zlib.error("it is cut short")
    return plain


def _preflight() -> Headers:
    return [
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", b"600"),
    ]
