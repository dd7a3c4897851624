"""TensorFlow Serving's own cases, kept as data beside the project."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

MakeArray = Callable[[dict[str, Any]], Any]


def test_every_kind_has_a_test(shared_data: Path) -> None:
    """A kind of case that nothing runs would pass unseen."""
    known = {
        "json_to_predict", "tensors_to_json", "json_to_classify_regress", "result_to_json",
        "status_to_json", "path_parse", "version_policy", "prometheus", "batching", "http",
        "grpc", "reload_config",
    }  # fmt: skip
    cases = json.loads((shared_data / "tfserving" / "conformance.json").read_text())["cases"]
    assert {case["kind"] for case in cases} <= known


def _check_error(expect: dict[str, Any], call: Callable[[], Any]) -> None:
    from deepcat.serving.contract.status import ServingError

    with pytest.raises(ServingError) as caught:
        call()
    assert caught.value.code.name == expect["status"]
    assert expect.get("error_contains", "").lower() in caught.value.message.lower()


@pytest.mark.conformance("json_to_predict")
def test_request_becomes_tensors(case: dict[str, Any], array_of: MakeArray) -> None:
    from deepcat.serving.contract import dtypes
    from deepcat.serving.contract.decode import predict_body

    body = case["body"]
    if isinstance(body, dict):
        body = "".join(p if isinstance(p, str) else p[0] * p[1] for p in body["concat"])
    inputs = {name: dtypes.BY_NAME[d] for name, d in case["signature_inputs"].items()}
    expect = case["expect"]
    if expect["status"] != "OK":
        _check_error(expect, lambda: predict_body(body.encode(), lambda _: inputs))
        return
    found = predict_body(body.encode(), lambda _: inputs)
    if "format" in expect:
        assert found.format == expect["format"]
    for name, tensor in expect.get("tensors", {}).items():
        assert dtypes.of_array(found.tensors[name]).proto_name == tensor["dtype"]
        assert list(found.tensors[name].shape) == tensor["shape"]
        np.testing.assert_array_equal(found.tensors[name], array_of(tensor))


@pytest.mark.conformance("tensors_to_json")
def test_tensors_become_a_response(case: dict[str, Any], array_of: MakeArray) -> None:
    from deepcat.serving.contract.encode import predict_response

    tensors = {name: array_of(tensor) for name, tensor in case["tensors"].items()}
    expect = case["expect"]
    if expect["status"] != "OK":
        _check_error(expect, lambda: predict_response(tensors, case["format"]))
        return
    _same_json(predict_response(tensors, case["format"]), expect)


def _same_json(text: bytes, expect: dict[str, Any]) -> None:
    if expect.get("compare") == "json_numbers_as_strings":
        read = {"parse_float": str, "parse_int": str, "parse_constant": str}
        assert json.loads(text, **read) == json.loads(expect["json_text"], **read)
    else:
        assert json.loads(text) == json.loads(expect["json_text"])


@pytest.mark.conformance("json_to_classify_regress")
def test_request_becomes_examples(case: dict[str, Any]) -> None:
    from deepcat.serving.contract.examples import examples_body

    _check_error(case["expect"], lambda: examples_body(case["body"].encode()))


@pytest.mark.conformance("result_to_json")
def test_results_become_a_response(case: dict[str, Any]) -> None:
    from google.protobuf import text_format

    from deepcat.serving.contract.encode import classify_response, regress_response
    from deepcat.serving.contract.protos import classification_pb2, regression_pb2

    def respond() -> bytes:
        if case["result_type"] == "Classification":
            result = classification_pb2.ClassificationResult()
            text_format.Parse(case["result_textproto"], result)
            rows = result.classifications
            return classify_response([[(c.label, c.score) for c in row.classes] for row in rows])
        result = regression_pb2.RegressionResult()
        text_format.Parse(case["result_textproto"], result)
        return regress_response([regression.value for regression in result.regressions])

    if case["expect"]["status"] != "OK":
        _check_error(case["expect"], respond)
    else:
        _same_json(respond(), case["expect"])


@pytest.mark.conformance("status_to_json")
def test_status_becomes_a_body(case: dict[str, Any]) -> None:
    from deepcat.serving.contract.encode import error_body

    if case["message"] is None:
        # An answer that is no error has no error's body: there is nothing to convert.
        assert case["expect"]["json_text"] == ""
    else:
        _same_json(error_body(case["message"]), case["expect"])


@pytest.mark.conformance("path_parse")
def test_path(case: dict[str, Any]) -> None:
    from deepcat.serving.contract.paths import parse_path

    expect = dict(case["expect"])
    if not expect.pop("ok"):
        _check_error(
            {"status": "INVALID_ARGUMENT", "error_contains": "Malformed request"},
            lambda: parse_path(case["method"], case["path"]),
        )
        return
    if "status" in expect:
        _check_error(expect, lambda: parse_path(case["method"], case["path"]))
        return
    target = parse_path(case["method"], case["path"])
    found = {"name": target.name, "label": target.label, "version": target.version}
    found |= {"method": target.method, "subresource": target.method}
    assert {key: found[key] for key in expect} == expect


@pytest.mark.conformance("version_policy")
def test_version_policy(case: dict[str, Any], tmp_path: Path) -> None:
    from google.protobuf import json_format

    from deepcat.serving.contract.config import policy_of
    from deepcat.serving.contract.protos import model_server_config_pb2
    from deepcat.serving.models.folders import version_folders

    for child in case["children"]:
        (tmp_path / child).mkdir()
    config = model_server_config_pb2.ModelConfig()
    json_format.ParseDict(case["policy"], config.model_version_policy)
    folders = version_folders(tmp_path)
    wanted = policy_of(config.model_version_policy).wanted(folders)
    aspired = {str(version): folders[version].name for version in wanted}
    assert aspired == case["expect"]["aspired"]


@pytest.mark.conformance("prometheus")
def test_prometheus(case: dict[str, Any]) -> None:
    from deepcat.serving.server.metrics import Counter, Histogram

    metric = case["metric"]
    if metric["type"] == "counter":
        counter = Counter(metric["name"])
        counter.add(metric["labels"], metric["value"])
        lines = counter.lines()
    else:
        histogram = Histogram(metric["name"], metric["buckets"])
        for sample in metric["samples"]:
            histogram.add(metric["labels"], sample)
        lines = histogram.lines()
    assert case["expect"]["text_contains"] in "\n".join(lines) + "\n"


@pytest.mark.conformance("batching")
def test_batching(case: dict[str, Any], models: Path, native: Any) -> None:
    from deepcat.serving.models.batching import Batching, BatchRunner

    params = case["params"]
    folder = "matrix" if params.get("model") == "matrix_half_plus_two" else "half_plus_two_tf1"
    session = native.load(next((models / folder).iterdir()))
    graph = session.runner(("x:0",), ("y:0",))
    executed: list[int] = []

    def run(arrays: Any, timeout_ms: int) -> Any:
        executed.append(len(arrays[0]))
        return graph(arrays, timeout_ms)

    batched = BatchRunner(
        run,
        Batching(
            max_batch_size=params["max_batch_size"],
            batch_timeout_s=params["batch_timeout_micros"] / 1e6,
            num_batch_threads=params["num_batch_threads"],
            allowed_batch_sizes=tuple(params.get("allowed_batch_sizes", ())),
            pad_variable_length_inputs=params.get("pad_variable_length_inputs", False),
        ),
    )
    answers: list[Any] = [None] * len(case["requests"])

    def ask(index: int) -> None:
        answers[index] = batched([np.array(case["requests"][index], dtype=np.float32)], 0)[0]

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(answers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.close()
    for answer, expected in zip(answers, case["expect"]["outputs"], strict=True):
        np.testing.assert_allclose(answer, expected, rtol=1e-6)
    if "executed_batch_sizes" in case["expect"]:
        assert executed == case["expect"]["executed_batch_sizes"]
