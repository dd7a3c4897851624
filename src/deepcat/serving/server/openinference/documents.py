"""Bodies of inference by REST: JSON, and tensors as bytes behind it. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.serving.contract import dtypes, encode
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.jsontext import parse_object
from deepcat.serving.contract.status import invalid
from deepcat.serving.models.signatures import Signature
from deepcat.serving.server.faces import JSON, Answer, Headers
from deepcat.serving.server.openinference import tensors
from deepcat.serving.server.openinference.asking import SIGNATURE, Inferred, input_of

_HEADER = b"inference-header-content-length"
_SIZE = "binary_data_size"
_BINARY = "binary_data"
_ALL_BINARY = "binary_data_output"
# As MLServer marks elements that are no text.
_CONTENT_TYPE, _BASE64 = "content_type", "base64"


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body, taken apart.

    Attributes:
        document: its JSON.
        rest: the bytes behind that.
        outputs: what is wanted, by name: whether as bytes; none for all.
        all_binary: whether outputs of which nothing is said are wanted as bytes.
    """

    document: Mapping[str, Any]
    rest: bytes
    outputs: Mapping[str, bool]
    all_binary: bool

    @property
    def signature_name(self) -> str:
        """The signature that it names; empty for the default."""
        name = _parameters(self.document).get(SIGNATURE, "")
        if not isinstance(name, str):
            raise invalid(f"{SIGNATURE} is no text")
        return name

    def arrays(self, signature: Signature) -> tuple[dict[str, Array], Sequence[str]]:
        """The inputs by name, and the wanted outputs.

        Raises:
            ServingError: INVALID_ARGUMENT.
        """
        found: dict[str, Array] = {}
        at = 0
        for each in _objects(self.document, "inputs"):
            tensor = input_of(signature, each.get("name"))
            if tensor.name in found:
                raise invalid(f"input {tensor.name!r} is there twice")
            given = each.get("datatype"), tensor.dtype, each.get("shape")
            shape = tensors.require(tensor.name, *given)
            parameters = _parameters(each)
            if _SIZE not in parameters:
                is_base64 = parameters.get(_CONTENT_TYPE) == _BASE64
                how = each.get("data"), tensor.dtype, shape, is_base64
                found[tensor.name] = tensors.from_json(tensor.name, *how)
                continue
            size = parameters[_SIZE]
            if not isinstance(size, int) or not 0 <= size <= len(self.rest) - at:
                raise invalid(f"input {tensor.name!r} says it has {str(size)[:40]} bytes")
            data = self.rest[at : at + size]
            found[tensor.name] = tensors.from_bytes(tensor.name, data, tensor.dtype, shape)
            at += size
        if at != len(self.rest):
            raise invalid(f"{len(self.rest) - at} bytes belong to no input")
        return found, tuple(self.outputs)


def read(headers: Headers, body: bytes) -> Body:
    """Take a body apart.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    length = next((value for name, value in headers if name == _HEADER), None)
    if length is None:
        text, rest = body, b""
    else:
        if not length.isdigit() or len(length) > 12 or int(length) > len(body):
            raise invalid("Inference-Header-Content-Length is no length of this body's JSON")
        text, rest = body[: int(length)], body[int(length) :]
    document = parse_object(text)
    all_binary = _parameters(document).get(_ALL_BINARY) is True
    outputs = {}
    for each in _objects(document, "outputs") if "outputs" in document else ():
        name = each.get("name")
        if not isinstance(name, str):
            raise invalid("an output has no name")
        outputs[name] = bool(_parameters(each).get(_BINARY, all_binary))
    return Body(document, rest, outputs, all_binary)


def written(name: str, body: Body, inferred: Inferred) -> Answer:
    """The answer, each output in the form in which it is wanted."""
    parts, binary = [], []
    for output, array in inferred.outputs.items():
        told: dict[str, Any] = {
            "name": output,
            "datatype": tensors.datatype(dtypes.of_array(array)),
            "shape": list(array.shape),
        }
        if body.outputs.get(output, body.all_binary):
            binary.append(tensors.to_bytes(array))
            told["parameters"] = {_SIZE: len(binary[-1])}
            parts.append(json.dumps(told))
        else:
            parts.append(_with_data(told, array))
    start = {"model_name": name, "model_version": str(inferred.version)}
    if isinstance(asked := body.document.get("id"), str):
        start["id"] = asked
    text = (json.dumps(start)[:-1] + ', "outputs": [' + ", ".join(parts) + "]}").encode()
    if not binary:
        return Answer(200, text)
    headers = (
        (b"content-type", b"application/octet-stream"),
        (_HEADER, str(len(text)).encode()),
    )
    return Answer(200, b"".join((text, *binary)), headers)


def error(status: int, message: str, *more: tuple[bytes, bytes]) -> Answer:
    """What is wrong, in words."""
    return Answer(status, json.dumps({"error": message}).encode(), (*JSON, *more))


def _with_data(told: dict[str, Any], array: Array) -> str:
    flat = array.ravel()
    if flat.dtype.kind != "O":
        # NumPy's own numbers as JSON has them, NaN among them.
        data = encode.tensor_text("", flat).decode() if flat.size else "[]"
    else:
        try:
            data = json.dumps([each.decode() for each in flat.tolist()])
        except UnicodeDecodeError:
            told["parameters"] = {_CONTENT_TYPE: _BASE64}
            data = json.dumps([base64.b64encode(each).decode() for each in flat.tolist()])
    return json.dumps(told)[:-1] + ', "data": ' + data + "}"


def _objects(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = document.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise invalid(f"{name} is no list of objects")
    return found


def _parameters(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found = value.get("parameters", {})
    if not isinstance(found, dict):
        raise invalid("parameters is no object")
    return found
