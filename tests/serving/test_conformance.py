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

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "tfserving" / "conformance.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())["cases"] if FILE.is_file() else []
FOLDERS = {
    "half_plus_two (tf1)": "half_plus_two_tf1",
    "half_plus_two (tf1, serve)": "half_plus_two_tf1",
    "half_plus_two (tf2)": "half_plus_two_tf2",
    "half_plus_two with classify_x2_to_y3 (tf2)": "half_plus_two_tf2",
    "half_plus_three (tf1)": "half_plus_three_tf1",
    "saved_model_half_plus_two_2_versions": "half_plus_two_2_versions",
    "saved_model_counter": "counter",
}


def cases(kind: str) -> Any:
    """Mark a test to run once for each case of a kind."""
    chosen = [case for case in CASES if case["kind"] == kind]
    if not chosen:
        return pytest.mark.skip(reason="no shared data beside the project")
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


def test_every_kind_has_a_test() -> None:
    """A kind of case that nothing runs would pass unseen."""
    known = {
        "json_to_predict", "tensors_to_json", "json_to_classify_regress", "result_to_json",
        "status_to_json", "path_parse", "version_policy", "prometheus", "batching", "http",
        "grpc", "reload_config",
    }  # fmt: skip
    assert {case["kind"] for case in CASES} <= known


def _check_error(expect: dict[str, Any], call: Callable[[], Any]) -> None:
    from deepcat.serving.status import ServingError

    with pytest.raises(ServingError) as caught:
        call()
    assert caught.value.code.name == expect["status"]
    assert expect.get("error_contains", "").lower() in caught.value.message.lower()


def _number(value: Any) -> Any:
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


def _array(tensor: dict[str, Any]) -> np.ndarray[Any, Any]:
    from deepcat.serving import dtypes

    dtype = dtypes.BY_NAME[tensor["dtype"]]
    values = [_number(value) for value in tensor["values"]]
    if dtype is dtypes.STRING:
        array = np.empty(len(values), dtype=object)
        array[:] = [value.encode() for value in values]
    else:
        array = np.array(values, dtype=dtypes.numpy_type(dtype))
    return array.reshape(tensor["shape"] or ())


@cases("json_to_predict")
def test_request_becomes_tensors(case: dict[str, Any]) -> None:
    from deepcat.serving import dtypes
    from deepcat.serving.decode import predict_body

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
        np.testing.assert_array_equal(found.tensors[name], _array(tensor))


@cases("tensors_to_json")
def test_tensors_become_a_response(case: dict[str, Any]) -> None:
    from deepcat.serving.encode import predict_response

    tensors = {name: _array(tensor) for name, tensor in case["tensors"].items()}
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


@cases("json_to_classify_regress")
def test_request_becomes_examples(case: dict[str, Any]) -> None:
    from deepcat.serving.examples import examples_body

    _check_error(case["expect"], lambda: examples_body(case["body"].encode()))


@cases("result_to_json")
def test_results_become_a_response(case: dict[str, Any]) -> None:
    from google.protobuf import text_format

    from deepcat.serving.encode import classify_response, regress_response
    from deepcat.serving.protos import classification_pb2, regression_pb2

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


@cases("status_to_json")
def test_status_becomes_a_body(case: dict[str, Any]) -> None:
    from deepcat.serving.encode import error_body

    if case["message"] is None:
        # An answer that is no error has no error's body: there is nothing to convert.
        assert case["expect"]["json_text"] == ""
    else:
        _same_json(error_body(case["message"]), case["expect"])


@cases("path_parse")
def test_path(case: dict[str, Any]) -> None:
    from deepcat.serving.paths import parse_path

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


@cases("version_policy")
def test_version_policy(case: dict[str, Any], tmp_path: Path) -> None:
    from google.protobuf import json_format

    from deepcat.serving.config import policy_of
    from deepcat.serving.folders import version_folders
    from deepcat.serving.protos import model_server_config_pb2

    for child in case["children"]:
        (tmp_path / child).mkdir()
    config = model_server_config_pb2.ModelConfig()
    json_format.ParseDict(case["policy"], config.model_version_policy)
    folders = version_folders(tmp_path)
    wanted = policy_of(config.model_version_policy).wanted(folders)
    aspired = {str(version): folders[version].name for version in wanted}
    assert aspired == case["expect"]["aspired"]


