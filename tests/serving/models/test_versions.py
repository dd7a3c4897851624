"""Versions that come and go while the server runs."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.serving.contract.policy import ModelConfig, Policy, to_unload, version_numbers

PATIENCE_S = 60
BODY = {"instances": [1.0]}
NUMBERS = st.sets(st.integers(0, 20))


@given(NUMBERS, NUMBERS)
def test_requests_always_find_a_version(serving: set[int], wanted: set[int]) -> None:
    pending = wanted - serving
    ended = set(to_unload(serving, wanted, pending))
    assert ended <= serving - wanted
    if serving and wanted:
        assert serving - ended
    if serving & wanted or not wanted:
        assert ended == serving - wanted


@given(NUMBERS, st.integers(1, 5))
def test_the_largest_are_wanted(versions: set[int], latest: int) -> None:
    assert Policy(latest).wanted(versions) == sorted(versions, reverse=True)[:latest]


def test_names_that_are_versions() -> None:
    names = ["1", "002", "x", "-3", "1.5", "", "٣", str(2**63), "7 "]
    assert version_numbers(names) == {1: "1", 2: "002"}


def until(check: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (value := check()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return value


def put(source: Path, target: Path) -> None:
    """As a deployment puts a version there: whole, by one rename."""
    shutil.copytree(source, target.with_name(f".{target.name}"))
    target.with_name(f".{target.name}").rename(target)


def states(server: Any, model: str = "m") -> dict[str, str]:
    answer = server.ask("GET", f"/v1/models/{model}")
    listed = answer.json.get("model_version_status", [])
    return {status["version"]: status["state"] for status in listed}


@pytest.mark.tensorflow
def test_a_new_version_takes_over_and_no_request_fails(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    put(models / "half_plus_two_tf1" / "123", folder / "1")
    server = start_server("--model", f"m={folder}", "--poll-seconds", "0.05")
    answers: list[tuple[int, Any]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            answer = server.predict("m", BODY)
            answers.append((answer.status, answer.json.get("predictions")))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(answers) > 20)
        put(models / "half_plus_three_tf1" / "123", folder / "2")
        until(lambda: states(server) == {"2": "AVAILABLE", "1": "END"})
        shutil.rmtree(folder / "2")
        until(lambda: states(server) == {"2": "END", "1": "AVAILABLE"})
        before = len(answers)
        until(lambda: len(answers) > before + 20)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert {status for status, _ in answers} == {200}
    values = [predictions[0] for _, predictions in answers]
    assert set(values) == {2.5, 3.5}
    assert (values[0], values[-1]) == (2.5, 2.5)


@pytest.mark.tensorflow
def test_a_broken_version_leaves_the_old_one(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    put(models / "half_plus_two_tf1" / "123", folder / "1")
    server = start_server("--model", f"m={folder}", "--poll-seconds", "0.05")
    (folder / "2").mkdir()
    (folder / "2" / "saved_model.pb").write_bytes(b"no model")
    until(lambda: states(server).get("2") == "END")
    assert states(server) == {"2": "END", "1": "AVAILABLE"}
    (broken,) = server.ask("GET", "/v1/models/m/versions/2").json["model_version_status"]
    assert broken["status"]["error_code"] != "OK"
    assert broken["status"]["error_message"]
    assert server.predict("m", BODY).json == {"predictions": [2.5]}
    # Mended in place, it takes over.
    shutil.copytree(models / "half_plus_three_tf1" / "123", folder / "2", dirs_exist_ok=True)
    until(lambda: states(server) == {"2": "AVAILABLE", "1": "END"})
    assert server.predict("m", BODY).json == {"predictions": [3.5]}


@pytest.mark.tensorflow
def test_one_model_that_fails_does_not_stop_the_others(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "bad" / "1").mkdir(parents=True)
    (tmp_path / "bad" / "1" / "saved_model.pb").write_bytes(b"\xff" * 100)
    lacking = tmp_path / "lacking"
    put(models / "half_plus_two_tf1" / "123", tmp_path / "lacking" / "1")
    os.truncate(lacking / "1" / "variables" / "variables.index", 10)
    server = start_server(
        "--model", f"bad={tmp_path / 'bad'}", "--model", f"lacking={lacking}",
        "--model", f"good={models / 'half_plus_two_tf1'}", "--poll-seconds", "0",
    )  # fmt: skip
    assert server.predict("good", BODY).status == 200
    for name in ("bad", "lacking"):
        assert states(server, name) == {"1": "END"}
        answer = server.predict(name, BODY)
        assert answer.status == 404
        assert answer.json == {"error": f"Servable not found for request: Latest({name})"}
    assert "does not load" in server.log.read_text()


@pytest.mark.tensorflow
def test_a_keras_model_in_a_module_is_refused_with_a_reason(
    models: Path, start_server: Callable[..., Any]
) -> None:
    server = start_server("--model", f"m={models / 'unrestored'}")
    (status,) = server.ask("GET", "/v1/models/m").json["model_version_status"]
    assert status["state"] == "END"
    assert "restores no value for the variable" in status["status"]["error_message"]


@pytest.mark.tensorflow
def test_warm_up_requests_are_sent_before_others(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    cut = tmp_path / "cut" / "1"
    shutil.copytree(models / "warmed" / "1", cut)
    record = cut / "assets.extra" / "tf_serving_warmup_requests"
    os.truncate(record, record.stat().st_size - 1)
    server = start_server("--model", f"m={models / 'warmed'}", "--model", f"cut={cut}")
    body = {"signature_name": "get_counter", "inputs": {}}
    # A signature without inputs cannot be asked by REST; the counter's next value tells.
    body = {"signature_name": "incr_counter_by", "inputs": {"delta": 1.0}}
    assert server.predict("m", body).json == {"outputs": 6.0}
    (status,) = server.ask("GET", "/v1/models/cut").json["model_version_status"]
    assert (status["state"], status["status"]["error_code"]) == ("END", "DATA_LOSS")


@pytest.mark.tensorflow
def test_a_client_changes_what_is_served(models: Path, start_server: Callable[..., Any]) -> None:
    from deepcat.serving.contract.protos import model_management_pb2

    first, second = models / "half_plus_two_tf1", models / "half_plus_three_tf1"
    server = start_server("--model", f"a={first}")
    stub = server.stub("ModelService")

    def reload(*named: tuple[str, Path]) -> None:
        request = model_management_pb2.ReloadConfigRequest()
        for name, folder in named:
            request.config.model_config_list.config.add(
                name=name, base_path=str(folder), model_platform="tensorflow"
            )
        stub.HandleReloadConfigRequest(request, timeout=60)

    reload(("a", first), ("b", second))
    assert server.predict("b", BODY).json == {"predictions": [3.5]}
    reload(("b", second))
    assert server.predict("a", BODY).status == 404
    assert states(server, "a") == {"123": "END"}
    reload(("a", first))
    assert server.predict("a", BODY).json == {"predictions": [2.5]}
    assert states(server, "b") == {"123": "END"}


@pytest.mark.tensorflow
def test_new_folders_only_where_they_are_allowed(
    models: Path, start_server: Callable[..., Any]
) -> None:
    import grpc

    from deepcat.serving.contract.protos import model_management_pb2

    server = start_server("--model", f"a={models / 'half_plus_two_tf1'}", "--host", "0.0.0.0")
    line = server.line.replace("0.0.0.0", "127.0.0.1")
    server.line = line
    request = model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.config.add(name="b", base_path=str(models / "counter"))
    with pytest.raises(grpc.RpcError) as caught:
        server.stub("ModelService").HandleReloadConfigRequest(request, timeout=60)
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert server.predict("a", BODY).status == 200


def test_configurations_compare_by_value() -> None:
    assert ModelConfig("a", "/x") == ModelConfig("a", "/x", Policy(1), {})
