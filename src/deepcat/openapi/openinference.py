"""KServe's Open Inference Protocol of one server, and of one model."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from deepcat.openapi.answers import bad, good, json_body
from deepcat.openapi.schemas import TEXT, Schema, obj
from deepcat.openapi.values import Model, Tensor

TAG = "Open Inference Protocol"
DATATYPES = {
    "bool": "BOOL", "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32", "uint64": "UINT64",
    "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64", "float16": "FP16",
    "float32": "FP32", "float64": "FP64", "string": "BYTES", "bfloat16": "BF16",
}  # fmt: skip
_SIZES: Schema = {"type": "array", "items": {"type": "integer"}}
_TOLD = obj({"name": TEXT, "datatype": TEXT, "shape": _SIZES}, ["name", "datatype", "shape"])
_METADATA = obj(
    {
        "name": TEXT,
        "versions": {"type": "array", "items": TEXT},
        "platform": TEXT,
        "inputs": {"type": "array", "items": _TOLD},
        "outputs": {"type": "array", "items": _TOLD},
    },
    ["name", "versions", "platform", "inputs", "outputs"],
)
_OUTPUT = obj(
    {"name": TEXT, "datatype": TEXT, "shape": _SIZES, "data": {"type": "array"}},
    ["name", "datatype", "shape"],
)
_INFERRED = obj(
    {
        "model_name": TEXT,
        "model_version": TEXT,
        "id": TEXT,
        "outputs": {"type": "array", "items": _OUTPUT},
    },
    ["model_name", "model_version", "outputs"],
)


def server_paths() -> dict[str, Any]:
    """The paths that are of no model."""
    server = obj({"name": TEXT, "version": TEXT}, ["name", "version"])
    return {
        "/v2": {"get": _get("server", "The server", server)},
        "/v2/health/live": {"get": _get("live", "Whether it lives", _flag("live"))},
        "/v2/health/ready": {"get": _get("ready", "Whether all can be asked", _flag("ready"))},
    }


def paths(model: Model) -> dict[str, Any]:
    """A model's paths."""
    start = f"/v2/models/{quote(model.name, safe='')}"
    return {
        start: {"get": _get(f"metadata.{model.name}", "Its inputs and outputs", _METADATA)},
        f"{start}/ready": {
            "get": _get(f"ready.{model.name}", "Whether it can be asked", _flag("ready"))
        },
        f"{start}/infer": {"post": _infer(model)},
    }


def _flag(name: str) -> Schema:
    return obj({name: {"type": "boolean"}}, [name])


def _get(what: str, summary: str, schema: Schema) -> dict[str, Any]:
    return {
        "tags": [TAG],
        "operationId": f"open_inference.{what}",
        "summary": summary,
        "responses": {**good(summary, json_body(schema)), **bad("400")},
    }


def _infer(model: Model) -> dict[str, Any]:
    signature = model.first
    inputs = [_input(each) for each in signature.inputs] if signature else []
    # An input may be missing where the model has a value for it.
    least = sum(not each.default for each in signature.inputs) if signature else 0
    listed: Schema = {"type": "array", "minItems": least, "maxItems": len(inputs)}
    if inputs:
        listed["items"] = {"anyOf": inputs}
    wanted = obj({"name": {"enum": [each.name for each in signature.outputs] if signature else []}})
    body = obj(
        {
            "id": TEXT,
            "parameters": obj({"signature_name": TEXT, "binary_data_output": {"type": "boolean"}}),
            "inputs": listed,
            "outputs": {"type": "array", "items": wanted},
        },
        ["inputs"],
    )
    content = {**json_body(_INFERRED), "application/octet-stream": {}}
    return {
        "tags": [TAG],
        "operationId": f"open_inference.infer.{model.name}",
        "summary": f"Infer with {model.name}",
        "requestBody": {"required": True, "content": json_body(body)},
        "responses": {**good("The outputs", content), **bad("400", "413")},
    }


def _input(tensor: Tensor) -> Schema:
    datatype = DATATYPES.get(tensor.dtype, tensor.dtype)
    return obj(
        {
            "name": {"const": tensor.name},
            "datatype": {"const": datatype},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "data": {"type": "array"},
            "parameters": {"type": "object"},
        },
        ["name", "datatype", "shape"],
    )