@cases("prometheus")
def test_prometheus(case: dict[str, Any]) -> None:
    from deepcat.serving.metrics import Counter, Histogram

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


@cases("batching")
def test_batching(case: dict[str, Any], models: Path, native: Any) -> None:
    from deepcat.serving.batching import Batching, BatchRunner

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


@pytest.fixture(scope="session")
def native() -> Any:
    from deepcat.serving import runtime

    return runtime.start("native")


@pytest.fixture(scope="session")
def server_for(
    models: Path, start_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[dict[str, Any]], Any]:
    """One server for each set-up that the cases describe."""
    folder = tmp_path_factory.mktemp("configs")
    known: dict[str, Any] = {}

    def server(case: dict[str, Any]) -> Any:
        # A case that changes the server's configuration has one of its own.
        alone = case["id"] if case["kind"] == "reload_config" else ""
        key = json.dumps([case["server"]["models"], case.get("flags"), alone], sort_keys=True)
        if key not in known:
            config = folder / f"{len(known)}.config"
            config.write_text(_config(models, case["server"]["models"]))
            flags = [
                "--" + name.replace("_", "-") for name, on in case.get("flags", {}).items() if on
            ]
            known[key] = start_server("--config", str(config), *flags)
        return known[key]

    return server


def _config(models: Path, described: list[dict[str, Any]]) -> str:
    parts = []
    for model in described:
        versions = model.get("policy", {}).get("specific", [])
        chosen = " ".join(f"versions: {version}" for version in versions)
        policy = f"model_version_policy {{ specific {{ {chosen} }} }}" if versions else ""
        labels = " ".join(
            f'version_labels {{ key: "{label}" value: {version} }}'
            for label, version in model.get("version_labels", {}).items()
        )
        folder = models / FOLDERS[model["saved_model"]]
        parts.append(
            f'config {{ name: "{model["name"]}" base_path: "{folder}" '
            f'model_platform: "tensorflow" {policy} {labels} }}'
        )
    return f"model_config_list {{ {' '.join(parts)} }}"


@cases("http")
def test_http(case: dict[str, Any], server_for: Callable[[dict[str, Any]], Any]) -> None:
    from deepcat.serving.compare import differences

    answer = server_for(case).ask(case["method"], case["path"], case["body"])
    expect = case["expect"]
    assert answer.status == expect["http_status"], answer.body
    if "content_type" in expect:
        assert answer.headers["content-type"].startswith(expect["content_type"])
    if "json" in expect:
        assert differences(expect["json"], answer.json, 1e-6) == ()
    if "error_contains" in expect:
        assert expect["error_contains"] in answer.json["error"]
    if "text_contains" in expect:
        assert expect["text_contains"] in answer.body.decode()


@cases("grpc")
def test_grpc(case: dict[str, Any], server_for: Callable[[dict[str, Any]], Any]) -> None:
    import grpc

    stub = server_for(case).stub(case["service"].rpartition(".")[2])
    call = getattr(stub, case["rpc"])
    expect = case["expect"]
    if expect["status"] != "OK":
        with pytest.raises(grpc.RpcError) as caught:
            call(_request(case), timeout=60)
        assert caught.value.code().name == expect["status"]
        assert expect.get("error_contains", "") in caught.value.details()
        return
    response = call(_request(case), timeout=60)
    if "model_spec" in expect:
        assert _spec(response.model_spec) == expect["model_spec"]
    _check_response(response, expect)


