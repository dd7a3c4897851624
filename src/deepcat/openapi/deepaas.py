"""DEEPaaS' API of one server, and of one model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from deepcat.openapi.answers import good, json_body, plain
from deepcat.openapi.card import is_file, response_media
from deepcat.openapi.schemas import TEXT, Schema, described, element, obj, result, value
from deepcat.openapi.values import Model, Signature, Tensor

TAG = "DEEPaaS"
# The argument by which a signature is chosen.
CHOICE = "signature_name"
_FILE: Schema = {"type": "string", "format": "binary"}
_ERRORS = ("401", "403", "404", "429", "500", "503", "504")
_LINKS: Schema = {"type": "array", "items": obj({"rel": TEXT, "href": TEXT}, ["rel", "href"])}
_META = obj(
    {
        **dict.fromkeys(("id", "name", "description", "license", "author", "version", "url"), TEXT),
        "links": _LINKS,
    },
    ["id", "name", "description"],
)
_VERSION = obj({"version": TEXT, "id": TEXT, "links": _LINKS}, ["id", "version"])


def server_paths() -> dict[str, Any]:
    """The paths that are of no model."""
    versions = obj({"versions": {"type": "array", "items": _VERSION}, "links": _LINKS})
    models = obj({"models": {"type": "array", "items": _META}}, ["models"])
    debug = {"204": {"description": "There is no debug information"}, **plain("401", "403")}
    return {
        "/": {"get": _get("versions", "Versions of the API", versions)},
        "/v2/": {"get": _get("version", "Version 2", _VERSION)},
        "/v2/debug/": {
            "get": {
                "tags": [TAG],
                "operationId": "deepaas.debug",
                "summary": "Debug information",
                "responses": debug,
            }
        },
        "/v2/models/": {"get": _get("models", "The models", models)},
    }


def paths(model: Model) -> dict[str, Any]:
    """A model's paths."""
    start = f"/v2/models/{quote(model.name, safe='')}"
    trainings: Schema = {"type": "array", "items": {"type": "object"}}
    train = _get(f"trainings.{model.name}", "Its trainings", trainings)
    return {
        f"{start}/": {"get": _get(f"metadata.{model.name}", "What it is", _META)},
        f"{start}/predict/": {"post": _predict(model)},
        f"{start}/train/": {
            "get": train,
            "post": {
                "tags": [TAG],
                "operationId": f"deepaas.train.{model.name}",
                "summary": "Train, where there is a facility for it",
                "responses": plain("501", *_ERRORS),
            },
        },
    }


def _get(what: str, summary: str, schema: Schema) -> dict[str, Any]:
    return {
        "tags": [TAG],
        "operationId": f"deepaas.{what}",
        "summary": summary,
        "responses": {**good(summary, json_body(schema)), **plain(*_ERRORS)},
    }


def _offered(model: Model) -> tuple[Signature, ...]:
    """The signatures that predict chooses among, the usual one first."""
    first = model.first
    if first is None:
        return ()
    rest = sorted((each for each in model.signatures if each != first), key=lambda s: s.name)
    is_taken = any(tensor.name == CHOICE for each in model.signatures for tensor in each.inputs)
    return (first,) if is_taken else (first, *rest)


def _predict(model: Model) -> dict[str, Any]:
    offered = _offered(model)
    card = model.card
    inputs = [tensor for each in offered for tensor in each.inputs]
    files = {t.name for t in inputs if is_file(t.name, t.dtype, card, of_input=True)}
    forms = ((t.name, _FILE if t.name in files else _value(t)) for t in inputs)
    members = _members(forms, card.inputs)
    if len(offered) > 1:
        names = [each.name for each in offered]
        members[CHOICE] = {"type": "string", "enum": names, "default": names[0]}
    needed = [{t.name for t in each.inputs if not t.default} for each in offered]
    body = obj(members, set.intersection(*needed) if needed else ())
    media = "multipart/form-data" if files else "application/json"
    return {
        "tags": [TAG],
        "operationId": f"deepaas.predict.{model.name}",
        "summary": f"Predict with {model.name}",
        "requestBody": {"required": True, "content": {media: {"schema": body}}},
        "responses": {
            **good("What the model gives", _content(model, offered)),
            **plain("400", "406", "413", "422", *_ERRORS),
        },
    }


def _content(model: Model, offered: Sequence[Signature]) -> dict[str, Any]:
    outputs = [tensor for each in offered for tensor in each.outputs]
    binary = {
        t.name: response_media(model.card, t.name) or ()
        for t in outputs
        if is_file(t.name, t.dtype, model.card, of_input=False)
    }
    forms = ((t.name, _output(t, is_binary=t.name in binary)) for t in outputs)
    members = _members(forms, model.card.outputs)
    given = [{tensor.name for tensor in each.outputs} for each in offered]
    predictions = obj(members, set.intersection(*given) if given else ())
    found = json_body(obj({"status": TEXT, "predictions": predictions}, ["status", "predictions"]))
    kinds = sorted({each for media in binary.values() for each in media})
    for kind in kinds or (["application/octet-stream"] if binary else []):
        found[kind] = {}
    return found


def _members(forms: Iterable[tuple[str, Schema]], texts: Mapping[str, str]) -> dict[str, Schema]:
    """Tensors by name; one that signatures have in several forms has any of them."""
    found: dict[str, list[Schema]] = {}
    for name, form in forms:
        known = found.setdefault(name, [])
        if form not in known:
            known.append(form)
    return {
        name: described(known[0] if len(known) == 1 else {"anyOf": known}, texts.get(name, ""))
        for name, known in found.items()
    }


def _output(tensor: Tensor, *, is_binary: bool) -> Schema:
    if is_binary:
        return value(tensor, {"type": "string", "contentEncoding": "base64"})
    return value(tensor, TEXT if tensor.dtype == "string" else result(tensor.dtype), loose=True)


def _value(tensor: Tensor) -> Schema:
    inner = TEXT if tensor.dtype == "string" else element(tensor.dtype)
    return value(tensor, inner)
