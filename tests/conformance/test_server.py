"""Cases that are requests to a running server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving_cases import config_text, content, fill_input, fill_spec, flags_of

pytestmark = pytest.mark.tensorflow

MakeArray = Callable[[dict[str, Any]], Any]
ServerFor = Callable[[dict[str, Any]], Any]
Fails = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.conformance("http")
def test_http(case: dict[str, Any], server_for: ServerFor) -> None:
    server = server_for(case)
    for step in case.get("before", ()):
        _ask(server, step)
    _check_http(_ask(server, case), case["expect"])


def _ask(server: Any, case: dict[str, Any]) -> Any:
    return server.ask(case["method"], case["path"], content(case.get("body")), case.get("headers"))


def _check_http(answer: Any, expect: dict[str, Any]) -> None:
    from deepcat.host.model_server.compare import differences
    from deepcat.serving.contract.status import HTTP_STATUS, Code

    status = expect.get("http_status") or HTTP_STATUS[Code[expect.get("status", "OK")]]
    assert answer.status == status, answer.body
    if "content_type" in expect:
        assert answer.headers["content-type"].startswith(expect["content_type"])
    for name, value in expect.get("headers", {}).items():
        assert answer.headers[name.lower()] == value
    if "json" in expect:
        assert differences(expect["json"], answer.json, 1e-6) == ()
    if "json_text" in expect:
        assert differences(json.loads(expect["json_text"]), answer.json, 1e-6) == ()
    if "error_contains" in expect:
        assert expect["error_contains"] in answer.json["error"]
    if "text_contains" in expect:
        assert expect["text_contains"] in answer.body.decode()


@pytest.mark.conformance("grpc")
def test_grpc(case: dict[str, Any], server_for: ServerFor, array_of: MakeArray) -> None:
    server = server_for(case)
    for step in case.get("before", ()):
        _call(server, step, array_of)
    _check_grpc(server, case, array_of)


def _call(server: Any, case: dict[str, Any], array_of: MakeArray) -> Any:
    stub = server.stub(case["service"].rpartition(".")[2])
    return getattr(stub, case["rpc"])(_request(case, array_of), timeout=60)


def _check_grpc(server: Any, case: dict[str, Any], array_of: MakeArray) -> None:
    import grpc

    expect = case["expect"]
    if expect.get("status", "OK") != "OK":
        with pytest.raises(grpc.RpcError) as caught:
            _call(server, case, array_of)
        assert caught.value.code().name == expect["status"]
        assert expect.get("error_contains", "") in caught.value.details()
        return
    response = _call(server, case, array_of)
    if "model_spec" in expect:
        assert _spec(response.model_spec, expect["model_spec"]) == expect["model_spec"]
    if "response_textproto" in expect:
        from google.protobuf import text_format

        assert response == text_format.Parse(expect["response_textproto"], type(response)())
    if "results" in expect:
        assert len(response.results) == len(expect["results"])
    for wanted, result in zip(expect.get("results", ()), _results(response), strict=False):
        if "model_spec" in wanted:
            assert _spec(result.model_spec, wanted["model_spec"]) == wanted["model_spec"]
        _check_results(result.classification_result, result.regression_result, wanted)
    if "classifications" in expect or "regressions" in expect:
        _check_results(response.result, response.result, expect)
    for alias, tensor in expect.get("outputs", {}).items():
        _check_tensor(response.outputs[alias], tensor, array_of)
    _check_metadata(response, expect)
    _check_versions(response, expect)


def _results(response: Any) -> Any:
    return getattr(response, "results", ())


def _check_results(classified: Any, regressed: Any, expect: dict[str, Any]) -> None:
    from deepcat.host.model_server.compare import differences

    if "classifications" in expect:
        rows = [[[c.label, c.score] for c in row.classes] for row in classified.classifications]
        assert differences(expect["classifications"], rows, 1e-6) == ()
    if "regressions" in expect:
        values = [regression.value for regression in regressed.regressions]
        assert differences(expect["regressions"], values, 1e-6) == ()


def _check_tensor(proto: Any, tensor: dict[str, Any], array_of: MakeArray) -> None:
    from deepcat.serving.contract.tensors import to_array

    found, wanted = to_array(proto), array_of(tensor)
    assert list(found.shape) == list(wanted.shape)
    if wanted.dtype == object:
        assert found.tolist() == wanted.tolist()
    else:
        np.testing.assert_allclose(found, wanted)


def _check_metadata(response: Any, expect: dict[str, Any]) -> None:
    from deepcat.serving.contract.protos import get_model_metadata_pb2

    named = expect.get("signature_names") or expect.get("signatures")
    if named is not None:
        found = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(found)
        assert set(named) <= set(found.signature_def)


def _check_versions(response: Any, expect: dict[str, Any]) -> None:
    statuses = getattr(response, "model_version_status", [])
    if "versions" in expect:
        assert len(statuses) == len(expect["versions"])
    for wanted, status in zip(expect.get("versions", ()), statuses, strict=False):
        found = {
            "version": status.version,
            "state": type(status).State.Name(status.state),
            "error_code": status.status.error_code,
            "error_message": status.status.error_message,
        }
        assert {name: found[name] for name in wanted} == wanted
    if "versions_set" in expect:
        assert {status.version for status in statuses} == set(expect["versions_set"])
        assert {s.status.error_code for s in statuses} == {expect.get("error_code", 0)}
        assert {s.status.error_message for s in statuses} == {expect.get("error_message", "")}


def _spec(spec: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    found = {
        "name": spec.name,
        "signature_name": spec.signature_name,
        "version": spec.version.value,
        "version_label": spec.version_label,
    }
    return {name: found[name] for name in wanted}


def _request(case: dict[str, Any], array_of: MakeArray) -> Any:
    from google.protobuf import text_format

    from deepcat.serving.contract import protos
    from deepcat.serving.contract.tensors import to_proto

    request = {
        "Predict": protos.predict_pb2.PredictRequest,
        "Classify": protos.classification_pb2.ClassificationRequest,
        "Regress": protos.regression_pb2.RegressionRequest,
        "GetModelMetadata": protos.get_model_metadata_pb2.GetModelMetadataRequest,
        "GetModelStatus": protos.get_model_status_pb2.GetModelStatusRequest,
        "MultiInference": protos.inference_pb2.MultiInferenceRequest,
        "HandleReloadConfigRequest": protos.model_management_pb2.ReloadConfigRequest,
    }[case["rpc"]]()
    if "request_textproto" in case:
        return text_format.Parse(case["request_textproto"], request)
    described = case["request"]
    if "model_spec" in described:
        fill_spec(request.model_spec, described["model_spec"])
    for name, tensor in (described.get("inputs") or {}).items():
        request.inputs[name].CopyFrom(to_proto(array_of(tensor)))
    for name in ("output_filter", "metadata_field"):
        if name in described:
            getattr(request, name).extend(described[name])
    for task in described.get("tasks", []):
        added = request.tasks.add(method_name=task.get("method_name", ""))
        if "model_spec" in task:
            fill_spec(added.model_spec, task["model_spec"])
    if "input" in described:
        request.input.SetInParent()
        fill_input(request.input, described["input"] or {})
    return request


@pytest.mark.conformance("reload_config")
def test_reload(
    case: dict[str, Any],
    models: Path,
    server_for: ServerFor,
    array_of: MakeArray,
    failing_server: Fails,
    tmp_path: Path,
) -> None:
    refused = (case.get("expect") or {}).get("status", "OK") != "OK"
    if refused and not case.get("steps"):
        config = tmp_path / "models.config"
        config.write_text(config_text(models, case["server"]["models"]))
        done = failing_server("--config", str(config), *flags_of(case))
        assert done.returncode not in (0, None)
        assert case["expect"].get("error_contains", "") in done.stderr + done.stdout
        return
    server = server_for(case)
    described = case["server"]["models"]
    for step in case["steps"]:
        if "path" in step:
            _check_http(_ask(server, step), step["expect"])
        elif "rpc" in step:
            _check_grpc(server, step, array_of)
        elif "resolve" in step:
            _resolve(server, described[0]["name"], step)
        else:
            wanted = _reloaded(described, step)
            if _reload(server, config_text(models, wanted), step):
                described = wanted or described


def _reloaded(described: list[dict[str, Any]], step: dict[str, Any]) -> list[dict[str, Any]]:
    """The models after a step: the labels of the first are changed, or all are replaced."""
    if "reload_labels" in step:
        return [{**described[0], "version_labels": step["reload_labels"]}, *described[1:]]
    known = {model["name"]: model for model in described}
    wanted = step.get("reload_models", step.get("reload", []))
    models = [{"name": model} if isinstance(model, str) else model for model in wanted]
    return [{**known.get(model["name"], {}), **model} for model in models]


def _expected(step: dict[str, Any]) -> tuple[str, str]:
    """The status of a step, and what its error says."""
    expect = step.get("expect", "OK")
    if isinstance(expect, dict):
        return expect.get("status", "OK"), expect.get("error_contains", "")
    return expect, step.get("error_contains", "")


def _reload(server: Any, config: str, step: dict[str, Any]) -> bool:
    import grpc
    from google.protobuf import text_format

    from deepcat.serving.contract.protos import model_management_pb2

    status, said = _expected(step)
    request = model_management_pb2.ReloadConfigRequest()
    text_format.Parse(config, request.config)
    try:
        server.stub("ModelService").HandleReloadConfigRequest(request, timeout=60)
    except grpc.RpcError as error:
        assert error.code().name == status, error.details()
        assert said in error.details()
        return False
    assert status == "OK"
    return True


def _resolve(server: Any, name: str, step: dict[str, Any]) -> None:
    """Ask which version answers a ModelSpec."""
    import grpc

    from deepcat.serving.contract.protos import get_model_metadata_pb2

    status, said = _expected(step)
    asked = get_model_metadata_pb2.GetModelMetadataRequest()
    asked.metadata_field.append("signature_def")
    fill_spec(asked.model_spec, {"name": name, **step["resolve"]})
    try:
        found = server.stub("PredictionService").GetModelMetadata(asked, timeout=60)
    except grpc.RpcError as error:
        assert error.code().name == status, error.details()
        assert said in error.details()
        return
    assert status == "OK"
    if "expect_version" in step:
        assert found.model_spec.version.value == step["expect_version"]