def _check_response(response: Any, expect: dict[str, Any]) -> None:
    from deepcat.serving.compare import differences
    from deepcat.serving.tensors import to_array

    found: dict[str, Any] = {}
    if "classifications" in expect:
        rows = response.result.classifications
        found["classifications"] = [[[c.label, c.score] for c in row.classes] for row in rows]
    if "regressions" in expect:
        found["regressions"] = [regression.value for regression in response.result.regressions]
    for key, value in found.items():
        assert differences(expect[key], value, 1e-6) == ()
    for alias, tensor in expect.get("outputs", {}).items():
        np.testing.assert_allclose(to_array(response.outputs[alias]), _array(tensor))
        assert list(to_array(response.outputs[alias]).shape) == tensor["shape"]
    statuses = getattr(response, "model_version_status", [])
    if "versions" in expect:
        assert [
            {
                "version": status.version,
                "state": type(status).State.Name(status.state),
                "error_code": status.status.error_code,
            }
            for status in statuses
        ] == expect["versions"]
    if "versions_set" in expect:
        assert {status.version for status in statuses} == set(expect["versions_set"])
        assert {s.status.error_code for s in statuses} == {expect["error_code"]}
        assert {s.status.error_message for s in statuses} == {expect["error_message"]}


def _spec(spec: Any) -> dict[str, Any]:
    return {
        "name": spec.name,
        "signature_name": spec.signature_name,
        "version": spec.version.value,
    }


def _request(case: dict[str, Any]) -> Any:
    from deepcat.serving.protos import (
        classification_pb2,
        get_model_metadata_pb2,
        get_model_status_pb2,
        inference_pb2,
        predict_pb2,
        regression_pb2,
    )
    from deepcat.serving.tensors import to_proto

    described = case["request"]
    request = {
        "Predict": predict_pb2.PredictRequest,
        "Classify": classification_pb2.ClassificationRequest,
        "Regress": regression_pb2.RegressionRequest,
        "GetModelMetadata": get_model_metadata_pb2.GetModelMetadataRequest,
        "GetModelStatus": get_model_status_pb2.GetModelStatusRequest,
        "MultiInference": inference_pb2.MultiInferenceRequest,
    }[case["rpc"]]()
    if "model_spec" in described:
        _fill_spec(request.model_spec, described["model_spec"])
    for name, tensor in described.get("inputs", {}).items():
        request.inputs[name].CopyFrom(to_proto(_array(tensor)))
    if "output_filter" in described:
        request.output_filter.extend(described["output_filter"])
    if "metadata_field" in described:
        request.metadata_field.extend(described["metadata_field"])
    for task in described.get("tasks", []):
        added = request.tasks.add(method_name=task["method_name"])
        _fill_spec(added.model_spec, task["model_spec"])
    for example in described.get("input", {}).get("example_list", []):
        features = request.input.example_list.examples.add().features
        for name, values in example.items():
            features.feature[name].float_list.value.extend(values)
    return request


def _fill_spec(spec: Any, described: dict[str, Any]) -> None:
    spec.SetInParent()
    spec.name = described.get("name", "")
    spec.signature_name = described.get("signature_name", "")
    if "version" in described:
        spec.version.value = described["version"]
    if "label" in described:
        spec.version_label = described["label"]


@cases("reload_config")
def test_labels(
    case: dict[str, Any], models: Path, server_for: Callable[[dict[str, Any]], Any]
) -> None:
    import grpc
    from google.protobuf import text_format

    from deepcat.serving.protos import get_model_metadata_pb2, model_management_pb2

    server = server_for(case)
    name = case["server"]["models"][0]["name"]
    for step in case["steps"]:
        try:
            if "resolve" in step:
                asked = get_model_metadata_pb2.GetModelMetadataRequest()
                asked.metadata_field.append("signature_def")
                _fill_spec(asked.model_spec, {"name": name, **step["resolve"]})
                metadata = server.stub("PredictionService").GetModelMetadata(asked, timeout=60)
                assert metadata.model_spec.version.value == step["expect_version"]
                continue
            described = {**case["server"]["models"][0], "version_labels": step["reload_labels"]}
            wanted = model_management_pb2.ReloadConfigRequest()
            text_format.Parse(_config(models, [described]), wanted.config)
            server.stub("ModelService").HandleReloadConfigRequest(wanted, timeout=60)
            assert step["expect"] == "OK"
        except grpc.RpcError as error:
            assert error.code().name == step["expect"]
            assert step["error_contains"] in error.details()
