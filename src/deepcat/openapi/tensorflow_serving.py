"""TensorFlow Serving's REST interface of one model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from deepcat.openapi.answers import bad, good, json_body
from deepcat.openapi.schemas import TEXT, Schema, described, element, obj, result, value
from deepcat.openapi.values import DEFAULT, Model, Signature, Tensor

TAG = "TensorFlow Serving"
_VERSION = obj(
    {
        "version": TEXT,
        "state": {"enum": ["UNKNOWN", "START", "LOADING", "AVAILABLE", "UNLOADING", "END"]},
        "status": obj({"error_code": TEXT, "error_message": TEXT}, ["error_code", "error_message"]),
    },
    ["version", "state", "status"],
)
_STATUS = obj({"model_version_status": {"type": "array", "items": _VERSION}})
_METADATA = obj({"model_spec": {"type": "object"}, "metadata": {"type": "object"}})
_LABELS: Schema = {
    "type": "array",
    "items": {"anyOf": [TEXT, {"type": "number"}]},
    "minItems": 2,
    "maxItems": 2,
}
_RESULTS = {
    "classify": {"type": "array", "items": {"type": "array", "items": _LABELS}},
    "regress": {"type": "array", "items": {"type": "number"}},
}


def paths(model: Model) -> dict[str, Any]:
    """Its paths."""
    start = f"/v1/models/{quote(model.name, safe='')}"
    found: dict[str, Any] = {
        start: {"get": _get(model, "state", "The state of its versions", _STATUS)},
        f"{start}/metadata": {"get": _get(model, "metadata", "Its signatures", _METADATA)},
    }
    for method in ("predict", "classify", "regress"):
        # Any signature answers predict.
        fit = [each for each in model.signatures if method in ("predict", each.method)]
        if fit:
            found[f"{start}:{method}"] = {"post": _post(model, method, fit)}
    return found


def _get(model: Model, what: str, summary: str, schema: Schema) -> dict[str, Any]:
    return {
        "tags": [TAG],
        "operationId": f"tensorflow_serving.{what}.{model.name}",
        "summary": summary,
        "responses": {**good(summary, json_body(schema)), **bad("400")},
    }


def _post(model: Model, method: str, fit: Iterable[Signature]) -> dict[str, Any]:
    bodies: Callable[[Model, Signature], list[Schema]]
    bodies = _predict_bodies if method == "predict" else _example_bodies
    asked = [body for each in fit for body in bodies(model, each)]
    samples = [each for each in model.card.samples if each.method == method]
    told = [each for each in samples if each.response is not None]
    return {
        "tags": [TAG],
        "operationId": f"tensorflow_serving.{method}.{model.name}",
        "summary": f"{method.capitalize()} with {model.name}",
        "requestBody": {
            "required": True,
            "content": json_body(
                {"anyOf": asked}, {each.name: dict(each.request) for each in samples}
            ),
        },
        "responses": {
            **good(
                "What the model gives",
                json_body(_answer(model, method, fit), {e.name: e.response for e in told}),
            ),
            **bad("400", "413"),
        },
    }


def _named(signature: Signature, properties: dict[str, Any], *required: str) -> Schema:
    name = {"signature_name": {"const": signature.name}}
    needed = required if signature.name == DEFAULT else (*required, "signature_name")
    return obj({**name, **properties}, needed)


def _predict_bodies(model: Model, signature: Signature) -> list[Schema]:
    rows = _rows(signature.inputs, model.card.inputs)
    columns = _columns(signature.inputs, model.card.inputs)
    found = [_named(signature, {"inputs": columns}, "inputs")] if signature.inputs else []
    if rows is not None:
        instances = {"type": "array", "items": rows, "minItems": 1}
        found.insert(0, _named(signature, {"instances": instances}, "instances"))
    return found or [_named(signature, {"inputs": {"type": "object"}}, "inputs")]


def _rows(
    tensors: tuple[Tensor, ...], texts: Mapping[str, str], *, out: bool = False
) -> Schema | None:
    """One row of all tensors; None where one has no rows."""
    if not tensors or any(tensor.shape == () for tensor in tensors):
        return None
    inner = result if out else element
    members = {
        t.name: described(value(t, inner(t.dtype), row=True), texts.get(t.name, ""))
        for t in tensors
    }
    named = obj(members, (t.name for t in tensors if not t.default))
    if len(tensors) > 1:
        return named
    return {"anyOf": [members[tensors[0].name], named]}


def _columns(tensors: tuple[Tensor, ...], texts: Mapping[str, str], *, out: bool = False) -> Schema:
    inner = result if out else element
    members = {
        t.name: described(value(t, inner(t.dtype), loose=out), texts.get(t.name, ""))
        for t in tensors
    }
    named = obj(members, (t.name for t in tensors if not t.default))
    if len(tensors) > 1:
        return named
    return {"anyOf": [next(iter(members.values())), named]} if members else named


def _example_bodies(_: Model, signature: Signature) -> list[Schema]:
    examples = {"type": "array", "items": {"type": "object"}, "minItems": 1}
    body = {"examples": examples, "context": {"type": "object"}}
    return [_named(signature, body, "examples")]


def _answer(model: Model, method: str, fit: Iterable[Signature]) -> Schema:
    if method != "predict":
        return obj({"results": _RESULTS[method]}, ["results"])
    found: list[Schema] = []
    for each in fit:
        rows = _rows(each.outputs, model.card.outputs, out=True)
        if rows is not None:
            found.append(obj({"predictions": {"type": "array", "items": rows}}, ["predictions"]))
        columns = _columns(each.outputs, model.card.outputs, out=True)
        found.append(obj({"outputs": columns}, ["outputs"]))
    return {"anyOf": found}
