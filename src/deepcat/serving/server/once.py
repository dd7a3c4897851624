"""Load one model, answer the requests given on standard input, and end: no port is opened.

``python -m deepcat.serving.server.once`` reads a JSON object: ``name``, ``folder`` (of the
SavedModel, or of a `model.tflite`) and ``requests``, a list of ``[method, body]``. It writes a line
of JSON for each thing that is done: ``{"loaded": why not, or ""}`` first, then ``{"status": …,
"body": …}`` for each request in order, as the REST interface would answer it. Where `model.tflite`
lies beside a SavedModel, the same follows of it. What the model itself prints goes to standard
error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.engine import choose
from deepcat.serving.engine.session import Engine


def main() -> None:
    """Read, answer, write."""
    asked = json.loads(sys.stdin.buffer.read())
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for said in answers(asked):
            out.write(json.dumps(said) + "\n")
            out.flush()


def answers(asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is to be written, in order."""
    from deepcat.serving.engine.forms import has_both
    from deepcat.serving.engine.several import Engines

    yield from _answers(asked, Engines(choose.start))
    if has_both(Path(asked["folder"])):
        yield from _answers(asked, Engines(choose.start, prefer_lite=True))


def _answers(asked: Mapping[str, Any], engine: Engine) -> Iterator[dict[str, Any]]:
    from deepcat.serving.models.loading import load
    from deepcat.serving.models.manager import Models
    from deepcat.serving.models.versions import State
    from deepcat.serving.server.faces import Request
    from deepcat.serving.server.metrics import Metrics
    from deepcat.serving.server.rest import TensorFlowServingFace

    name = asked["name"]
    models = Models(partial(load, engine))
    models.configure([ModelConfig(name, asked["folder"])])
    models.refresh()
    status = models.statuses(name)[0]
    yield {"loaded": "" if status.state is State.AVAILABLE else status.message or "it ended"}
    if status.state is not State.AVAILABLE:
        return
    face = TensorFlowServingFace(models, Metrics())
    for method, body in asked["requests"]:
        path = f"/v1/models/{quote(name, safe='')}:{method}"
        answer = face.respond(Request("POST", path, json.dumps(body).encode()))
        yield {"status": answer.status, "body": answer.body.decode(errors="replace")}


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # what the model began must not keep it from ending
