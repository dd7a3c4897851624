"""The whole document of a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepcat.openapi import deepaas, openinference, tensorflow_serving
from deepcat.openapi.answers import ERROR
from deepcat.openapi.values import Model

_TAGS = {
    tensorflow_serving.TAG: "The REST interface of TensorFlow Serving.",
    deepaas.TAG: "DEEPaaS' API, version 2: paths that end with a slash.",
    openinference.TAG: "KServe's protocol, version 2: paths without a slash at their end.",
    "Server": "What the server itself is asked.",
}


def document(models: Sequence[Model], version: str) -> dict[str, Any]:
    """The document, in OpenAPI 3.1.

    Args:
        models: that are served.
        version: of the server.
    """
    paths = {**_server_paths(), **openinference.server_paths(), **deepaas.server_paths()}
    for model in models:
        for protocol in (tensorflow_serving, openinference, deepaas):
            paths |= protocol.paths(model)
    return {
        "openapi": "3.1.0",
        "info": {"title": _title(models), "version": version, **_description(models)},
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {"Error": ERROR},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
        # Whether anybody is asked who he is depends on the deployment.
        "security": [{}, {"key": []}, {"token": []}],
    }


def _title(models: Sequence[Model]) -> str:
    return ", ".join(each.card.title or each.name for each in models) or "No model"


def _description(models: Sequence[Model]) -> dict[str, str]:
    found = "\n\n".join(each.card.description for each in models if each.card.description)
    return {"description": found} if found else {}


def _server_paths() -> dict[str, Any]:
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        path: {
            "get": {
                "tags": ["Server"],
                "operationId": f"server.{what}",
                "summary": summary,
                "responses": {
                    status: {"description": told, "content": text}
                    for status, told in answers.items()
                },
            }
        }
        for path, what, summary, answers in (
            ("/healthz", "alive", "Whether it lives", {"200": "It does"}),
            ("/readyz", "ready", "Whether every model can be asked",
             {"200": "They can", "503": "They cannot yet"}),
            ("/monitoring/prometheus/metrics", "metrics", "Counters for Prometheus",
             {"200": "The counters", "401": "Nobody knows the caller"}),
        )
    }  # fmt: skip
