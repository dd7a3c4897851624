"""More requests than there is room for: who waits, who is refused, and what is never begun."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from waiting import until

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow, pytest.mark.xdist_group("overload")]

QUICK = {"instances": [1.0]}


@pytest.fixture(scope="module")
def narrow(models: Path, start_server: Callable[..., Any]) -> Any:
    """A server that computes two calls at once and lets three of each model wait."""
    return start_server(
        *("--model", f"slow={models / 'echo'}", "--model", f"quick={models / 'half_plus_two_tf1'}"),
        *("--workers", "2", "--max-waiting-each", "3", "--max-waiting", "4"),
    )


def slow_body(steps: int) -> dict[str, Any]:
    return {"signature_name": "slow", "inputs": steps}


@pytest.fixture(scope="module")
def steps(narrow: Any) -> int:
    """As many steps of the slow model as take most of a second here and now."""

    def seconds(steps: int) -> float:
        begun = time.monotonic()
        assert narrow.predict("slow", slow_body(steps)).status == 200
        return time.monotonic() - begun

    seconds(1)  # the first call prepares the graph
    steps, took = 50, 0.0
    while took < 0.4:
        steps *= 2
        # On a busy machine one call alone may have waited for others.
        took = min(seconds(steps) for _ in range(3))
    return int(steps * 0.8 / took)


@contextmanager
def flood(server: Any, steps: int, count: int) -> Iterator[list[Any]]:
    """So many slow calls at once; the answers, once all are there."""
    answers: list[Any] = []
    with ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(server.predict, "slow", slow_body(steps)) for _ in range(count)]
        yield asked
        answers += [each.result() for each in asked]


def test_who_finds_no_place_is_told_at_once(narrow: Any, steps: int) -> None:
    with flood(narrow, steps, 12) as asked:
        until(lambda: any(each.done() for each in asked))
        refused = [each.result() for each in asked if each.done()]
        assert {answer.status for answer in refused} == {429}
        assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)
        assert "Too many requests wait for model slow" in refused[0].json["error"]
        assert sum(not each.done() for each in asked) >= 5
    statuses = [each.result().status for each in asked]
    assert statuses.count(200) == 5
    assert statuses.count(429) == 7


def test_grpc_is_told_the_same(narrow: Any, steps: int) -> None:
    import grpc
    import numpy as np

    from deepcat.serving.contract.protos import predict_pb2
    from deepcat.serving.contract.tensors import to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "slow", "slow"
    request.inputs["x"].CopyFrom(to_proto(np.array(steps, np.float32)))
    predict = narrow.stub("PredictionService").Predict
    calls = [predict.future(request, timeout=300) for _ in range(12)]
    codes = [call.code() for call in calls]
    assert codes.count(grpc.StatusCode.OK) == 5
    refused = [call for call in calls if call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED]
    assert len(refused) == 7
    trailing = dict(refused[0].trailing_metadata())
    assert 1 <= int(trailing["retry-after"]) <= 60


def test_slow_calls_of_one_model_hold_up_no_other(narrow: Any, steps: int) -> None:
    with flood(narrow, steps, 5) as asked:
        for _ in range(20):
            assert narrow.predict("quick", QUICK).status == 200
        assert narrow.ask("GET", "/v1/models/slow").status == 200
        assert narrow.ask("GET", "/monitoring/prometheus/metrics").status == 200
        assert not all(each.done() for each in asked)


def test_a_call_that_waits_ends_with_its_deadline(narrow: Any, steps: int) -> None:
    import grpc
    import numpy as np

    from deepcat.serving.contract.protos import predict_pb2
    from deepcat.serving.contract.tensors import to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "slow", "slow"
    request.inputs["x"].CopyFrom(to_proto(np.array(steps * 50, np.float32)))
    begun = time.monotonic()
    with pytest.raises(grpc.RpcError) as caught:
        narrow.stub("PredictionService").Predict(request, timeout=1)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # A hundred seconds were asked for; the run ends with the deadline, and gives its place back.
    answers = [narrow.predict("slow", slow_body(1)) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert time.monotonic() - begun < 50


def sent(server: Any, steps: int) -> socket.socket:
    """A connection by which a slow call was asked, and read by the server."""
    body = json.dumps(slow_body(steps)).encode()
    head = f"POST /v1/models/slow:predict HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}"
    opened = socket.create_connection(("127.0.0.1", server.rest_port), timeout=120)
    try:
        opened.sendall(head.encode() + b"\r\n\r\n" + body)
        # What is asked after it, and needs no place, is answered.
        assert server.ask("GET", "/v1/models/slow").status == 200
    except BaseException:
        opened.close()
        raise
    return opened


def answer_of(opened: socket.socket) -> tuple[int, Any]:
    with closing(http.client.HTTPResponse(opened)) as response:
        response.begin()
        return response.status, json.loads(response.read())


@pytest.mark.parametrize("way", ["reset", "closed"])
def test_what_a_client_that_has_gone_asked_is_not_begun(
    models: Path, start_server: Callable[..., Any], steps: int, way: str
) -> None:
    server = start_server("--model", f"slow={models / 'echo'}", "--workers", "1", "--no-grpc")
    with sent(server, steps) as first:
        with ExitStack() as opened:
            for gone in [opened.enter_context(sent(server, steps)) for _ in range(4)]:
                if way == "reset":
                    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert answer_of(first)[0] == 200
    assert server.predict("slow", slow_body(1)).status == 200
    lines = server.ask("GET", "/monitoring/prometheus/metrics").body.decode().splitlines()
    (counted,) = [line for line in lines if ":request_count{" in line]
    assert counted.endswith(" 2")
    assert server.stop() == 0


def test_a_client_that_says_no_more_gets_its_answer(narrow: Any, steps: int) -> None:
    with sent(narrow, steps) as opened:
        opened.shutdown(socket.SHUT_WR)
        status, answer = answer_of(opened)
        assert status == 200
        assert "outputs" in answer


def test_rest_has_a_deadline(models: Path, start_server: Callable[..., Any], steps: int) -> None:
    server = start_server("--model", f"slow={models / 'echo'}", "--rest_api_timeout_in_ms", "2000")
    # Too many for any machine that was busy when they were counted and is so no more.
    answer = server.predict("slow", slow_body(steps * 5000))
    assert answer.status == 504
    assert "deadline" in answer.json["error"].lower()
    until(lambda: server.predict("slow", slow_body(1)).status == 200)
    assert server.stop() == 0


def test_the_end_comes_in_time_whatever_runs(
    models: Path, start_server: Callable[..., Any], steps: int
) -> None:
    server = start_server(
        *("--model", f"slow={models / 'echo'}", "--grace-seconds", "1"),
        *("--rest_api_timeout_in_ms", "0"),
    )
    ended = threading.Event()

    def ask() -> None:
        with suppress(OSError, http.client.HTTPException):
            server.predict("slow", slow_body(steps * 50))
        ended.set()

    asking = threading.Thread(target=ask)
    asking.start()
    with socket.create_connection(("127.0.0.1", server.rest_port)) as half:
        half.sendall(b"POST /v1/models/slow:predict HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        assert server.ask("GET", "/v1/models/slow").status == 200
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 60
        assert ended.wait(120)
        asking.join(120)
    assert "Traceback" not in server.log.read_text()


def test_readiness(narrow: Any, models: Path, start_server: Callable[..., Any]) -> None:
    assert narrow.ask("GET", "/healthz").body == b"ok\n"
    assert narrow.ask("GET", "/readyz").status == 200
    broken = start_server(
        *("--model", f"good={models / 'half_plus_two_tf1'}", "--model", f"bad={models.parent}"),
        "--no-grpc",
    )
    assert broken.ask("GET", "/healthz").status == 200
    answer = broken.ask("GET", "/readyz")
    assert (answer.status, answer.body) == (503, b"not ready: bad\n")
    assert broken.predict("good", QUICK).status == 200
