"""TensorFlow Serving's gRPC services, as functions from requests to answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from deepcat.serving.contract import wire
from deepcat.serving.contract.alike import Alike, Kind, Reader
from deepcat.serving.contract.config import configs_of
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.examples import input_examples
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.contract.protos import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.contract.tensors import Expansion, elements, to_array, to_proto
from deepcat.serving.models import inference
from deepcat.serving.models.manager import Models
from deepcat.serving.models.servable import CLASSIFY, DEFAULT_SIGNATURE, Servable
from deepcat.serving.server import messages
from deepcat.serving.server.metrics import Metrics

_PREDICTION = "tensorflow.serving.PredictionService"
_MODEL = "tensorflow.serving.ModelService"

# Carries a new configuration out; raises ServingError.
Reload = Callable[[list[ModelConfig]], None]


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service.

    Attributes:
        service: the service's full name.
        name: the method's.
        request: the class of its requests.
        answer: computes the answer to a request, as a message or as its bytes, in so many
            milliseconds (0: no bound); it raises ServingError.
        depth: how many messages lie around the name of the model that computes it, from a
            request's first field on; -1 where no model does.
        elements: how many elements a request's tensors have, which may be more than it holds.
        read: reads a request; by default as its class does.
    """

    service: str
    name: str
    request: Any
    answer: Callable[[Any, int], Any]
    depth: int = -1
    elements: Callable[[Any], int] = lambda _request: 0
    read: Callable[[bytes], Any] | None = None


class PredictionService:
    """Predict, Classify, Regress, MultiInference, GetModelMetadata."""

    def __init__(self, models: Models, metrics: Metrics) -> None:
        self._models = models
        self._metrics = metrics

    def methods(self) -> list[Method]:
        """What the service answers."""
        return [
            replace(
                self._inference("Predict", predict_pb2.PredictRequest, self._predict),
                elements=_elements,
                read=Reader().read,
            ),
            self._inference("Classify", classification_pb2.ClassificationRequest, self._classify),
            self._inference("Regress", regression_pb2.RegressionRequest, self._regress),
            self._inference("MultiInference", inference_pb2.MultiInferenceRequest, self._multi),
            Method(
                _PREDICTION,
                "GetModelMetadata",
                get_model_metadata_pb2.GetModelMetadataRequest,
                lambda request, _: self._metadata(request),
            ),
        ]

    def _inference(self, api: str, request: Any, compute: Callable[[Any, int], Any]) -> Method:
        depth = 2 if api == "MultiInference" else 1
        return Method(_PREDICTION, api, request, partial(self._call, api, compute), depth)

    def _call(
        self, api: str, compute: Callable[[Any, int], Any], request: Any, timeout_ms: int
    ) -> Any:
        """Compute one inference, and count it."""
        begun = time.perf_counter()
        status = Code.INTERNAL
        try:
            answer = compute(request, timeout_ms)
            status = Code.OK
            return answer
        except ServingError as error:
            status = error.code
            raise
        finally:
            name = _model(request, api)
            if name in self._models.configs:
                seconds = time.perf_counter() - begun
                self._metrics.request(name, api, "GRPC", status.name, seconds)

    def _use(self, request: Any) -> Any:
        return _use(self._models, _spec(request))

    def _predict(self, request: Any, timeout_ms: int) -> Any:
        if isinstance(request, Alike):
            return self._predict_alike(request.kind, request.array, timeout_ms)
        with self._use(request) as servable:
            expansion = Expansion()
            inputs = {n: to_array(tensor, expansion) for n, tensor in request.inputs.items()}
            name = request.model_spec.signature_name
            outputs = inference.predict(
                servable, name, inputs, list(request.output_filter), timeout_ms
            )
            return _written(outputs, servable, name)

    def _predict_alike(self, kind: Kind, array: Array, timeout_ms: int) -> bytes:
        models, version = self._models, kind.version
        if version is not None:
            version = models.meant(kind.model, version)
        with models.use(kind.model, version, kind.label) as servable:
            inputs = {kind.alias: array}
            outputs = inference.predict(servable, kind.signature, inputs, (), timeout_ms)
            return _written(outputs, servable, kind.signature)

    def _classify(self, request: Any, timeout_ms: int) -> Any:
        with self._use(request) as servable:
            examples = input_examples(request.input)
            name = request.model_spec.signature_name
            response = classification_pb2.ClassificationResponse()
            _name(response.model_spec, servable, name)
            _put_classes(response.result, inference.classify(servable, name, examples, timeout_ms))
            return response

    def _regress(self, request: Any, timeout_ms: int) -> Any:
        with self._use(request) as servable:
            examples = input_examples(request.input)
            name = request.model_spec.signature_name
            response = regression_pb2.RegressionResponse()
            _name(response.model_spec, servable, name)
            _put_values(response.result, inference.regress(servable, name, examples, timeout_ms))
            return response

    def _multi(self, request: Any, timeout_ms: int) -> Any:
        tasks = _tasks(request)
        if not tasks or not tasks[0].model:
            raise invalid("ModelSpec has no name specified.")
        with _use(self._models, request.tasks[0].model_spec) as servable:
            examples = input_examples(request.input) if request.HasField("input") else []
            answers = inference.multi(servable, tasks, examples, timeout_ms)
            response = inference_pb2.MultiInferenceResponse()
            for task, answer in zip(tasks, answers, strict=True):
                result = response.results.add()
                _name(result.model_spec, servable, task.signature)
                if task.method == CLASSIFY:
                    _put_classes(result.classification_result, answer)
                else:
                    _put_values(result.regression_result, answer)
            return response

    def _metadata(self, request: Any) -> Any:
        spec = _spec(request)
        if not request.metadata_field:
            raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != "signature_def":
                raise invalid(f"Metadata field {field} is not supported")
        with _use(self._models, spec) as servable:
            return messages.metadata_response(servable)


