"""Cases that need no server: texts to values and back, policies, metrics, batches."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving_cases import batching_text, content, fill_example, tensors_of

pytestmark = pytest.mark.tensorflow

MakeArray = Callable[[dict[str, Any]], Any]


KINDS = {
    "json_to_predict", "tensors_to_json", "json_to_classify_regress", "result_to_json",
    "status_to_json", "path_parse", "version_policy", "prometheus", "batching", "http",
    "grpc", "reload_config",
}  # fmt: skip


def test_every_kind_has_a_test(all_cases: list[dict[str, Any]]) -> None:
    """A kind of case that nothing runs would pass unseen."""
    assert all_cases
    assert {case["kind"] for case in all_cases} <= KINDS


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

    body = content(case["body"])
    inputs = {name: dtypes.BY_NAME[d] for name, d in case["signature_inputs"].items()}
    expect = case["expect"]
    if expect["status"] != "OK":
        _check_error(expect, lambda: predict_body(body, lambda _: inputs))
        return
    found = predict_body(body, lambda _: inputs)
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
    from deepcat.serving.contract.protos import example_pb2

    expect = case["expect"]
    if expect["status"] != "OK":
        _check_error(expect, lambda: examples_body(content(case["body"])))
        return
    found = examples_body(content(case["body"]))
    wanted = _wanted_request(expect)
    if wanted is None:
        assert found.examples
        return
    if wanted.model_spec.signature_name:
        assert found.signature_name == wanted.model_spec.signature_name
    part = getattr(wanted.input, wanted.input.WhichOneof("kind"))
    context = part.context if wanted.input.HasField("example_list_with_context") else None
    merged = []
    for example in part.examples:
        whole = example_pb2.Example()
        for each in (context, example):
            for name, feature in each.features.feature.items() if each else ():
                whole.features.feature[name].CopyFrom(feature)
        merged.append(whole)
    assert [_read_example(text) for text in found.examples] == merged


def _read_example(text: bytes) -> Any:
    from deepcat.serving.contract.protos import example_pb2

    return example_pb2.Example.FromString(text)


def _wanted_request(expect: dict[str, Any]) -> Any:
    """The ClassificationRequest that an answer describes: as text, as JSON, or by its examples."""
    from google.protobuf import json_format, text_format

    from deepcat.serving.contract.protos import classification_pb2

    wanted = classification_pb2.ClassificationRequest()
    for name, value in expect.items():
        if name.endswith("textproto"):
            inside = wanted.input if name.startswith("input") else wanted
            text_format.Parse(value, inside)
        elif name == "request":
            json_format.ParseDict(value, wanted)
        elif name == "signature_name":
            wanted.model_spec.signature_name = value
        elif name == "context":
            fill_example(wanted.input.example_list_with_context.context, value)
    if "examples" in expect:
        message = wanted.input
        part = message.example_list_with_context if "context" in expect else message.example_list
        for example in expect["examples"]:
            fill_example(part.examples.add(), example)
    return wanted if wanted.input.WhichOneof("kind") else None


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
    from deepcat.serving.server.metrics import Counter, Gauge, Histogram

    metric, labels = case["metric"], tuple(case["metric"].get("labels", {}).items())
    if metric["type"] == "counter":
        counter = Counter(metric["name"])
        counter.add(labels, metric["value"])
        lines = counter.lines()
    elif metric["type"] == "gauge":
        gauge = Gauge(metric["name"])
        gauge.put(labels, metric["value"])
        lines = gauge.lines()
    else:
        histogram = Histogram(metric["name"], metric["buckets"])
        for sample in metric["samples"]:
            histogram.add(labels, sample)
        lines = histogram.lines()
    text = "\n".join(lines) + "\n"
    if "text" in case["expect"]:
        assert text == case["expect"]["text"]
    assert case["expect"].get("text_contains", "") in text


@pytest.mark.conformance("batching")
def test_batching(case: dict[str, Any], models: Path, native: Any) -> None:
    from deepcat.errors import DeepcatError
    from deepcat.serving.contract.status import ServingError

    params, expect = case.get("params", {}), case["expect"]
    model = " ".join([case.get("model", ""), str(params.get("model", ""))])
    feeds, fetches = tensors_of(case.get("model", ""))
    folder = models / ("matrix" if "matrix" in model else "half_plus_two_tf1")
    executed: list[int] = []
    session = native.load(next(folder.iterdir()))
    refused, answers = "", []
    try:
        run = _batched(params, _graph(session, feeds, fetches, executed))
        answers = _asked_together(run, [_row(r, feeds) for r in case.get("requests", [])])
    except DeepcatError as error:
        refused = f"INVALID_ARGUMENT {error}"
    finally:
        session.close()
    errors = [answer for answer in answers if isinstance(answer, ServingError)]
    refused = refused or " ".join(f"{error.code.name} {error.message}" for error in errors)
    if "outputs" not in expect:
        # Without answers a case can only mean that it is refused, or how batches are formed.
        assert refused or "executed_batch_sizes" in expect, "nothing was refused"
        for name, value in expect.items():
            if name in ("error_contains", "error") or value in KNOWN_CODES:
                assert value.lower() in refused.lower()
    else:
        assert not refused
        for answer, wanted in zip(answers, expect["outputs"], strict=True):
            for array, values in zip(answer, _row(wanted, fetches), strict=True):
                np.testing.assert_allclose(array, values, rtol=1e-6)
    if "executed_batch_sizes" in expect:
        assert executed == expect["executed_batch_sizes"]
    if "padding" in expect and "outputs" in expect:
        given = sum(len(answer[0]) for answer in answers)
        assert sum(executed) - given == expect["padding"]


KNOWN_CODES = ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED", "UNAVAILABLE")


def _row(request: Any, names: Sequence[str]) -> list[Any]:
    """One request's values, or one answer's, for each tensor: by name, in order, or of the one."""
    if isinstance(request, dict):
        inside = request.get("inputs", request.get("outputs", request))
        # What the model has no input for is refused before it would be fed.
        chosen = names if set(names) <= set(inside) else sorted(inside)
        return [_floats(inside[name]) for name in chosen]
    if len(names) > 1:
        return [_floats(values) for values in request]
    return [_floats(request)]


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return np.array(value["values"], dtype=np.float32).reshape(value["shape"])
    return np.array(value, dtype=np.float32)


def _graph(
    session: Any, feeds: Sequence[str], fetches: Sequence[str], executed: list[int]
) -> Callable[..., Any]:
    """Runs the model, and notes how large each batch was."""

    def run(arrays: Any, timeout_ms: int) -> Any:
        executed.append(len(arrays[0]))
        graph = session.runner(
            tuple(f"{name}:0" for name in feeds), tuple(f"{name}:0" for name in fetches)
        )
        return graph(arrays, timeout_ms)

    return run


def _batched(params: dict[str, Any], run: Callable[..., Any]) -> Callable[..., Any]:
    from deepcat.serving.contract.batching import read_parameters
    from deepcat.serving.models.batching import BatchRunner

    return BatchRunner(run, read_parameters(batching_text(params)))


def _asked_together(run: Callable[..., Any], requests: list[list[Any]]) -> list[Any]:
    """The answer of each request, or its error; all are asked at once."""
    from deepcat.serving.contract.status import ServingError

    answers: list[Any] = [None] * len(requests)

    def ask(index: int) -> None:
        try:
            answers[index] = run(requests[index], 0)
        except ServingError as error:
            answers[index] = error

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
