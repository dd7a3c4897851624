"""How to call a module: the same request in several languages, ready to paste."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.values import Module, Sample

_LONG = 1200


@dataclass(frozen=True, slots=True)
class Call:
    """One way to call a module.

    Attributes:
        key: names the language in the text catalogue.
        language: for highlighting.
        code: to be pasted.
    """

    key: str
    language: str
    code: str


def calls(module: Module, rest: str, grpc: str) -> tuple[Call, ...]:
    """All ways, most common first; empty where the module brings no model.

    Args:
        module: with its samples.
        rest: base address of a deployment such as ``http://127.0.0.1:8501``.
        grpc: ``host:port``.
    """
    if module.model is None:
        return ()
    method, body = _request(module)
    url = f"{rest.rstrip('/')}/v1/models/{module.name}:{method}"
    return (
        Call("curl", "bash", _curl(url, body)),
        Call("python", "python", _python(url, body)),
        Call("javascript", "javascript", _javascript(url, body)),
        Call("grpc", "python", _grpc(module, grpc)),
        Call("deepaas", "bash", _deepaas(body)),
    )


def _request(module: Module) -> tuple[str, str]:
    sample = next(iter(short_samples(module.samples)), None)
    if sample is not None:
        return sample.method, dump(sample.request)
    signatures: Mapping[str, Any] = module.model.signature if module.model else {}
    name, signature = next(iter(signatures.items()), ("serving_default", {}))
    method = (
        str(signature.get("method", "predict")) if isinstance(signature, Mapping) else "predict"
    )
    key = "instances" if method == "predict" else "examples"
    return method, dump({"signature_name": str(name), key: []})


def short_samples(samples: tuple[Sample, ...]) -> list[Sample]:
    """The samples, those whose request is short enough to read first."""
    return sorted(samples, key=lambda sample: len(dump(sample.request)) > _LONG)


def dump(body: Any) -> str:
    """JSON on one line."""
    return json.dumps(body, ensure_ascii=False)


def _shell_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _curl(url: str, body: str) -> str:
    if len(body) > _LONG:
        return f"curl --data @request.json {_shell_quoted(url)}"
    return f"curl --data {_shell_quoted(body)} \\\n  {_shell_quoted(url)}"


def _python(url: str, body: str) -> str:
    request = "open('request.json').read()" if len(body) > _LONG else repr(body)
    return (
        "import json\nfrom urllib.request import Request, urlopen\n\n"
        f"body = {request}\n"
        f"request = Request({url!r},\n"
        "                  data=body.encode(), headers={'Content-Type': 'application/json'})\n"
        "print(json.load(urlopen(request)))"
    )


def _javascript(url: str, body: str) -> str:
    shown = "/* the sample's request */" if len(body) > _LONG else body
    return (
        f"const answer = await fetch({json.dumps(url)}, {{\n"
        '  method: "POST",\n'
        f"  body: JSON.stringify({shown}),\n"
        "});\n"
        "console.log(await answer.json());"
    )


def _grpc(module: Module, address: str) -> str:
    signatures: Mapping[str, Any] = module.model.signature if module.model else {}
    name, signature = next(
        ((n, s) for n, s in signatures.items() if _method(s) == "predict"), ("serving_default", {})
    )
    inputs = signature.get("inputs", {}) if isinstance(signature, Mapping) else {}
    lines = [
        "import grpc, tensorflow as tf",
        "from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc",
        "",
        f"channel = grpc.insecure_channel({address!r})",
        "service = prediction_service_pb2_grpc.PredictionServiceStub(channel)",
        "request = predict_pb2.PredictRequest()",
        f"request.model_spec.name = {module.name!r}",
        f"request.model_spec.signature_name = {str(name)!r}",
    ]
    for tensor, spec in inputs.items() if isinstance(inputs, Mapping) else ():
        dtype = spec.get("dtype", "float32") if isinstance(spec, Mapping) else "float32"
        lines.append(
            f"request.inputs[{str(tensor)!r}].CopyFrom("
            f"tf.make_tensor_proto(values, dtype={str(dtype)!r}))"
        )
    return "\n".join([*lines, "print(service.Predict(request, timeout=10))"])


def _method(signature: Any) -> str:
    return str(signature.get("method", "")) if isinstance(signature, Mapping) else ""


def _deepaas(body: str) -> str:
    shown = "@request.json" if len(body) > _LONG else _shell_quoted(body)
    return (
        "deepaas-run --listen-port 5000   # a DEEPaaS gateway in front of the model\n"
        f"curl --form data={shown} 'http://127.0.0.1:5000/v2/models/predict/'"
    )
