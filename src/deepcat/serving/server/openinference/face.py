"""The protocol's paths. None has a slash at its end, by which they are told from DEEPaaS'."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from deepcat import __version__
from deepcat.openapi.card import BLANK, Cards
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import HTTP_STATUS, Code, ServingError
from deepcat.serving.models.manager import Models
from deepcat.serving.models.signatures import Signature
from deepcat.serving.server.deepaas.metadata import VERSION
from deepcat.serving.server.deepaas.metadata import metadata as deepaas_metadata
from deepcat.serving.server.faces import Answer, Request
from deepcat.serving.server.metrics import Metrics
from deepcat.serving.server.openinference import asking, documents
from deepcat.serving.server.turns import turn

_LOG = logging.getLogger("deepcat.serving")

_SERVER = re.compile(r"/v2(?:/health/(?P<health>live|ready))?")
_MODEL = re.compile(
    r"/v2/models/(?P<name>[^/]+)(?:/versions/(?P<version>[^/]+))?(?:/(?P<what>ready|infer))?"
)


class OpenInferenceFace:
    """The Open Inference Protocol by REST.

    Args:
        models: the table of models.
        cards: what is told of them.
        metrics: where inferences are counted.
    """

    light = True

    def __init__(self, models: Models, cards: Cards, metrics: Metrics) -> None:
        self._models = models
        self._cards = cards
        self._metrics = metrics

    def takes(self, path: str) -> bool:
        """See `Face.takes`."""
        if not path.startswith("/v2"):
            return False
        match = _MODEL.fullmatch(path)
        return match is not None or _SERVER.fullmatch(path) is not None

    def respond(self, request: Request) -> Answer:
        """See `Face.respond`."""
        match = _MODEL.fullmatch(request.path)
        wanted = "POST" if match is not None and match["what"] == "infer" else "GET"
        if request.verb != wanted:
            allow = (b"allow", wanted.encode())
            return documents.error(405, f"{request.verb} is not for this path", allow)
        try:
            if match is None:
                return self._server(request.path)
            return self._of_model(match, request)
        except ServingError as error:
            return documents.error(HTTP_STATUS[error.code], error.message)
        except Exception:
            _LOG.exception("%s %s failed", request.verb, request.path)
            return documents.error(500, "Internal error of the server")

    def _server(self, path: str) -> Answer:
        match = _SERVER.fullmatch(path)
        health = match["health"] if match else ""
        if health == "live":
            return _document({"live": True})
        if health == "ready":
            ready = asking.are_ready(self._models)
            return _document({"ready": ready}, 200 if ready else 503)
        told = {"name": "deepcat", "version": __version__, "extensions": asking.EXTENSIONS}
        # Who follows DEEPaaS' links without a slash finds what they lead to, too.
        return _document({**VERSION, **told})

    def _of_model(self, match: re.Match[str], request: Request) -> Answer:
        name, version = unquote(match["name"]), asking.version_of(match["version"] or "")
        if match["what"] == "ready":
            ready = asking.is_ready(self._models, name, version)
            return _document({"name": name, "ready": ready}, 200 if ready else 503)
        if match["what"] == "infer":
            return self._infer(name, version, request)
        told = asking.metadata(self._models, name, version)
        href = f"/v2/models/{quote(name, safe='')}"
        largest = int(told["versions"][0]) if told["versions"] else 0
        card = self._cards.get(name, BLANK)
        return _document({**deepaas_metadata(name, version or largest, href, card), **told})

    def _infer(self, name: str, version: int | None, request: Request) -> Answer:
        begun, code = time.perf_counter(), Code.INTERNAL
        try:
            with turn(len(request.body)):
                body = documents.read(request.headers, request.body)

            def arrays(signature: Signature) -> tuple[dict[str, Array], Sequence[str]]:
                with turn(len(request.body)):
                    return body.arrays(signature)

            inferred = asking.infer(
                self._models,
                name,
                version,
                arrays,
                signature_name=body.signature_name,
                timeout_ms=request.timeout_ms,
            )
            answer = documents.written(name, body, inferred)
            code = Code.OK
            return answer
        except ServingError as error:
            code = error.code
            raise
        finally:
            if name in self._models.configs:
                seconds = time.perf_counter() - begun
                self._metrics.request(name, "Predict", "REST", code.name, seconds)


def _document(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())
