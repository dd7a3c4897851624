"""How to call a module: the same request in several languages, ready to paste. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from deepcat.catalog.about import described
from deepcat.catalog.values import Module
from deepcat_site.html.highlight import fill
from deepcat_site.views import call_faces, call_grpc
from deepcat_site.views.asked import Asked, asked, dump

# `BODY_0` and the like stand where values are put in once the rest is coloured.
_CURL = "curl --data 'BODY_0' \\\n  'URL_0'"
_PYTHON = """\
import requests

answer = requests.post("URL_0", json=BODY_0, timeout=60)
answer.raise_for_status()
print(answer.json())"""
_PYTHON_FILE = """\
import requests

with open("request.json", "rb") as body:
    answer = requests.post("URL_0", data=body, timeout=60)
answer.raise_for_status()
print(answer.json())"""
_JAVASCRIPT = """\
const answer = await fetch("URL_0", {
  method: "POST",
  body: JSON.stringify(BODY_0),
});
console.log(await answer.text());"""
_JAVASCRIPT_FILE = """\
import { readFile } from "node:fs/promises";

const body = await readFile("request.json");
const answer = await fetch("URL_0", { method: "POST", body });
console.log(await answer.text());"""


@dataclass(frozen=True, slots=True)
class Call:
    """One way to call a module.

    Attributes:
        key: names the way in the text catalogue.
        html: highlighted code, to be pasted.
    """

    key: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Calls:
    """All ways to call a module, most common first; none where it brings no model.

    Attributes:
        ways: each with its code.
        file: the number of the sample whose request the code reads from ``request.json``; 0 where
            the code holds all that is sent.
    """

    ways: tuple[Call, ...] = ()
    file: int = 0


def calls(module: Module, rest: str, grpc: str) -> Calls:
    """How to call a module.

    Args:
        module: with its samples.
        rest: base address of a deployment such as ``http://127.0.0.1:8501``.
        grpc: ``host:port``; empty for a deployment that answers by HTTP alone.
    """
    base = rest.rstrip("/")
    best, predicted = asked(module), asked(module, "predict")
    if module.model is None or best is None:
        return Calls()
    url = f"{base}/v1/models/{module.name}:{best.method}"
    ways = [
        Call("curl", _curl(url, best)),
        Call("python", _python(url, best)),
        Call("javascript", _javascript(url, best)),
    ]
    infer = call_faces.tensors(predicted) if predicted else None
    if predicted and grpc:
        is_safe = base.startswith("https:")
        ways.insert(2, Call("tensorflow", call_grpc.tensorflow(predicted, grpc, is_safe=is_safe)))
        if infer is not None and (body := call_grpc.contents(infer)) is not None:
            code = call_grpc.reflected(predicted, body, grpc, is_safe=is_safe)
            ways.append(Call("grpc", code))
    if predicted and (model := described(module)) is not None:
        at = f"{base}/v2/models/{module.name}"
        if deepaas := call_faces.deepaas(model, predicted, f"{at}/predict/"):
            ways.append(Call("deepaas", deepaas))
        if infer is not None:
            ways.append(Call("inference", call_faces.open_inference(infer, f"{at}/infer")))
    return Calls(tuple(ways), best.sample if best.is_long else 0)


def _curl(url: str, best: Asked) -> Markup:
    pattern = _CURL.replace("'BODY_0'", "@request.json") if best.is_long else _CURL
    words = {"BODY_0": call_faces.in_quotes(dump(best.body)), "URL_0": call_faces.in_quotes(url)}
    return fill(pattern, "bash", words)


def _python(url: str, best: Asked) -> Markup:
    pattern = _PYTHON_FILE if best.is_long else _PYTHON
    words = {"BODY_0": python_literal(best.body), "URL_0": json.dumps(url)[1:-1]}
    return fill(pattern, "python", words)


def _javascript(url: str, best: Asked) -> Markup:
    pattern = _JAVASCRIPT_FILE if best.is_long else _JAVASCRIPT
    words = {"BODY_0": dump(best.body), "URL_0": json.dumps(url)[1:-1]}
    return fill(pattern, "javascript", words)


def python_literal(body: Any) -> str:
    """JSON as a Python literal: only its three words differ, and only outside of strings."""
    return repr(json.loads(dump(body)))
