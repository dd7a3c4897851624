"""EDGE: passes a page's request on to a deployment that runs on this machine, and to no other."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

MAX_BODY = 64 * 1024 * 1024
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_JSON = "application/json"


class Endpoint(NamedTuple):
    """Where a deployment of a module answers by REST, and what it asks callers to show."""

    module: str
    rest: str
    asks: str = ""


Endpoints = Callable[[], Mapping[str, Endpoint]]


class Answer(NamedTuple):
    """What the page gets: a status, a body and its media type."""

    status: int
    body: bytes
    kind: str


def _error(status: HTTPStatus, words: str) -> Answer:
    return Answer(status, json.dumps({"error": words}).encode(), _JSON)


TOO_LARGE = _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too large")


def answer(
    endpoints: Mapping[str, Endpoint], method: str, path: str, body: bytes, shown: str = ""
) -> Answer:
    """What a deployment answers; which there are, where the path is empty.

    Args:
        endpoints: running deployments by name.
        method: of HTTP.
        path: the deployment's name, a slash, and its own path below `v1/`.
        body: JSON.
        shown: the header `Authorization`, which is passed on.
    """
    name, _, rest = path.partition("/")
    known = {
        key: parts
        for key, endpoint in endpoints.items()
        if (parts := urlsplit(endpoint.rest)).hostname in LOOPBACK
    }
    if not name:
        rows = [
            {"name": name, "module": endpoints[name].module, "asks": endpoints[name].asks}
            for name in sorted(known)
        ]
        return Answer(HTTPStatus.OK, json.dumps({"deployments": rows}).encode(), _JSON)
    base = known.get(unquote(name))
    if base is None or not rest.startswith("v1/"):
        return _error(HTTPStatus.NOT_FOUND, "no such deployment runs here")
    return _passed_on(base, method, f"/{rest}", body, shown)


def _passed_on(base: SplitResult, method: str, path: str, body: bytes, shown: str) -> Answer:
    link = http.client.HTTPConnection(base.hostname or "", base.port or 80, timeout=60)
    try:
        who = {"Authorization": shown} if shown else {}
        link.request(method, path, body, {"Content-Type": _JSON, **who})
        found = link.getresponse()
        return Answer(found.status, found.read(), _JSON)
    except OSError as error:
        return _error(HTTPStatus.BAD_GATEWAY, f"the deployment does not answer: {error}")
    finally:
        link.close()
