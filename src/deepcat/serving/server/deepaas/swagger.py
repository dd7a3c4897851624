"""What DEEPaaS' clients read of a server: ``swagger.json``, version 2.0 of OpenAPI. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from deepcat.serving.server.deepaas.arguments import (
    ANY,
    JSON,
    SIGNATURE,
    Argument,
    Offered,
    kind_of,
)

_TYPES: dict[str, dict[str, str]] = {
    "integer": {"type": "integer", "format": "int32"},
    "number": {"type": "number", "format": "float"},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
}
# The longest integers, which `int32` would deny.
_LONG = ("int64", "uint64", "uint32")


def swagger(offers: Mapping[str, Offered], version: str) -> dict[str, Any]:
    """The document for models by name.

    Args:
        offers: what each model's predict takes and gives.
        version: of the server.
    """
    paths: dict[str, Any] = {
        "/": {"get": _get("versions", "Get available API versions", "Versions")},
        "/v2/": {"get": _get("versions", "Get V2 API version information", "Version")},
        "/v2/debug/": {
            "get": {
                "tags": ["debug"],
                "summary": "Return debug information, which this server has none of.",
                "parameters": [],
                "produces": ["text/plain"],
                "responses": {"204": {"description": "No debug information"}},
            }
        },
        "/v2/models/": {"get": _get("models", "Return the models and what they are", "Models")},
    }
    definitions = dict(_DEFINITIONS)
    for name, offer in offers.items():
        called = "Prediction" if len(offers) == 1 else f"Prediction-{name}"
        definitions[called] = _prediction(offer)
        paths |= _paths(f"/v2/models/{quote(name, safe='')}", offer, called)
    return {
        "swagger": "2.0",
        "info": {
            "title": "DEEPaaS API",
            "version": version,
            "description": "Models by the API of DEEPaaS, served by deepcat.",
        },
        "paths": paths,
        "definitions": definitions,
    }


def _paths(start: str, offer: Offered, called: str) -> dict[str, Any]:
    trained = {"501": {"description": "There is nothing here that trains"}}
    uuid = [{"in": "path", "name": "uuid", "required": True, "type": "string"}]
    status = _get("models", "Get status of a training", "Training")
    none = {"404": {"description": "There is no such training"}}
    return {
        f"{start}/": {"get": _get("models", "Return model's metadata", "ModelMeta")},
        f"{start}/predict/": {"post": _predict(offer, called)},
        f"{start}/train/": {
            "post": {**_bare("Retrain model with available data"), "responses": trained},
            "get": {
                **_bare("Get a list of trainings (running or completed)"),
                "responses": _answer("TrainingList"),
            },
        },
        f"{start}/train/{{uuid}}": {
            "get": {**status, "parameters": uuid, "responses": {**status["responses"], **none}},
            "delete": {**_bare("Cancel a running training"), "parameters": uuid, "responses": none},
        },
    }


def _predict(offer: Offered, called: str) -> dict[str, Any]:
    produces = [*offer.accepts, ANY] if offer.accepts else [JSON]
    parameters = [_parameter(each) for each in offer.arguments]
    if offer.names:
        parameters.append(
            _choice("query", SIGNATURE, offer.names, "Signature of the model that is run.")
        )
    if offer.accepts:
        told = "Media type that the answer shall have."
        parameters.append(_choice("header", "accept", produces, told))
    return {
        "tags": ["models"],
        "summary": "Make a prediction given the input data",
        "parameters": parameters,
        "produces": produces,
        "responses": {
            **_answer(called),
            "400": {"description": "The model refuses them", "schema": _ref("Failure")},
            "422": {"description": "Arguments are missing or wrong"},
        },
    }


def _choice(where: str, name: str, words: Sequence[str], told: str) -> dict[str, Any]:
    """A parameter that is one of some words, the first where it is not given."""
    chosen = {"type": "string", "default": words[0], "enum": list(words), "description": told}
    return {"in": where, "name": name, "required": False, **chosen}


def _parameter(argument: Argument) -> dict[str, Any]:
    is_file = argument.kind == "file"
    found: dict[str, Any] = {
        "in": "formData" if is_file else "query",
        "name": argument.name,
        "required": argument.required,
    }
    if is_file:
        found["type"] = "file"
    else:
        depth = 1 if argument.depth is None else argument.depth
        found |= _listed(_element(argument), depth)
        if depth:
            found["collectionFormat"] = "multi"
    return {**found, "description": argument.description}


def _element(argument: Argument) -> dict[str, str]:
    if argument.tensor.dtype.name in _LONG:
        return {"type": "integer", "format": "int64"}
    return _TYPES[argument.kind]


def _listed(element: dict[str, Any], depth: int) -> dict[str, Any]:
    for _ in range(depth):
        element = {"type": "array", "items": element}
    return element


def _prediction(offer: Offered) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for predict in offer.predicts.values():
        for tensor in predict.signature.outputs:
            element = _TYPES[kind_of(tensor.dtype)]
            # Of a tensor of any rank nothing is known but what it is for.
            known = {} if tensor.shape is None else _listed(element, len(tensor.shape))
            told = {**known, "description": predict.descriptions[tensor.name]}
            outputs.setdefault(tensor.name, told)
    return _object(
        {
            "status": {"type": "string", "description": "OK"},
            "predictions": {"type": "object", "properties": outputs},
        },
        "status",
        "predictions",
    )


def _bare(summary: str) -> dict[str, Any]:
    return {"tags": ["models"], "summary": summary, "parameters": [], "produces": [JSON]}


def _get(tag: str, summary: str, schema: str) -> dict[str, Any]:
    return {**_bare(summary), "tags": [tag], "responses": _answer(schema)}


def _answer(schema: str) -> dict[str, Any]:
    return {"200": {"description": "", "schema": _ref(schema)}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(required)}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


_TEXT = {"type": "string"}
_DEFINITIONS: dict[str, Any] = {
    "Failure": _object({"message": _TEXT}, "message"),
    "Location": _object({"rel": _TEXT, "href": _TEXT, "type": _TEXT}, "href", "rel"),
    "Version": _object(
        {"version": _TEXT, "id": _TEXT, "links": _list_of("Location")}, "id", "version"
    ),
    "Versions": _object(
        {"versions": _list_of("Version"), "links": _list_of("Location")}, "versions"
    ),
    "ModelMeta": _object(
        {
            **dict.fromkeys(
                ("id", "name", "description", "license", "author", "version", "url"), _TEXT
            ),
            "links": _list_of("Location"),
        },
        "id",
        "name",
        "description",
    ),
    "Models": _object({"models": _list_of("ModelMeta")}, "models"),
    "Training": _object(
        {
            "uuid": {"type": "string", "format": "uuid"},
            "date": {"type": "string", "format": "date-time"},
            "status": {"type": "string", "enum": ["running", "error", "completed", "cancelled"]},
            "message": _TEXT,
        },
        "date",
        "status",
        "uuid",
    ),
    "TrainingList": _list_of("Training"),
}
