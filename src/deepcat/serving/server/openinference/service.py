"""The Open Inference Protocol by gRPC, as functions from requests to answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from deepcat import __version__
from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.models.manager import Models
from deepcat.serving.models.signatures import Signature
from deepcat.serving.server.grpc_api import Method
from deepcat.serving.server.metrics import Metrics
from deepcat.serving.server.openinference import asking, tensors
from deepcat.serving.server.openinference.messages import SERVICE, message

# Of a type, the field of InferTensorContents that holds its values; others come as bytes alone.
_CONTENTS = {
    "bool": "bool_contents", "int8": "int_contents", "int16": "int_contents",
    "int32": "int_contents", "int64": "int64_contents", "uint8": "uint_contents",
    "uint16": "uint_contents", "uint32": "uint_contents", "uint64": "uint64_contents",
    "float": "fp32_contents", "double": "fp64_contents", "string": "bytes_contents",
}  # fmt: skip


class InferenceService:
    """GRPCInferenceService.

    Args:
        models: the table of models.
        metrics: where inferences are counted.
    """

    def __init__(self, models: Models, metrics: Metrics) -> None:
        self._models = models
        self._metrics = metrics
        self._infer_response = message("ModelInferResponse")

    def methods(self) -> list[Method]:
        """What the service answers."""
        models = self._models
        return [
            _method("ServerLive", lambda _: {"live": True}),
            _method("ServerReady", lambda _: {"ready": asking.are_ready(models)}),
            _method("ModelReady", lambda each: {"ready": self._is_ready(each)}),
            _method(
                "ServerMetadata",
                lambda _: {
                    "name": "deepcat",
                    "version": __version__,
                    "extensions": asking.EXTENSIONS,
                },
            ),
            _method(
                "ModelMetadata",
                lambda each: asking.metadata(models, each.name, asking.version_of(each.version)),
            ),
            Method(SERVICE, "ModelInfer", message("ModelInferRequest"), self._counted, depth=0),
        ]

    def _is_ready(self, request: Any) -> bool:
        if request.name not in self._models.configs:
            return False
        return asking.is_ready(self._models, request.name, asking.version_of(request.version))

    def _counted(self, request: Any, timeout_ms: int) -> Any:
        begun, code = time.perf_counter(), Code.INTERNAL
        try:
            answer = self._infer(request, timeout_ms)
            code = Code.OK
            return answer
        except ServingError as error:
            code = error.code
            raise
        finally:
            if request.model_name in self._models.configs:
                seconds = time.perf_counter() - begun
                self._metrics.request(request.model_name, "Predict", "GRPC", code.name, seconds)

    def _infer(self, request: Any, timeout_ms: int) -> Any:
        inferred = asking.infer(
            self._models,
            request.model_name,
            asking.version_of(request.model_version),
            partial(_inputs, request),
            signature_name=_signature_name(request),
            timeout_ms=timeout_ms,
        )
        answer = self._infer_response(
            model_name=request.model_name, model_version=str(inferred.version), id=request.id
        )
        for name, array in inferred.outputs.items():
            kind = tensors.datatype(dtypes.of_array(array))
            answer.outputs.add(name=name, datatype=kind, shape=array.shape)
            answer.raw_output_contents.append(tensors.to_bytes(array))
        return answer


def _method(name: str, answer: Callable[[Any], dict[str, Any]]) -> Method:
    response = message(f"{name}Response")
    return Method(
        SERVICE, name, message(f"{name}Request"), lambda request, _: response(**answer(request))
    )


def _signature_name(request: Any) -> str:
    if asking.SIGNATURE not in request.parameters:
        return ""
    return str(request.parameters[asking.SIGNATURE].string_param)


def _inputs(request: Any, signature: Signature) -> tuple[dict[str, Array], Sequence[str]]:
    raw = request.raw_input_contents
    if raw and len(raw) != len(request.inputs):
        raise invalid(f"{len(raw)} raw contents for {len(request.inputs)} inputs")
    found: dict[str, Array] = {}
    for index, each in enumerate(request.inputs):
        tensor = asking.input_of(signature, each.name)
        if each.name in found:
            raise invalid(f"input {each.name!r} is there twice")
        shape = tensors.require(each.name, each.datatype, tensor.dtype, list(each.shape))
        if raw:
            if each.HasField("contents"):
                raise invalid(f"input {each.name!r} has contents both raw and by type")
            found[each.name] = tensors.from_bytes(each.name, raw[index], tensor.dtype, shape)
        else:
            values = _values(each, tensor.dtype)
            found[each.name] = tensors.from_json(each.name, values, tensor.dtype, shape, False)
    return found, [each.name for each in request.outputs]


def _values(given: Any, dtype: DType) -> list[Any]:
    field = _CONTENTS.get(dtype.name)
    if field is None:
        raise invalid(f"a {given.datatype} tensor comes as raw contents alone")
    values = list(getattr(given.contents, field))
    if dtype is dtypes.STRING:
        return [each.decode("utf-8", "surrogateescape") for each in values]
    return values
