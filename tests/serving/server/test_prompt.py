"""Where a request is answered: on the event loop when its model is quick, else in a thread."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import grpc
import pytest

from deepcat.serving.contract.protos import predict_pb2
from deepcat.serving.contract.tensors import elements
from deepcat.serving.server.access import Access
from deepcat.serving.server.admission import Admission, Room
from deepcat.serving.server.edge import Application, Rules
from deepcat.serving.server.faces import Answer, Request
from deepcat.serving.server.grpc_api import Method
from deepcat.serving.server.grpc_server import Gates, server

pytestmark = pytest.mark.tensorflow

MODELS = ("quick", "slow")


class Place:
    """A face whose answer is the thread that gave it."""

    def __init__(self, light: bool) -> None:
        self.light = light

    def takes(self, path: str) -> bool:
        return path.startswith("/v1/")

    def respond(self, request: Request) -> Answer:
        assert request.body
        return Answer(200, threading.current_thread().name.encode())


def quick(model: str, body: bytes) -> bool:
    return model == "quick" and b"other" not in body


def place(model: str, body: bytes, *, light: bool = True, waits: bool = False) -> str:
    """The name of the thread that answers; `waits` when a call of the model waits before it."""

    async def ask() -> str:
        admission = Admission(Room(1), asyncio.get_running_loop())
        rules = Rules(2**20, models=lambda: MODELS, prompt=quick)
        application = Application([Place(light)], admission, Access(), rules)
        gate, before = threading.Event(), []
        if waits:
            # One is computed, one waits: the room is for one.
            before = [asyncio.ensure_future(admission.compute(model, gate.wait)) for _ in range(2)]
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_soon(gate.set)
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        path = f"/v1/models/{model}:predict"
        scope = {"type": "http", "method": "POST", "raw_path": path.encode()}
        await application(scope | {"headers": [], "query_string": b""}, receive, send)
        await asyncio.gather(*before)
        return str(sent[-1]["body"].decode())

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("model", "body", "how", "thread"),
    [
        ("quick", b"{}", {}, "MainThread"),
        ("slow", b"{}", {}, "compute"),
        ("quick", b"other", {}, "compute"),
        ("quick", rb'{"\u006fther": 1}', {}, "compute"),
        ("quick", b"{}", {"light": False}, "compute"),
        ("quick", b"{}", {"waits": True}, "compute"),
        ("unknown", b"{}", {}, "compute"),
    ],
    ids=[
        "a quick model", "a slow one", "another signature", "a name that is escaped",
        "a protocol that takes its time", "others wait", "no model",
    ],
)  # fmt: skip
def test_the_thread(model: str, body: bytes, how: Any, thread: str) -> None:
    assert place(model, body, **how) == thread


def place_by_grpc(model: str, rows: int) -> str:
    """As `place`, for a message with one value in a tensor of so many rows."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    tensor = request.inputs["x"]
    tensor.float_val.append(1)
    tensor.tensor_shape.dim.add(size=rows)

    def answer(given: Any, timeout_ms: int) -> bytes:
        assert given == request
        assert timeout_ms > 0
        return threading.current_thread().name.encode()

    async def ask() -> str:
        admission = Admission(Room(1), asyncio.get_running_loop())
        gates = Gates(Access(), admission, lambda: MODELS, quick)
        method = Method(
            "s.S", "M", predict_pb2.PredictRequest, answer, 1, lambda r: elements(r.inputs.values())
        )
        made = server([method], gates, 2**20)
        port = made.add_port("127.0.0.1:0")
        made.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/s.S/M")
            answered = await call(request.SerializeToString(), timeout=60, wait_for_ready=True)
        await made.stop(0)
        return bytes(answered).decode()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("model", "rows", "thread"),
    [("quick", 1, "grpc"), ("quick", 2**20, "compute"), ("slow", 1, "compute")],
    ids=["a quick model", "a tensor that says more than it holds", "a slow one"],
)
def test_the_thread_by_grpc(model: str, rows: int, thread: str) -> None:
    assert place_by_grpc(model, rows) == thread
