"""The Open Inference Protocol, asked by somebody else's client and by hand."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow

X = {"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2]}
INFER = "/v2/models/three/infer"
BINARY = {"name": "x", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}


@pytest.fixture(scope="session")
def twin(models: Path, start_server: Any) -> Any:
    return start_server("--model", f"twin={models / 'twin'}")


@pytest.fixture(scope="session")
def client(apart: Callable[[str, str], Path]) -> Path:
    """The Python of the environment that has Triton's client."""
    return apart("openinference", "python")


@pytest.mark.parametrize("way", ["rest", "grpc"])
def test_tritons_own_client_is_answered(twin: Any, client: Path, way: str) -> None:
    address = f"127.0.0.1:{twin.rest_port}" if way == "rest" else twin.grpc_address
    script = Path(__file__).with_name("client.py")
    done = subprocess.run(
        [client, script, address, way], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [told[word] for word in ("live", "ready", "model", "version")] == [True] * 4
    assert told["nobody"] is False
    assert told["server"]["name"] == "deepcat"
    assert told["server"]["extensions"] == ["binary_tensor_data"]
    metadata = told["metadata"]
    assert (metadata["name"], metadata["versions"]) == ("twin", ["1"])
    kinds = {each["name"]: each["datatype"] for each in metadata["inputs"]}
    assert kinds == {
        "count": "INT64", "flag": "BOOL", "image_bytes": "BYTES", "scale": "FP64",
        "values": "FP64", "word": "BYTES",
    }  # fmt: skip
    for binary in (True, False):
        found = told[f"binary {binary}"]
        assert (found["id"], found["version"]) == ("7", "1")
        assert found["scaled"] == ["float64", ["0.5", "1.0"]]
        is_text = way == "rest" and not binary
        image = "text" if is_text else str(b"\x89PNG\r\n\x1a\n\x00\xff")
        assert found["image_bytes"] == ["object", [image]]
    assert told["binary False"]["counted"] == ["int64", ["4"]]
    assert "Missing but required: {flag,image_bytes,scale,values,word}" in told["error"]


def test_what_has_no_slash_at_its_end_is_this_protocols(linear: Any) -> None:
    server = linear.ask("GET", "/v2").json
    assert (server["name"], server["id"]) == ("deepcat", "v2")
    model = linear.ask("GET", "/v2/models/three").json
    assert model["inputs"][0] == {"name": "x", "datatype": "FP32", "shape": [-1]}
    # A client of DEEPaaS that follows a link finds there what it looks for.
    deepaas = linear.ask("GET", "/v2/models/three/").json
    assert {name: model[name] for name in deepaas} == deepaas
    assert "inputs" not in deepaas


@pytest.mark.parametrize(
    ("verb", "path", "status", "body"),
    [
        ("GET", "/v2/health/live", 200, {"live": True}),
        ("GET", "/v2/health/ready", 200, {"ready": True}),
        ("GET", "/v2/models/three/ready", 200, {"name": "three", "ready": True}),
        ("GET", "/v2/models/three/versions/1/ready", 200, {"name": "three", "ready": True}),
        ("GET", "/v2/models/three/versions/9/ready", 503, {"name": "three", "ready": False}),
        ("GET", "/v2/models/nobody/ready", 404, {"error": "no model 'nobody' is served"}),
        ("GET", "/v2/models/three/versions/x", 400, {"error": "'x' is no version"}),
        ("GET", INFER, 405, {"error": "GET is not for this path"}),
        ("POST", "/v2", 405, {"error": "POST is not for this path"}),
    ],
)
def test_what_is_told(linear: Any, verb: str, path: str, status: int, body: Any) -> None:
    answer = linear.ask(verb, path)
    assert (answer.status, answer.json) == (status, body)


def test_an_inference_in_json(linear: Any) -> None:
    for path in (INFER, "/v2/models/three/versions/1/infer"):
        answer = linear.ask("POST", path, {"id": "a", "inputs": [X]})
        assert answer.json == {
            "model_name": "three",
            "model_version": "1",
            "id": "a",
            "outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [3.5, 4.0]}],
        }
    nested = {**X, "shape": [2, 1], "data": [[1], [2]]}
    assert linear.ask("POST", INFER, {"inputs": [nested]}).json["outputs"][0]["shape"] == [2, 1]


def test_a_signature_is_named_by_a_parameter(linear: Any) -> None:
    body = {
        "parameters": {"signature_name": "echo_string"},
        "inputs": [{"name": "string", "shape": [1], "datatype": "BYTES", "data": ["grün"]}],
    }
    (output,) = linear.ask("POST", "/v2/models/echo/infer", body).json["outputs"]
    assert (output["name"], output["data"]) == ("out_string", ["grün"])
    raw = {**body["inputs"][0], "data": ["/wA="], "parameters": {"content_type": "base64"}}
    (output,) = linear.ask("POST", "/v2/models/echo/infer", {**body, "inputs": [raw]}).json[
        "outputs"
    ]
    assert (output["data"], output["parameters"]) == (["/wA="], {"content_type": "base64"})


def test_tensors_as_bytes(linear: Any) -> None:
    document = json.dumps({"inputs": [BINARY], "parameters": {"binary_data_output": True}}).encode()
    headers = {"Inference-Header-Content-Length": str(len(document))}
    answer = linear.ask("POST", INFER, document + struct.pack("<2f", 1, 2), headers)
    size = int(answer.headers["inference-header-content-length"])
    (output,) = json.loads(answer.body[:size])["outputs"]
    assert output["parameters"] == {"binary_data_size": 8}
    assert struct.unpack("<2f", answer.body[size:]) == (3.5, 4.0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "z"}, "unexpected input 'z'; the inputs are x"),
        ({"datatype": "FP64"}, "unexpected datatype 'FP64' for input 'x', not FP32"),
        ({"shape": [3]}, "input 'x' has 2 elements, its shape [3] needs 3"),
        ({"shape": [-1]}, "the shape of input 'x' has a size that no tensor has"),
        ({"shape": [0, *[2**31] * 3]}, "the shape of input 'x' has a size that no tensor has"),
        ({"shape": [0, 2**62]}, "the shape of input 'x' has a size that no tensor has"),
        ({"shape": [1] * 33}, "the shape of input 'x' is no list of sizes"),
        ({"shape": [True, 2]}, "the shape of input 'x' is no list of sizes"),
        ({"data": None}, "the data of input 'x' is no list"),
        ({"data": [True, 1]}, "JSON Value: true Type: True is not of expected type: float"),
        ({"parameters": {"binary_data_size": 8}}, "input 'x' says it has 8 bytes"),
        ({"parameters": []}, "parameters is no object"),
    ],
)
def test_what_is_wrong_is_told(linear: Any, changed: Any, message: str) -> None:
    answer = linear.ask("POST", INFER, {"inputs": [{**X, **changed}]})
    assert (answer.status, answer.json) == (400, {"error": message})


