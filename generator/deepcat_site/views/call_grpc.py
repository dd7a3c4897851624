"""How to call a module by gRPC: with the client of TensorFlow Serving, and with none. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from deepcat_site.html.highlight import fill
from deepcat_site.views.asked import Asked, dump
from deepcat_site.views.read import mapping

_PLAIN = 'grpc.insecure_channel("ADDRESS_0")'
_SAFE = 'grpc.secure_channel("ADDRESS_0", grpc.ssl_channel_credentials())'
_TENSORFLOW = """\
import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

request = predict_pb2.PredictRequest()
request.model_spec.name = "NAME_0"
request.model_spec.signature_name = "SIGNATURE_0"
INPUTS_0
with CHANNEL_0 as channel:
    service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    answer = service.Predict(request, timeout=60)
for name, tensor in answer.outputs.items():
    print(name, tf.make_ndarray(tensor))"""
_REFLECTED = """\
import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import proto_reflection_descriptor_database as reflection

with CHANNEL_0 as channel:
    known = DescriptorPool(reflection.ProtoReflectionDescriptorDatabase(channel))
    service = known.FindServiceByName("inference.GRPCInferenceService")
    method = service.FindMethodByName("ModelInfer")
    infer = channel.unary_unary(
        "/inference.GRPCInferenceService/ModelInfer",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    body = BODY_0
    request = ParseDict(body, GetMessageClass(method.input_type)())
    answer = infer(request, timeout=60)
print(answer)"""
# Where the protocol's messages keep the numbers of a type; half precision they keep as bytes alone.
_CONTENTS = {
    "BOOL": "bool_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
    "INT64": "int64_contents",
    "UINT64": "uint64_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
}


def tensorflow(asked: Asked, address: str, *, is_safe: bool) -> Markup:
    """With the package `tensorflow-serving-api`."""
    pattern = _TENSORFLOW.replace("CHANNEL_0", _SAFE if is_safe else _PLAIN)
    body = dump(asked.body)
    if '"b64"' in body:
        pattern = "import base64\n\n" + pattern
    if asked.is_long:
        pattern = "import json\n" + pattern
    words = {
        "INPUTS_0": _inputs(asked),
        "SIGNATURE_0": _quoted(asked.signature),
        "NAME_0": _quoted(asked.module),
        "ADDRESS_0": _quoted(address),
    }
    return fill(pattern, "python", words)


def _inputs(asked: Asked) -> str:
    """A line for each input; before them, where the body is long, one that reads it."""
    lines = ['body = json.load(open("request.json"))'] if asked.is_long else []
    for name, value in asked.columns.items():
        spec = mapping(asked.inputs.get(name))
        kind = f", dtype={str(spec['dtype'])!r}" if spec.get("dtype") else ""
        given = _from_file(asked, name, value) if asked.is_long else _literal(value)
        lines.append(f"request.inputs[{name!r}].CopyFrom(tf.make_tensor_proto({given}{kind}))")
    return "\n".join(lines)


def _from_file(asked: Asked, name: str, value: Any) -> str:
    """An expression that takes an input's value out of `body`."""
    named = isinstance(asked.body.get("inputs"), Mapping)
    if "inputs" in asked.body:
        found = f'body["inputs"][{name!r}]' if named else 'body["inputs"]'
    elif len(asked.inputs) == 1 and not _has_name(asked.body.get("instances"), name):
        found = 'body["instances"]'
    else:
        found = f'[row[{name!r}] for row in body["instances"]]'
    is_bytes = isinstance(value, list) and value and isinstance(value[0], Mapping)
    return f'[base64.b64decode(each["b64"]) for each in {found}]' if is_bytes else found


def _has_name(rows: Any, name: str) -> bool:
    return isinstance(rows, list) and bool(rows) and name in mapping(rows[0])


def _literal(value: Any) -> str:
    """A value as Python, bytes decoded from their base64."""
    if isinstance(value, Mapping):
        return f"base64.b64decode({str(value.get('b64', ''))!r})"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)


def contents(infer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The Open Inference Protocol's body as its messages keep it; None where they cannot."""
    inputs = []
    for tensor in infer["inputs"]:
        where = _CONTENTS.get(tensor["datatype"])
        if where is None or tensor["datatype"] == "BYTES":
            return None  # JSON of protobuf wants every text in base64, which nobody could read
        kept = {key: tensor[key] for key in ("name", "shape", "datatype")}
        inputs.append({**kept, "contents": {where: tensor["data"]}})
    body: dict[str, Any] = {"inputs": inputs}
    if signature := mapping(infer.get("parameters")).get("signature_name"):
        body = {"parameters": {"signature_name": {"string_param": signature}}, **body}
    return body


def reflected(asked: Asked, body: Mapping[str, Any], address: str, *, is_safe: bool) -> Markup:
    """With what the server tells of itself: no package of any model server is needed."""
    pattern = _REFLECTED.replace("CHANNEL_0", _SAFE if is_safe else _PLAIN)
    words = {
        "BODY_0": repr({"model_name": asked.module, **body}),
        "ADDRESS_0": _quoted(address),
    }
    return fill(pattern, "python", words)


def _quoted(text: str) -> str:
    """Text inside a string's double quotes."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
