"""The REST interface of a running server, beyond what the conformance cases say."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow

TYPES = {
    "float32": ([1.5, -2.0], [1.5, -2.0]),
    "float64": ([1 / 3], [1 / 3]),
    "int32": ([1, -2], [1, -2]),
    "int64": ([2**62], [2**62]),
    "int16": ([-3], [-3]),
    "int8": ([-3], [-3]),
    "uint8": ([255], [255]),
    "uint16": ([65535], [65535]),
    "uint32": ([2**32 - 1], [2**32 - 1]),
    "uint64": ([2**64 - 1], [2**64 - 1]),
    "bool": ([True, False], [True, False]),
    "string": (["grün", ""], ["grün", ""]),
    "float16": ([0.5], [0.5]),
    "bfloat16": ([0.5], [0.5]),
}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_type_comes_back(linear: Any, name: str) -> None:
    sent, expected = TYPES[name]
    body = {"signature_name": f"echo_{name}", "instances": [sent, sent]}
    answer = linear.predict("echo", body)
    assert (answer.status, answer.json) == (200, {"predictions": [expected, expected]})


def test_two_outputs_in_both_forms(linear: Any) -> None:
    rows = {"instances": [{"left": 1.0, "right": "a"}, {"left": 2.0, "right": "b"}]}
    assert linear.predict("echo", rows).json == {
        "predictions": [
            {"out_left": 1.0, "out_right": "a"},
            {"out_left": 2.0, "out_right": "b"},
        ]
    }
    columns = {"inputs": {"left": [[1.0], [2.0]], "right": "a"}}
    assert linear.predict("echo", columns).json == {
        "outputs": {"out_left": [[1.0], [2.0]], "out_right": "a"}
    }


def test_bytes_go_as_base64(linear: Any) -> None:
    picture = bytes(range(256)) * 200
    text = base64.b64encode(picture).decode()
    body = {"signature_name": "blobs", "instances": [{"image_bytes": {"b64": text}}]}
    (row,) = linear.predict("echo", body).json["predictions"]
    assert base64.b64decode(row["image_bytes"]["b64"]) == picture * 2
    assert row["length"] == len(picture)
    assert row["some"] is True


def test_a_large_tensor(linear: Any) -> None:
    values = [[i / 7 for i in range(1000)] for _ in range(50)]
    body = {"signature_name": "echo_float64", "instances": values}
    assert linear.predict("echo", body).json == {"predictions": values}


def test_an_error_inside_the_graph(linear: Any) -> None:
    body = {"signature_name": "fail", "instances": [-1.0]}
    answer = linear.predict("echo", body)
    assert answer.status == 400
    assert "below zero" in answer.json["error"]
    assert linear.predict("echo", body | {"instances": [1.0]}).json == {"predictions": [1.0]}


def test_versions_and_labels(linear: Any) -> None:
    body = {"instances": [1.0]}
    for path in ("", "/versions/123", "/versions/124", "/labels/stable"):
        answer = linear.ask("POST", f"/v1/models/linear{path}:predict", body)
        assert answer.json == {"predictions": [2.5]}
    answer = linear.ask("POST", "/v1/models/linear/labels/other:predict", body)
    assert answer.status == 400
    assert answer.json == {"error": "Unrecognized servable version label: other"}
    states = linear.ask("GET", "/v1/models/linear").json["model_version_status"]
    assert [state["version"] for state in states] == ["124", "123"]


def test_a_plain_saved_model_is_version_one(linear: Any) -> None:
    answer = linear.ask("POST", "/v1/models/three/versions/1:predict", {"instances": [1.0]})
    assert answer.json == {"predictions": [3.5]}


def test_metadata(linear: Any) -> None:
    answer = linear.ask("GET", "/v1/models/linear/versions/123/metadata").json
    assert answer["model_spec"] == {"name": "linear", "signature_name": "", "version": "123"}
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    assert set(signatures) == {
        "serving_default", "regress_x_to_y", "regress_x_to_y2", "classify_x_to_y",
        "classify_x2_to_y3",
    }  # fmt: skip
    default = signatures["serving_default"]
    assert default["method_name"] == "tensorflow/serving/predict"
    assert default["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert default["inputs"]["x"]["tensor_shape"] == {"dim": [], "unknown_rank": True}
    sized = linear.ask("GET", "/v1/models/echo/metadata").json["metadata"]["signature_def"]
    shape = sized["signature_def"]["blobs"]["inputs"]["image_bytes"]["tensor_shape"]
    assert shape == {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}


def test_classify_with_context(linear: Any) -> None:
    body = {
        "signature_name": "classify_x_to_y",
        "context": {"x": 2.0},
        "examples": [{}, {"x": 4.0}, {"x": [6.0]}],
    }
    answer = linear.ask("POST", "/v1/models/linear:classify", body)
    assert answer.json == {"results": [[["", 3.0]], [["", 4.0]], [["", 5.0]]]}


def test_the_wrong_method_for_a_signature(linear: Any) -> None:
    body = {"signature_name": "classify_x_to_y", "examples": [{"x": 1.0}]}
    answer = linear.ask("POST", "/v1/models/linear:regress", body)
    assert answer.status == 400
    assert "tensorflow/serving/classify" in answer.json["error"]


def test_gzip(linear: Any) -> None:
    body = gzip.compress(json.dumps({"instances": [1.0]}).encode())
    headers = {"Content-Encoding": "gzip"}
    answer = linear.ask("POST", "/v1/models/linear:predict", body, headers)
    assert answer.json == {"predictions": [2.5]}
    answer = linear.ask("POST", "/v1/models/linear:predict", body[:-4], headers)
    assert answer.status == 400
    answer = linear.ask("POST", "/v1/models/linear:predict", b"{}", headers)
    assert answer.status == 400
    bomb = gzip.compress(b" " * 70 * 2**20)
    answer = linear.ask("POST", "/v1/models/linear:predict", bomb, headers)
    assert answer.status == 413


def test_a_body_over_the_limit(linear: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", linear.rest_port, timeout=60)
    connection.putrequest("POST", "/v1/models/linear:predict")
    connection.putheader("Content-Length", str(65 * 2**20))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert "larger than" in json.loads(response.read())["error"]
    connection.close()


def test_a_chunked_body_over_the_limit(linear: Any) -> None:
    block = b" " * 2**20
    with socket.create_connection(("127.0.0.1", linear.rest_port), timeout=60) as raw:
        raw.sendall(
            b"POST /v1/models/linear:predict HTTP/1.1\r\nHost: x\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        try:
            for _ in range(70):
                raw.sendall(b"%x\r\n%s\r\n" % (len(block), block))
        except OSError:
            pass  # The server may close before all is sent.
        assert b" 413 " in raw.recv(100)


@pytest.mark.parametrize("origin", ["https://example.org", "https://example.com:8443"])
@pytest.mark.parametrize("body", [b'{"instances": [1.0]}', b"{}"])
def test_sites_that_may_call(linear: Any, origin: str, body: bytes) -> None:
    answer = linear.ask("POST", "/v1/models/linear:predict", body, {"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://example.net", "https://example.org.evil.test", "null"])
def test_a_site_that_may_not_call(linear: Any, origin: str) -> None:
    body = b'{"instances": [1.0]}'
    answer = linear.ask("POST", "/v1/models/linear:predict", body, {"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin"


def test_what_a_site_may_send(linear: Any) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    answer = linear.ask("OPTIONS", "/v1/models/linear:predict", b"", asked)
    assert answer.status == 204
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("path", ["/v1", "/v3/models/linear", "/favicon.ico"])
def test_other_paths(linear: Any, path: str) -> None:
    answer = linear.ask("GET", path)
    assert answer.status == 404
    assert "error" in answer.json


def test_a_query_is_no_part_of_the_path(linear: Any) -> None:
    assert linear.ask("GET", "/v1/models/linear?x=1").status == 200


def test_connections_stay_open(linear: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", linear.rest_port, timeout=60)
    for number in range(3):
        connection.request("POST", "/v1/models/linear:predict", json.dumps({"instances": [number]}))
        answer = json.loads(connection.getresponse().read())
        assert answer == {"predictions": [number / 2 + 2]}
        if number == 0:
            kept = connection.sock
        assert connection.sock is kept
    connection.close()


NAMES = {
    "request_count": "counter", "request_latency": "histogram", "runtime_latency": "histogram",
    "request_example_counts": "histogram", "request_example_count_total": "counter",
    "request_log_count": "counter", "model_warmup_latency": "histogram",
    "batching_session:queuing_latency": "histogram",
    "batching_session:wrapped_run_count": "counter",
    "batching_session:input_batch_size": "histogram",
    "batching_session:processed_batch_size": "histogram",
    "batching_session:padding_size": "histogram",
}  # fmt: skip


def test_every_metric_of_tensorflow_serving(linear: Any, models: Path) -> None:
    linear.ask("POST", "/v1/models/three:predict", {"instances": [1.0]})
    body = {"signature_name": "regress_x_to_y", "examples": [{"x": 1.0}, {"x": 2.0}]}
    linear.ask("POST", "/v1/models/three:regress", body)
    text = linear.ask("GET", "/monitoring/prometheus/metrics").body.decode()
    for name, kind in NAMES.items():
        assert f"# TYPE :tensorflow:serving:{name} {kind}\n" in text
    path = models / "half_plus_three_tf1" / "123"
    ran = ':tensorflow:serving:runtime_latency_count{model_name="three",API='
    tried = ":tensorflow:cc:saved_model:load_attempt_count{model_path="
    for line in (
        f'{ran}"Predict",runtime="TF1"}} ',
        f'{ran}"Regress",runtime="TF1"}} ',
        ':tensorflow:serving:request_example_counts_bucket{model="three",le="4"} ',
        ':tensorflow:serving:request_example_count_total{model="three"} ',
        ":tensorflow:core:graph_runs{} ",
        f'{tried}"{path}",status="success"}} 1\n',
        f':tensorflow:cc:saved_model:load_latency{{model_path="{path}"}} ',
    ):
        assert line in text


def test_a_warm_up_is_measured(models: Path, start_server: Any) -> None:
    server = start_server("--model", f"warmed={models / 'warmed'}", "--no-grpc")
    text = server.ask("GET", "/monitoring/prometheus/metrics").body.decode()
    labels = f'{{model_path="{models / "warmed" / "1"}",status="OK"}}'
    assert f":tensorflow:serving:model_warmup_latency_count{labels} 1\n" in text


def test_metrics(linear: Any) -> None:
    linear.predict("three", {"instances": [1.0]})
    linear.predict("three", {"instances": ["x"]})
    linear.predict("no-such-model", {"instances": [1.0]})
    text = linear.ask("GET", "/monitoring/prometheus/metrics").body.decode()
    counted = ':tensorflow:serving:request_count{model_name="three",status='
    assert f'{counted}"OK"}}' in text
    assert f'{counted}"INVALID_ARGUMENT"}}' in text
    assert (
        ':tensorflow:serving:request_latency_count{model_name="three",API="predict",'
        'entrypoint="REST"}' in text
    )
    assert "no-such-model" not in text