@pytest.mark.parametrize(
    ("body", "length", "message"),
    [
        (b"{}", "3", "Inference-Header-Content-Length is no length of this body's JSON"),
        (b"{}", "-1", "Inference-Header-Content-Length is no length of this body's JSON"),
        (b'{"inputs": []}xx', "14", "2 bytes belong to no input"),
        (b"[]", "2", "JSON Value: [] Is not object"),
    ],
)
def test_lengths_that_lie(linear: Any, body: bytes, length: str, message: str) -> None:
    answer = linear.ask("POST", INFER, body, {"Inference-Header-Content-Length": length})
    assert (answer.status, answer.json) == (400, {"error": message})


def test_the_messages_are_numbered_as_kserve_numbers_them() -> None:
    from deepcat.serving.server.openinference.messages import message

    request = message("ModelInferRequest")()
    request.model_name = "m"
    request.parameters["signature_name"].string_param = "s"
    tensor = request.inputs.add(name="x", datatype="FP32", shape=[2])
    tensor.contents.fp32_contents.extend([1, 2])
    request.raw_input_contents.append(b"z")
    assert request.SerializeToString(deterministic=True).hex() == (
        "0a016d" "22150a0e7369676e61747572655f6e616d6512031a0173"
        "2a180a01781204465033321a01022a0a32080000803f00000040" "3a017a"
    )  # fmt: skip
