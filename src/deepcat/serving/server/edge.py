"""HTTP as an ASGI application: whole requests of who may call, when there is room, to a face."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from deepcat.serving.contract import encode
from deepcat.serving.contract.beside import beside
from deepcat.serving.contract.status import HTTP_STATUS, Code, ServingError
from deepcat.serving.server import coding
from deepcat.serving.server.access import Access, Shown
from deepcat.serving.server.admission import Admission, FullError, GoneError
from deepcat.serving.server.coding import TooLargeError
from deepcat.serving.server.faces import JSON, TEXT, Answer, Face, Headers, Request
from deepcat.serving.server.lanes import in_path

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LOG = logging.getLogger("deepcat.serving")

HEALTH_PATHS = ("/healthz", "/readyz")
# A body that is larger, or comes out larger, is decoded beside the loop.
_DECODED_AT_ONCE = 64 * 1024
# What is decoded is only counted once it is there, so few are at once.
_DECODERS = ThreadPoolExecutor(2, "decode")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the edge asks of requests.

    Attributes:
        max_body: the largest body accepted, in bytes.
        timeout_s: in which a request is answered; 0 for no bound.
        origins: of websites that may call; ``*`` stands for any.
        models: the names of the models that are served, as they are now.
        waits_for: the models that cannot be asked yet.
        prompt: whether a model answers a request sooner than a thread would be asked for it.
    """

    max_body: int
    timeout_s: float = 0.0
    origins: Sequence[str] = ()
    models: Callable[[], Collection[str]] = tuple
    waits_for: Callable[[], Sequence[str]] = tuple
    prompt: Callable[[str, bytes], bool] = lambda _model, _body: False


class Application:
    """Reads requests, and lets the face that takes each answer it when there is room.

    Args:
        faces: the protocols, the first that takes a path first.
        admission: computes the answers.
        access: says who calls.
        rules: what else is asked of requests.
    """

    def __init__(
        self, faces: Sequence[Face], admission: Admission, access: Access, rules: Rules
    ) -> None:
        self._faces = tuple(faces)
        self._admission = admission
        self._access = access
        self._rules = rules
        # Whether all that is asked of a caller is asked by the request's path and body.
        self._is_plain = access.is_open and not rules.origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(scope, receive)
        except ServingError as error:
            answer = _refusal(error)
        except GoneError:
            answer = _refusal(ServingError(Code.CANCELLED, "The client has gone"))
        except asyncio.CancelledError:
            answer = _refusal(ServingError(Code.UNAVAILABLE, "The server is ending"))
        except Exception:
            _LOG.exception("%s %s failed", scope["method"], scope["raw_path"].decode("latin-1"))
            answer = _BROKEN
        cors = self._cors(scope["headers"]) if self._rules.origins else ()
        length = (b"content-length", str(len(answer.body)).encode())
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [*answer.headers, *cors, length],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    def at_once(self, scope: Scope) -> Callable[[bytes], Answer | None] | None:
        """What answers requests with this head without a task; None where none could be.

        It is given their whole bodies, and gives None for what is not quick.
        """
        if not self._is_plain or scope["method"] != "POST":
            return None
        for name, _ in scope["headers"]:
            if name == b"content-encoding":
                return None
        path: str = scope["raw_path"].decode("latin-1")
        face = self._face(path)
        lane = in_path("POST", path, self._rules.models())
        if face is None or not face.light or not lane:
            return None
        asked = Request("POST", path, b"", scope["query_string"], scope["headers"])
        return partial(self._quick, face, lane, asked)

    def _quick(self, face: Face, lane: str, asked: Request, body: bytes) -> Answer | None:
        """The answer to a whole request of a quick model; None for all others."""
        rules = self._rules
        if lane not in rules.models() or self._admission.waits(lane):
            return None
        if not self._prompt(lane, body):
            return None
        deadline = time.monotonic() + rules.timeout_s if rules.timeout_s else 0.0
        verb, path, _, query, headers, _ = asked
        try:
            return _respond(face, Request(verb, path, body, query, headers, deadline))
        except Exception:
            _LOG.exception("POST %s failed", path)
            return _BROKEN

    def _face(self, path: str) -> Face | None:
        for face in self._faces:
            if face.takes(path):
                return face
        return None

    def _cors(self, headers: Headers) -> Headers:
        origins = self._rules.origins
        if "*" in origins:
            return ((b"access-control-allow-origin", b"*"),)
        origin = _header(headers, b"origin")
        varies = (b"vary", b"Origin")
        if origin in origins:
            return ((b"access-control-allow-origin", origin.encode("latin-1")), varies)
        return (varies,)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        verb: str = scope["method"]
        path: str = scope["raw_path"].decode("latin-1")
        if path in HEALTH_PATHS:
            return self._health(path)
        if verb == "OPTIONS" and self._rules.origins:
            return Answer(204, b"", _preflight())
        caller = await self._access.caller(_shown(scope)) if self._asks(scope) else None
        face = self._face(path)
        if face is None:
            return Answer(404, encode.error_body(f"Not found: {path}"))
        whose = caller.name if caller else (scope.get("client") or ("",))[0]
        with self._access.using(caller), _Held(self._admission, whose) as held:
            try:
                body = await _read(scope, receive, self._rules.max_body, held)
                if applied := coding.codings(_headers(scope["headers"], b"content-encoding")):
                    body = await _decoded(body, applied, self._rules.max_body)
                    held.more(len(body))
                held.more(beside(body))
            except TooLargeError:
                message = f"Request body is larger than {self._rules.max_body} bytes"
                closing = (*JSON, (b"connection", b"close"))
                return Answer(413, encode.error_body(message), closing)
            except coding.CodingError as error:
                known = (*JSON, (b"accept-encoding", coding.KNOWN.encode()))
                return Answer(error.status, encode.error_body(str(error)), known)
            return await self._computed(scope, verb, path, body, face)

    async def _computed(
        self, scope: Scope, verb: str, path: str, body: bytes, face: Face
    ) -> Answer:
        timeout = self._rules.timeout_s
        deadline = time.monotonic() + timeout if timeout else 0.0
        request = Request(verb, path, body, scope["query_string"], scope["headers"], deadline)
        lane = in_path(verb, path, self._rules.models())
        if face.light and lane and not self._admission.waits(lane) and self._prompt(lane, body):
            return _respond(face, request)
        work = partial(_respond, face, request)
        answer: Answer = await self._admission.compute(
            lane, work, deadline, scope.get("gone", _stays)
        )
        return answer

    def _prompt(self, lane: str, body: bytes) -> bool:
        # An escaped name of a signature could not be told.
        return b"\\" not in body and self._rules.prompt(lane, body)

    def _asks(self, scope: Scope) -> bool:
        return self._access.asks or bool(scope.get("certificate"))

    def _health(self, path: str) -> Answer:
        waits = self._rules.waits_for() if path == "/readyz" else ()
        if not waits:
            return Answer(200, b"ok\n", TEXT)
        # Who serves what is told to those alone who may ask.
        shown = "" if self._access.asks else ": " + ", ".join(waits)
        return Answer(503, f"not ready{shown}\n".encode(), TEXT)


