"""Models of TensorFlow Lite: served by LiteRT, in a process without TensorFlow."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
ONES = {"instances": [[1.0, 2.0], [3.0, 4.0]]}


@pytest.fixture(scope="module")
def lite(models: Path, start_server: Callable[..., Any]) -> Any:
    return start_server(
        "--model", f"plus={models / 'lite'}", "--model", f"flex={models / 'lite_flex'}"
    )


def test_it_answers_without_tensorflow(lite: Any) -> None:
    assert lite.predict("plus", ONES).json == {"predictions": [[2.0, 3.0], [4.0, 5.0]]}
    assert "libtensorflow" not in Path(f"/proc/{lite.process.pid}/maps").read_text()
    status = Path(f"/proc/{lite.process.pid}/status").read_text()
    resident = int(status.partition("VmRSS:")[2].split()[0])
    assert resident < 100 * 1024


def test_the_same_by_grpc(lite: Any) -> None:
    from deepcat.serving.contract.protos import predict_pb2
    from deepcat.serving.contract.tensors import to_array, to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "plus"
    request.inputs["x"].CopyFrom(to_proto(np.array([[1.5, -1.0]], np.float32)))
    response = lite.stub("PredictionService").Predict(request, timeout=60)
    assert to_array(response.outputs["y"]).tolist() == [[2.5, 0.0]]


def test_its_signature_is_told(lite: Any) -> None:
    found = lite.ask("GET", "/v1/models/plus/metadata").json["metadata"]["signature_def"]
    signature = found["signature_def"]["serving_default"]
    assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert [d["size"] for d in signature["inputs"]["x"]["tensor_shape"]["dim"]] == ["-1", "2"]
    assert list(signature["outputs"]) == ["y"]


def test_an_operation_that_it_lacks_is_named(lite: Any) -> None:
    (status,) = lite.ask("GET", "/v1/models/flex").json["model_version_status"]
    assert status["state"] == "END"
    assert status["status"] == {
        "error_code": "UNIMPLEMENTED",
        "error_message": "LiteRT has no operation FlexMatrixInverse",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"instances": [[1.0, 2.0, 3.0]]},
            "input tensor x has shape [1, 3], its signature has [-1, 2]",
        ),
        ({"inputs": {"x": [1.0, 2.0]}}, "input tensor x has shape [2], its signature has [-1, 2]"),
        ({"inputs": {"x": []}}, "input tensor x has shape [0], its signature has [-1, 2]"),
    ],
)
def test_a_shape_that_is_not_its_own_is_refused(
    lite: Any, body: dict[str, Any], message: str
) -> None:
    answer = lite.predict("plus", body)
    assert (answer.status, answer.json) == (400, {"error": message})
    assert lite.predict("plus", ONES).status == 200


@pytest.mark.parametrize(
    ("words", "inputs", "outputs"),
    [((), [[2.0]], None), (("--prefer-tflite-model",), [[2.0, 2.0]], [[3.0, 3.0]])],
)
def test_which_of_two_forms_is_served_is_said(
    models: Path, start_server: Callable[..., Any], words: tuple[str, ...], inputs: Any,
    outputs: Any,
) -> None:  # fmt: skip
    server = start_server("--model", f"m={models / 'lite_beside'}", *words)
    found = server.ask("GET", "/v1/models/m/metadata").json["metadata"]["signature_def"]
    taken = found["signature_def"]["serving_default"]["outputs"]
    assert (list(taken) == ["y"] and len(taken["y"]["tensor_shape"]["dim"]) == 2) is bool(words)
    if outputs is not None:
        assert server.predict("m", {"instances": inputs}).json == {"predictions": outputs}
    server.stop()


def states(server: Any) -> dict[str, str]:
    """Version -> state of the model `m`, of those that have not ended."""
    found = server.ask("GET", "/v1/models/m").json["model_version_status"]
    return {each["version"]: each["state"] for each in found if each["state"] != "END"}


def test_tensorflow_starts_when_the_first_model_needs_it(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    shutil.copytree(models / "lite" / "1", tmp_path / "m" / "1")
    server = start_server("--model", f"m={tmp_path / 'm'}", "--poll-seconds", "0.1")
    assert server.predict("m", ONES).status == 200
    shutil.copytree(models / "half_plus_two_tf1" / "123", tmp_path / "new")
    (tmp_path / "new").rename(tmp_path / "m" / "2")
    end = time.monotonic() + 120
    while states(server) != {"2": "AVAILABLE"}:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert server.predict("m", {"instances": [1.0]}).json == {"predictions": [2.5]}
