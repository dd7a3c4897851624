"""TensorFlow Serving's gRPC services."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import grpc

from deepcat.serving.contract.config import configs_of
from deepcat.serving.contract.examples import input_examples
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.contract.protos import (
    classification_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.contract.tensors import to_array, to_proto
from deepcat.serving.models import inference
from deepcat.serving.models.manager import Models
from deepcat.serving.models.servable import CLASSIFY, DEFAULT_SIGNATURE, REGRESS, Servable
from deepcat.serving.server import messages
from deepcat.serving.server.metrics import Metrics

_LOG = logging.getLogger("deepcat.serving")
_CODES = {code.value[0]: code for code in grpc.StatusCode}

# Carries a new configuration out; raises ServingError.
Reload = Callable[[list[ModelConfig]], None]


class PredictionService:
    """Predict, Classify, Regress, MultiInference, GetModelMetadata."""

    def __init__(self, models: Models, metrics: Metrics) -> None:
        self._models = models
        self._metrics = metrics

    def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Evaluate a signature on tensors."""
        return _guard(context, lambda: self._call("Predict", request, context, self._predict))

    def Classify(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Evaluate a classify signature on examples."""
        return _guard(context, lambda: self._call("Classify", request, context, self._classify))

    def Regress(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Evaluate a regress signature on examples."""
        return _guard(context, lambda: self._call("Regress", request, context, self._regress))

    def MultiInference(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Evaluate several signatures on the same examples."""
        return _guard(context, lambda: self._call("MultiInference", request, context, self._multi))

    def GetModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Give the signatures of a model."""
        return _guard(context, lambda: self._metadata(request))

    def _call(
        self, api: str, request: Any, context: Any, compute: Callable[[Any, int], Any]
    ) -> Any:
        """Compute one inference, and count it."""
        begun = time.perf_counter()
        status = Code.INTERNAL
        try:
            answer = compute(request, _timeout_ms(context))
            status = Code.OK
            return answer
        except ServingError as error:
            status = error.code
            raise
        finally:
            part = request.tasks[0] if api == "MultiInference" and request.tasks else request
            name = "" if api == "MultiInference" and not request.tasks else part.model_spec.name
            if name in self._models.configs:
                seconds = time.perf_counter() - begun
                self._metrics.request(name, api, "GRPC", status.name, seconds)

    def _use(self, request: Any) -> Any:
        return _use(self._models, _spec(request))

    def _predict(self, request: Any, timeout_ms: int) -> Any:
        with self._use(request) as servable:
            inputs = {name: to_array(tensor) for name, tensor in request.inputs.items()}
            name = request.model_spec.signature_name
            outputs = inference.predict(
                servable, name, inputs, list(request.output_filter), timeout_ms
            )
            response = predict_pb2.PredictResponse()
            _name(response.model_spec, servable, name)
            for alias, array in outputs.items():
                response.outputs[alias].CopyFrom(to_proto(array))
            return response

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
        with _use(self._models, _spec(request.tasks[0])) as servable:
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

    def GetModelStatus(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Give the versions of a model and their states."""
        return _guard(context, lambda: self._status(request))

    def HandleReloadConfigRequest(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Replace the configuration of models."""
        response = model_management_pb2.ReloadConfigResponse()
        try:
            self._reload(configs_of(request.config))
        except ServingError as error:
            response.status.error_code = int(error.code)
            response.status.error_message = error.message
            context.set_code(_CODES[int(error.code)])
            context.set_details(error.message)
        return response

    def _status(self, request: Any) -> Any:
        spec = _spec(request)
        version, label = _version(spec)
        return messages.status_response(messages.status_of(self._models, spec.name, version, label))


def add_services(server: Any, models: Models, reload: Reload, metrics: Metrics) -> None:
    """Register both services."""
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(models, metrics), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(models, reload), server)


def _guard(context: Any, compute: Callable[[], Any]) -> Any:
    try:
        return compute()
    except ServingError as error:
        context.abort(_CODES[int(error.code)], error.message)
    except Exception:
        _LOG.exception("a gRPC call failed")
        context.abort(grpc.StatusCode.INTERNAL, "Internal error of the server")


def _timeout_ms(context: Any) -> int:
    left = context.time_remaining()
    # gRPC gives years for a call without a deadline.
    return max(1, int(left * 1000)) if left is not None and left < 1e6 else 0


def _spec(request: Any) -> Any:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    if not request.model_spec.name:
        raise invalid("ModelSpec has no name specified.")
    return request.model_spec


def _version(spec: Any) -> tuple[int | None, str]:
    choice = spec.WhichOneof("version_choice")
    if choice == "version":
        return int(spec.version.value), ""
    return None, str(spec.version_label)


def _use(models: Models, spec: Any) -> Any:
    version, label = _version(spec)
    return models.use(spec.name, version, label)


def _name(spec: Any, servable: Servable, signature: str) -> None:
    spec.name = servable.model
    spec.version.value = servable.version
    spec.signature_name = signature or DEFAULT_SIGNATURE


def _tasks(request: Any) -> list[inference.Task]:
    if not request.tasks:
        raise invalid("Inference request with no tasks.")
    names = {task.model_spec.name for task in request.tasks}
    if len(names) > 1:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
    tasks: list[inference.Task] = []
    seen: set[str] = set()
    for task in request.tasks:
        signature = task.model_spec.signature_name or DEFAULT_SIGNATURE
        if signature in seen:
            raise invalid(f"Duplicate evaluation of signature: {signature}")
        seen.add(signature)
        if task.method_name not in (CLASSIFY, REGRESS):
            raise ServingError(
                Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}"
            )
        tasks.append(inference.Task(signature, task.method_name))
    return tasks


def _put_classes(result: Any, answer: Any) -> None:
    for row in answer:
        classes = result.classifications.add().classes
        for label, score in row:
            classes.add(label=label, score=score)


def _put_values(result: Any, answer: Any) -> None:
    for value in answer:
        result.regressions.add(value=value)