class _Held:
    """Counts the bytes of a caller's request for as long as it is held."""

    def __init__(self, admission: Admission, whose: str) -> None:
        self._admission = admission
        self._whose = whose
        self._size = 0

    def __enter__(self) -> _Held:
        return self

    def __exit__(self, *_: object) -> None:
        self._admission.release(self._size, self._whose)

    def more(self, size: int) -> None:
        """Count more bytes; raises FullError."""
        self._admission.hold(size, self._whose, self._size)
        self._size += size


def _stays() -> bool:
    return False


def _shown(scope: Scope) -> Shown:
    headers = scope["headers"]
    return Shown(
        _header(headers, b"authorization"),
        _header(headers, b"x-api-key"),
        scope.get("certificate", ""),
    )


def _headers(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key == name]


def _header(headers: Headers, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def _refusal(error: ServingError) -> Answer:
    headers = [*JSON]
    if isinstance(error, FullError):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    if error.code is Code.UNAUTHENTICATED:
        headers.append((b"www-authenticate", b"Bearer"))
    return Answer(HTTP_STATUS[error.code], encode.error_body(error.message), headers)


_BROKEN = _refusal(ServingError(Code.INTERNAL, "Internal error of the server"))


async def _read(scope: Scope, receive: Receive, limit: int, held: _Held) -> bytes:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise TooLargeError
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        body, more = message.get("body", b""), message.get("more_body", False)
        size += len(body)
        if size > limit:
            raise TooLargeError
        held.more(len(body))
        parts.append(body)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _decoded(body: bytes, applied: tuple[str, ...], limit: int) -> bytes:
    if len(body) <= _DECODED_AT_ONCE:
        with suppress(TooLargeError):
            return coding.decoded(body, applied, min(limit, _DECODED_AT_ONCE))
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_DECODERS, coding.decoded, body, applied, limit)


def _respond(face: Face, request: Request) -> Answer:
    """The face's answer, in a coding that its client asked for when that pays."""
    answer = face.respond(request)
    if not coding.is_worth_it(answer.body):
        return answer
    headers = [*answer.headers, (b"vary", b"Accept-Encoding")]
    asked = coding.chosen(",".join(_headers(request.headers, b"accept-encoding")))
    coded = any(name == b"content-encoding" for name, _ in headers)
    smaller = coding.packed(answer.body, asked) if asked and not coded else None
    if smaller is None:
        return answer._replace(headers=headers)
    headers.append((b"content-encoding", asked.encode()))
    return answer._replace(body=smaller, headers=headers)


def _preflight() -> Headers:
    return (
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", b"authorization, content-type, x-api-key"),
        (b"access-control-max-age", b"600"),
    )
