"""TensorFlow Serving's REST interface, and its metrics, as faces."""

from __future__ import annotations

import logging
import time

from deepcat.serving.contract import encode
from deepcat.serving.contract.decode import predict_body
from deepcat.serving.contract.examples import examples_body
from deepcat.serving.contract.paths import METHODS, Target, parse_path
from deepcat.serving.contract.status import HTTP_STATUS, Code, ServingError
from deepcat.serving.models import inference
from deepcat.serving.models.manager import Models
from deepcat.serving.server import messages
from deepcat.serving.server.faces import TEXT, Answer, Request
from deepcat.serving.server.metrics import Metrics
from deepcat.serving.server.turns import turn

_LOG = logging.getLogger("deepcat.serving")

METRICS_PATH = "/monitoring/prometheus/metrics"


class MetricsFace:
    """The counters in Prometheus' text form."""

    light = False

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def takes(self, path: str) -> bool:
        """See `Face.takes`."""
        return path == METRICS_PATH

    def respond(self, request: Request) -> Answer:  # noqa: ARG002 - a face is asked so
        """See `Face.respond`."""
        return Answer(200, self._metrics.text().encode(), TEXT)


class TensorFlowServingFace:
    """TensorFlow Serving's REST interface.

    Args:
        models: the table of models.
        metrics: where requests are counted.
    """

    light = True

    def __init__(self, models: Models, metrics: Metrics) -> None:
        self._models = models
        self._metrics = metrics

    def takes(self, path: str) -> bool:
        """See `Face.takes`."""
        return path[:4].lower() == "/v1/"

    def respond(self, request: Request) -> Answer:
        """See `Face.respond`."""
        begun = time.perf_counter()
        target: Target | None = None
        try:
            target = parse_path(request.verb, request.path)
            code, answer = Code.OK, self._compute(target, request)
        except ServingError as error:
            code, answer = error.code, encode.error_body(error.message)
        except Exception:
            _LOG.exception("%s %s failed", request.verb, request.path)
            code, answer = Code.INTERNAL, encode.error_body("Internal error of the server")
        if target and target.method in METHODS and target.name in self._models.configs:
            seconds = time.perf_counter() - begun
            self._metrics.request(target.name, target.method, "REST", code.name, seconds)
        return Answer(HTTP_STATUS[code], answer)

    def _compute(self, target: Target, asked: Request) -> bytes:
        models, body, timeout_ms = self._models, asked.body, asked.timeout_ms
        if not target.name:
            raise ServingError(Code.INVALID_ARGUMENT, "Missing model name in request.")
        version = models.meant(target.name, target.version)
        if target.method == "status":
            # As TensorFlow Serving, a label is not looked at: the status is of all versions.
            return messages.status_json(models.statuses(target.name, version))
        if target.method == "metadata":
            with models.use(target.name, version, target.label) as servable:
                return messages.metadata_json(servable)
        if target.method == "predict":
            with models.use(target.name, version, target.label) as servable:
                with turn(len(body)):
                    request = predict_body(body, servable.input_types)
                outputs = inference.predict(
                    servable, request.signature_name, request.tensors, timeout_ms=timeout_ms
                )
            return encode.predict_response(outputs, request.format)
        with turn(len(body)):
            wanted = examples_body(body)
        with models.use(target.name, version, target.label) as servable:
            if target.method == "classify":
                return encode.classify_response(
                    inference.classify(servable, wanted.signature_name, wanted.examples, timeout_ms)
                )
            return encode.regress_response(
                inference.regress(servable, wanted.signature_name, wanted.examples, timeout_ms)
            )