class ModelService:
    """GetModelStatus and HandleReloadConfigRequest."""

    def __init__(self, models: Models, reload: Reload) -> None:
        self._models = models
        self._reload = reload

    def methods(self) -> list[Method]:
        """What the service answers."""
        return [
            Method(
                _MODEL,
                "GetModelStatus",
                get_model_status_pb2.GetModelStatusRequest,
                lambda request, _: self._status(request),
            ),
            Method(
                _MODEL,
                "HandleReloadConfigRequest",
                model_management_pb2.ReloadConfigRequest,
                lambda request, _: self._reconfigure(request),
            ),
        ]

    def _reconfigure(self, request: Any) -> Any:
        self._reload(configs_of(request.config))
        return model_management_pb2.ReloadConfigResponse()

    def _status(self, request: Any) -> Any:
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        # As TensorFlow Serving, a label is not looked at: the status is of all versions.
        version, _ = _version(self._models, request.model_spec)
        statuses = self._models.statuses(request.model_spec.name, version)
        return messages.status_response(statuses)


def _elements(request: Any) -> int:
    return 0 if isinstance(request, Alike) else elements(request.inputs.values())


def _model(request: Any, api: str) -> str:
    """The name of the model that a request is for; empty where it names none."""
    if isinstance(request, Alike):
        return request.kind.model
    if api == "MultiInference":
        return str(request.tasks[0].model_spec.name) if request.tasks else ""
    return str(request.model_spec.name)


def _written(outputs: Mapping[str, Array], servable: Servable, signature: str) -> bytes:
    """A PredictResponse, written at once: in messages each value would be copied three times."""
    parts = {
        alias: wire.tensor(array) or [to_proto(array).SerializeToString()]
        for alias, array in outputs.items()
    }
    signature = signature or DEFAULT_SIGNATURE
    return wire.predict_response(parts, servable.model, servable.version, signature)


def _spec(request: Any) -> Any:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    if not request.model_spec.name:
        raise invalid("ModelSpec has no name specified.")
    return request.model_spec


def _version(models: Models, spec: Any) -> tuple[int | None, str]:
    choice = spec.WhichOneof("version_choice")
    if choice == "version":
        return models.meant(spec.name, int(spec.version.value)), ""
    return None, str(spec.version_label)


def _use(models: Models, spec: Any) -> Any:
    version, label = _version(models, spec)
    return models.use(spec.name, version, label)


def _name(spec: Any, servable: Servable, signature: str) -> None:
    spec.name = servable.model
    spec.version.value = servable.version
    spec.signature_name = signature or DEFAULT_SIGNATURE


def _tasks(request: Any) -> list[inference.Task]:
    return [
        inference.Task(task.model_spec.name, task.model_spec.signature_name, task.method_name)
        for task in request.tasks
    ]


def _put_classes(result: Any, answer: Any) -> None:
    for row in answer:
        classes = result.classifications.add().classes
        for label, score in row:
            classes.add(label=label, score=score)


def _put_values(result: Any, answer: Any) -> None:
    for value in answer:
        result.regressions.add(value=value)
