"""DEEPaaS' answers: as aiohttp words what is wrong, and predictions in the form that is wanted."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from deepcat.openapi.card import media_type
from deepcat.serving.contract import encode
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.server.deepaas.arguments import ANY, JSON, Predict
from deepcat.serving.server.faces import JSON as PLAIN_JSON
from deepcat.serving.server.faces import Answer, Headers

_JSON: Headers = ((b"content-type", b"application/json; charset=utf-8"),)
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_PHRASES = {
    302: "Found", 308: "Permanent Redirect", 404: "Not Found", 405: "Method Not Allowed",
}  # fmt: skip


def document(value: Any, status: int = 200) -> Answer:
    """A value as JSON."""
    return Answer(status, json.dumps(value).encode(), _JSON)


def plain(status: int, reason: str = "", *more: tuple[bytes, bytes]) -> Answer:
    """A status in words, and headers besides."""
    if status == 204:
        return Answer(status, b"", ())
    text = f"{status}: {reason or _PHRASES[status]}"
    return Answer(status, text.encode("utf-8", "replace"), (_TEXT, *more))


def faulty(faults: Mapping[str, Any], status: int = 422) -> Answer:
    """What is wrong with arguments, by name."""
    return Answer(status, json.dumps(faults).encode(), PLAIN_JSON)


def predicted(predict: Predict, outputs: Mapping[str, Array], accept: str) -> Answer:
    """Predictions: the first file that is of the wanted type, or all outputs as JSON."""
    if accept not in ("", JSON, ANY):
        for name in predict.binary:
            for content in outputs[name].ravel().tolist():
                if media_type(content) == accept or accept == "application/octet-stream":
                    return Answer(200, content, ((b"content-type", accept.encode("latin-1")),))
        return plain(406, f"The model gave no {accept}")
    parts = [
        json.dumps(name).encode() + b": " + _value(name, array, name in predict.binary)
        for name, array in sorted(outputs.items())
    ]
    body = b'{"status": "OK", "predictions": {' + b", ".join(parts) + b"}}"
    return Answer(200, body, _JSON)


def _value(name: str, array: Array, is_binary: bool) -> bytes:
    if not is_binary:
        return encode.tensor_text(name, array)
    texts = [base64.b64encode(each).decode() for each in array.ravel().tolist()]
    return json.dumps(_nested(texts, array.shape)).encode()


def _nested(values: list[str], shape: tuple[int, ...]) -> Any:
    for size in reversed(shape[1:]):
        values = [values[at : at + size] for at in range(0, len(values), size)]  # type: ignore[misc]
    return values if shape else values[0]
