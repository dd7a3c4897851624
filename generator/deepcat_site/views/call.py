"""How to call a module: the same request in several languages, ready to paste. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from deepcat.catalog.values import Module
from deepcat_site.html.highlight import fill
from deepcat_site.views.read import mapping

LONG = 1200

# `BODY_0` and the like stand where values are put in once the rest is coloured.
_CURL = "curl --data 'BODY_0' \\\n  'URL_0'"
_PYTHON = """\
import json
from urllib.request import Request, urlopen

request = Request(
    "URL_0",
    data=json.dumps(BODY_0).encode(),
    headers={"Content-Type": "application/json"},
)
print(json.load(urlopen(request)))"""
_JAVASCRIPT = """\
const answer = await fetch("URL_0", {
  method: "POST",
  body: JSON.stringify(BODY_0),
});
console.log(await answer.json());"""
_GRPC = """\
import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

channel = grpc.insecure_channel("ADDRESS_0")
service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
request = predict_pb2.PredictRequest()
request.model_spec.name = "NAME_0"
request.model_spec.signature_name = "SIGNATURE_0"
INPUTS_0
print(service.Predict(request, timeout=10))"""
_DEEPAAS = """\
# A DEEPaaS gateway stands in front of the model.
curl --form data='BODY_0' \\
  'http://127.0.0.1:5000/v2/models/NAME_0/predict/'"""


@dataclass(frozen=True, slots=True)
class Call:
    """One way to call a module.

    Attributes:
        key: names the way in the text catalogue.
        html: highlighted code, to be pasted.
    """

    key: str
    html: Markup


def calls(module: Module, rest: str, grpc: str) -> tuple[Call, ...]:
    """All ways, most common first; empty where the module brings no model.

    Args:
        module: with its samples.
        rest: base address of a deployment such as ``http://127.0.0.1:8501``.
        grpc: ``host:port``.
    """
    if module.model is None:
        return ()
    method, body = request(module)
    url = f"{rest.rstrip('/')}/v1/models/{module.name}:{method}"
    plain = dump(body)
    long = len(plain) > LONG
    signature, inputs = _grpc_inputs(module)
    return (
        Call("curl", _curl(url, plain, long)),
        Call("python", _filled(_PYTHON, "python", url, _python_literal(body), long)),
        Call("javascript", _filled(_JAVASCRIPT, "javascript", url, plain, long)),
        Call(
            "grpc",
            fill(
                _GRPC,
                "python",
                {
                    "INPUTS_0": inputs,
                    "SIGNATURE_0": signature,
                    "NAME_0": module.name,
                    "ADDRESS_0": grpc,
                },
            ),
        ),
        Call("deepaas", _deepaas(module.name, plain, long)),
    )


def request(module: Module) -> tuple[str, Mapping[str, Any]]:
    """The method and body of the best example: a short sample, else a sketch."""
    if module.samples:
        sample = min(module.samples, key=lambda each: len(dump(each.request)) > LONG)
        return sample.method, sample.request
    signatures = module.model.signature if module.model else {}
    name, signature = next(iter(signatures.items()), ("serving_default", {}))
    method = str(mapping(signature).get("method", "predict"))
    key = "instances" if method == "predict" else "examples"
    return method, {"signature_name": str(name), key: []}


def dump(body: Any) -> str:
    """JSON on one line."""
    return json.dumps(body, ensure_ascii=False)


def _python_literal(body: Any) -> str:
    """JSON as a Python literal: only its three words differ, and only outside of strings."""
    return repr(json.loads(dump(body)))


def _curl(url: str, body: str, long: bool) -> Markup:
    pattern = _CURL.replace("'BODY_0'", "@request.json") if long else _CURL
    return fill(pattern, "bash", {"BODY_0": _in_quotes(body), "URL_0": _in_quotes(url)})


def _deepaas(name: str, body: str, long: bool) -> Markup:
    pattern = _DEEPAAS.replace("'BODY_0'", "@request.json") if long else _DEEPAAS
    return fill(pattern, "bash", {"BODY_0": _in_quotes(body), "NAME_0": name})


def _in_quotes(text: str) -> str:
    """Text inside a shell's single quotes."""
    return text.replace("'", "'\\''")


def _filled(pattern: str, language: str, url: str, body: str, long: bool) -> Markup:
    if long:
        body = 'json.load(open("request.json"))' if language == "python" else "request"
    return fill(pattern, language, {"BODY_0": body, "URL_0": json.dumps(url)[1:-1]})


def _grpc_inputs(module: Module) -> tuple[str, str]:
    """The signature's name, and a line for each of its inputs."""
    signatures = module.model.signature if module.model else {}
    chosen = [(n, mapping(s)) for n, s in signatures.items()]
    name, signature = next(
        ((n, s) for n, s in chosen if s.get("method") == "predict"), ("serving_default", {})
    )
    lines = [
        f"request.inputs[{str(tensor)!r}].CopyFrom("
        f"tf.make_tensor_proto(values, dtype={str(mapping(spec).get('dtype', 'float32'))!r}))"
        for tensor, spec in mapping(signature.get("inputs")).items()
    ]
    return str(name), "\n".join(lines)
