"""TensorFlow Serving's own cases, as requests to a running server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

MakeArray = Callable[[dict[str, Any]], Any]

FOLDERS = {
    "half_plus_two (tf1)": "half_plus_two_tf1",
    "half_plus_two (tf1, serve)": "half_plus_two_tf1",
    "half_plus_two (tf2)": "half_plus_two_tf2",
    "half_plus_two with classify_x2_to_y3 (tf2)": "half_plus_two_tf2",
    "half_plus_three (tf1)": "half_plus_three_tf1",
    "saved_model_half_plus_two_2_versions": "half_plus_two_2_versions",
    "saved_model_counter": "counter",
}


@pytest.fixture(scope="session")
def server_for(
    models: Path, start_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[dict[str, Any]], Any]:
    """One server for each set-up that the cases describe."""
    folder = tmp_path_factory.mktemp("configs")
    known: dict[str, Any] = {}

    def server(case: dict[str, Any]) -> Any:
        # A case that changes the server has one of its own.
        changes = case["kind"] == "reload_config" or "before" in case
        alone = case["id"] if changes else ""
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


@pytest.mark.conformance("http")
def test_http(case: dict[str, Any], server_for: Callable[[dict[str, Any]], Any]) -> None:
    from deepcat.host.model_server.compare import differences

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


@pytest.mark.conformance("grpc")
def test_grpc(
    case: dict[str, Any],
    server_for: Callable[[dict[str, Any]], Any],
    array_of: MakeArray,
) -> None:
    import grpc

    stub = server_for(case).stub(case["service"].rpartition(".")[2])
    call = getattr(stub, case["rpc"])
    for step in case.get("before", ()):
        call(_request(step, array_of), timeout=60)
    expect = case["expect"]
    if expect["status"] != "OK":
        with pytest.raises(grpc.RpcError) as caught:
            call(_request(case, array_of), timeout=60)
        assert caught.value.code().name == expect["status"]
        assert expect.get("error_contains", "") in caught.value.details()
        return
    response = call(_request(case, array_of), timeout=60)
    if "model_spec" in expect:
        assert _spec(response.model_spec) == expect["model_spec"]
    _check_response(response, expect, array_of)


def _check_response(response: Any, expect: dict[str, Any], array_of: MakeArray) -> None:
    from deepcat.host.model_server.compare import differences
    from deepcat.serving.contract.tensors import to_array

    found: dict[str, Any] = {}
    if "classifications" in expect:
        rows = response.result.classifications
        found["classifications"] = [[[c.label, c.score] for c in row.classes] for row in rows]
    if "regressions" in expect:
        found["regressions"] = [regression.value for regression in response.result.regressions]
    for key, value in found.items():
        assert differences(expect[key], value, 1e-6) == ()
    for alias, tensor in expect.get("outputs", {}).items():
        np.testing.assert_allclose(to_array(response.outputs[alias]), array_of(tensor))
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


def _request(case: dict[str, Any], array_of: MakeArray) -> Any:
    from deepcat.serving.contract.protos import (
        classification_pb2,
        get_model_metadata_pb2,
        get_model_status_pb2,
        inference_pb2,
        predict_pb2,
        regression_pb2,
    )
    from deepcat.serving.contract.tensors import to_proto

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
        request.inputs[name].CopyFrom(to_proto(array_of(tensor)))
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


@pytest.mark.conformance("reload_config")
def test_labels(
    case: dict[str, Any], models: Path, server_for: Callable[[dict[str, Any]], Any]
) -> None:
    import grpc
    from google.protobuf import text_format

    from deepcat.serving.contract.protos import get_model_metadata_pb2, model_management_pb2

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
