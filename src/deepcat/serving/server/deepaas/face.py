"""The paths of DEEPaaS' API, and who answers each."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from urllib.parse import quote, unquote
from weakref import WeakKeyDictionary

from deepcat import __version__
from deepcat.openapi.card import BLANK, Cards
from deepcat.serving.contract.status import HTTP_STATUS, Code, ServingError
from deepcat.serving.models import inference, signatures
from deepcat.serving.models.manager import Models
from deepcat.serving.models.servable import Servable
from deepcat.serving.server.deepaas import answers, reading, ui
from deepcat.serving.server.deepaas.arguments import Offered, offered
from deepcat.serving.server.deepaas.metadata import VERSION, metadata
from deepcat.serving.server.deepaas.swagger import swagger
from deepcat.serving.server.deepaas.uploads import FormError
from deepcat.serving.server.faces import Answer, Request
from deepcat.serving.server.metrics import Metrics
from deepcat.serving.server.turns import turn

_LOG = logging.getLogger("deepcat.serving")

_ALONE = ("/", "/ui", "/api", "/swagger.json")
_SLASHES = re.compile(r"/{2,}")
_MODEL = re.compile(r"/v2/models/(?P<name>[^/]+)/(?:(?P<what>predict|train)/(?P<uuid>[^/]+)?)?")
_NO_TRAINING = "This server serves; it has no facility that trains"
_NO_PAGE = "Swagger UI is not installed with this server: pip install 'deepcat[serve]'"
_VERSIONS = {
    "versions": [VERSION],
    "links": [
        {"rel": "help", "type": "text/html", "href": "/api"},
        {"rel": "describedby", "type": "application/json", "href": "/swagger.json"},
    ],
}

Handler = Callable[[Request], Answer]


class DeepaasFace:
    """DEEPaaS' API, version 2.

    Args:
        models: the table of models.
        cards: what is told of them.
        metrics: where predictions are counted.
    """

    light = False

    def __init__(self, models: Models, cards: Cards, metrics: Metrics) -> None:
        self._models = models
        self._cards = cards
        self._metrics = metrics
        self._predicts: WeakKeyDictionary[Servable, Offered] = WeakKeyDictionary()

    def takes(self, path: str) -> bool:
        """See `Face.takes`."""
        path = _SLASHES.sub("/", path)
        return path in _ALONE or path.startswith(("/v2/", ui.START)) or path == "/v2"

    def respond(self, request: Request) -> Answer:
        """See `Face.respond`."""
        handlers = self._handlers(request.path)
        if not handlers:
            return self._elsewhere(request)
        handler = handlers.get(request.verb)
        if handler is None:
            allowed = ",".join(sorted(handlers)).encode()
            return answers.plain(405, "", (b"allow", allowed))
        return handler(request)

    def _elsewhere(self, request: Request) -> Answer:
        """Where a path leads that lacks its last slash, or has too many."""
        merged = _SLASHES.sub("/", request.path)
        for path in (merged, f"{merged}/"):
            if path != request.path and self._handlers(path):
                where = path.encode("latin-1") + (b"?" + request.query if request.query else b"")
                return answers.plain(308, "", (b"location", where))
        return answers.plain(404)

    def _handlers(self, path: str) -> dict[str, Handler]:
        """Verb -> what answers it at a path; none where the path is none of ours."""
        fixed: dict[str, Handler] = {
            "/": lambda _: answers.document(_VERSIONS),
            "/ui": lambda _: answers.plain(302, "", (b"location", b"/api")),
            "/api": lambda _: ui.page() or answers.plain(501, _NO_PAGE),
            "/swagger.json": lambda _: answers.document(swagger(self._all(), __version__)),
            "/v2/": lambda _: answers.document(VERSION),
            "/v2/debug/": lambda _: answers.plain(204),
            "/v2/models/": lambda _: self._index(),
        }
        if path in fixed:
            return {"GET": fixed[path]}
        if path.startswith(ui.START):
            found = ui.file(path.removeprefix(ui.START))
            return {"GET": lambda _: found} if found is not None else {}
        return self._of_model(path)

    def _of_model(self, path: str) -> dict[str, Handler]:
        match = _MODEL.fullmatch(path)
        name = unquote(match["name"]) if match else ""
        if match is None or name not in self._models.configs:
            return {}
        if match["uuid"]:
            missing: Handler = lambda _: answers.plain(404)  # noqa: E731 - one of many
            known = match["what"] == "train"
            return {"GET": missing, "DELETE": missing} if known else {}
        if match["what"] == "predict":
            return {"POST": lambda request: self._predict(name, request)}
        if match["what"] == "train":
            return {
                "POST": lambda _: answers.plain(501, _NO_TRAINING),
                "GET": lambda _: answers.document([]),
            }
        return {"GET": lambda _: self._one(name)}

    def _index(self) -> Answer:
        found = [
            self._metadata(name, version, f"/v2/models/{quote(name, safe='')}")
            for name, version in self._served()
        ]
        return answers.document({"models": found})

    def _one(self, name: str) -> Answer:
        version = dict(self._served()).get(name)
        if version is None:
            return answers.plain(503, f"No version of {name} is available")
        return answers.document(self._metadata(name, version, f"/v2/models/{quote(name, safe='')}"))

    def _served(self) -> list[tuple[str, int]]:
        """The models that have a version, each with its largest."""
        found = []
        for name in self._models.configs:
            try:
                with self._models.use(name) as servable:
                    found.append((name, servable.version))
            except ServingError:
                continue
        return found

    def _metadata(self, name: str, version: int, href: str) -> dict[str, object]:
        return metadata(name, version, href, self._cards.get(name, BLANK))

    def _all(self) -> dict[str, Offered]:
        found: dict[str, Offered] = {}
        for name, _ in self._served():
            try:
                with self._models.use(name) as servable:
                    found[name] = self._described(servable)
            except ServingError:
                continue
        return found

    def _described(self, servable: Servable) -> Offered:
        """What a model's predict takes, worked out once for each version."""
        known = self._predicts.get(servable)
        if known is None:
            card = self._cards.get(servable.model, BLANK)
            known = self._predicts[servable] = offered(signatures.all_of(servable), card)
        return known

    def _predict(self, name: str, request: Request) -> Answer:
        begun = time.perf_counter()
        try:
            code, answer = Code.OK, self._compute(name, request)
        except reading.ArgumentError as error:
            code, answer = Code.INVALID_ARGUMENT, answers.faulty(error.faults)
        except reading.JSONError:
            faults = {"json": ["Invalid JSON body."]}
            code, answer = Code.INVALID_ARGUMENT, answers.faulty(faults, 400)
        except FormError as error:
            faults = {"form": [f"Invalid form: {error}."]}
            code, answer = Code.INVALID_ARGUMENT, answers.faulty(faults, 400)
        except ServingError as error:
            failure = {"message": error.message}
            code, answer = error.code, answers.document(failure, HTTP_STATUS[error.code])
        except Exception:
            _LOG.exception("%s %s failed", request.verb, request.path)
            failure = {"message": "Internal error of the server"}
            code, answer = Code.INTERNAL, answers.document(failure, 500)
        seconds = time.perf_counter() - begun
        self._metrics.request(name, "Predict", "REST", code.name, seconds)
        return answer

    def _compute(self, name: str, request: Request) -> Answer:
        with self._models.use(name) as servable:
            offer = self._described(servable)
            with turn(len(request.body)):
                predict, arrays, accept = reading.read(request, offer)
            outputs = inference.predict(
                servable, predict.signature.name, arrays, timeout_ms=request.timeout_ms
            )
        return answers.predicted(predict, outputs, accept)
