"""How to call a module by the other protocols that its server speaks. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from deepcat.openapi.card import is_file
from deepcat.openapi.openinference import DATATYPES
from deepcat.openapi.values import Model
from deepcat_site.html.highlight import fill
from deepcat_site.views.asked import LONG, Asked, dump
from deepcat_site.views.read import mapping

_CURL = "curl --json 'BODY_0' \\\n  'URL_0'"
# Numbers and texts go as JSON; who has a file uploads it.
_FILE = "curl --form 'INPUT_0=@FILE' \\\n  'URL_0'"


def in_quotes(text: str) -> str:
    """Text inside a shell's single quotes."""
    return text.replace("'", "'\\''")


def deepaas(model: Model, asked: Asked, url: str) -> Markup | None:
    """By DEEPaaS: an argument for each input of the model's first signature; None for others."""
    inputs = model.first.inputs if model.first else ()
    for each in inputs:
        if is_file(each.name, each.dtype, model.card, of_input=True):
            words = {"INPUT_0": in_quotes(each.name), "URL_0": in_quotes(url)}
            return fill(_FILE, "bash", words)
    body = dump(asked.columns)
    if len(body) > LONG or {each.name for each in inputs} != {*asked.columns}:
        return None
    return fill(_CURL, "bash", {"BODY_0": in_quotes(body), "URL_0": in_quotes(url)})


def tensors(asked: Asked) -> Mapping[str, Any] | None:
    """The body of the Open Inference Protocol; None for one that is too long, or has no tensors."""
    inputs = []
    for name, value in asked.columns.items():
        spec = mapping(asked.inputs.get(name))
        datatype = DATATYPES.get(str(spec.get("dtype")))
        shape, flat = _flat(value)
        if datatype is None or shape is None:
            return None
        tensor: dict[str, Any] = {"name": name, "shape": shape, "datatype": datatype}
        if any(isinstance(each, Mapping) for each in flat):
            tensor["parameters"] = {"content_type": "base64"}
            flat = [mapping(each).get("b64", "") for each in flat]
        inputs.append({**tensor, "data": flat})
    body: dict[str, Any] = {"inputs": inputs}
    if asked.signature != "serving_default":
        body = {"parameters": {"signature_name": asked.signature}, **body}
    return body if inputs and len(dump(body)) <= LONG * 2 else None


def open_inference(body: Mapping[str, Any], url: str) -> Markup:
    """By the Open Inference Protocol, over HTTP."""
    return fill(_CURL, "bash", {"BODY_0": in_quotes(json.dumps(body)), "URL_0": in_quotes(url)})


def _flat(value: Any) -> tuple[list[int] | None, list[Any]]:
    """The shape of nested lists and their values in order; no shape where they are ragged."""
    if not isinstance(value, list):
        return [], [value]
    parts = [_flat(each) for each in value]
    inner = parts[0][0] if parts else []
    if any(shape is None or shape != inner for shape, _ in parts):
        return None, []
    return [len(value), *(inner or [])], [each for _, flat in parts for each in flat]
