"""The same values as each protocol's request: TensorFlow Serving's and KServe's, JSON and gRPC."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcat.serving.contract import wire
from deepcat.serving.contract.protos import predict_pb2
from deepcat.serving.contract.tensors import to_proto

MODELS = {"mlp": (1, 32), "wide": (1, 784), "images": (1, 224, 224, 3), "pictures": (1,)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks of one model."""

    model: str
    values: Any
    picture: bytes = b""

    @property
    def _base64(self) -> str:
        return base64.b64encode(self.picture).decode()

    @property
    def instances(self) -> bytes:
        """TensorFlow Serving's JSON, which BentoML and LitServe are given as well."""
        if self.picture:
            return json.dumps({"instances": [{"b64": self._base64}]}).encode()
        return json.dumps({"instances": _short(self.values)}).encode()

    @property
    def v2(self) -> bytes:
        """JSON of KServe's V2."""
        if self.picture:
            text = {"name": "pictures", "shape": [1], "datatype": "BYTES"}
            text |= {"parameters": {"content_type": "base64"}, "data": [self._base64]}
            return json.dumps({"inputs": [text]}).encode()
        shape = list(self.values.shape)
        flat = _short(self.values.reshape(-1))
        tensor = {"name": "x", "shape": shape, "datatype": "FP32", "data": flat}
        return json.dumps({"inputs": [tensor]}).encode()

    @property
    def predict(self) -> bytes:
        """TensorFlow Serving's PredictRequest."""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self.model
        if self.picture:
            texts = np.array([self.picture], object)
            request.inputs["pictures"].CopyFrom(to_proto(texts))
            return bytes(request.SerializeToString())
        tensor = request.inputs["images" if self.model == "images" else "x"]
        tensor.CopyFrom(to_proto(self.values))
        tensor.tensor_content = self.values.tobytes()
        tensor.ClearField("float_val")
        return bytes(request.SerializeToString())

    @property
    def infer(self) -> bytes:
        """KServe V2's ModelInferRequest, its values as bytes."""
        if self.picture:
            tensor = _field(1, b"pictures") + _field(2, b"BYTES") + _field(3, b"\x01")
            raw = len(self.picture).to_bytes(4, "little") + self.picture
            return _field(1, self.model.encode()) + _field(5, tensor) + _field(7, raw)
        shape = b"".join(map(wire.varint, self.values.shape))
        tensor = _field(1, b"x") + _field(2, b"FP32") + _field(3, shape)
        return _field(1, self.model.encode()) + _field(5, tensor) + _field(7, self.values.tobytes())


def asked(model: str, picture: bytes) -> Asked:
    """A request for a model; the picture for the one that reads such."""
    random = np.random.default_rng(1)
    if model == "pictures":
        return Asked(model, None, picture)
    return Asked(model, random.random(MODELS[model], np.float32))


def _short(values: Any) -> Any:
    """Lists of the fewest digits that give the same numbers, as a client would write them."""
    texts = np.array([float(str(value)) for value in values.reshape(-1)])
    return texts.reshape(values.shape).tolist()


def _field(number: int, content: bytes) -> bytes:
    return wire.varint(number << 3 | 2) + wire.varint(len(content)) + content
