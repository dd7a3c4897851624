"""Other models at the word of a client, or of the configuration file."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from served_versions import BODY, answer, states
from waiting import until

from deepcat.serving.contract.policy import ModelConfig, Policy


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
@pytest.mark.parametrize(
    "words", [("--host", "0.0.0.0", "--insecure"), ("--allow-reload=false",)], ids=["far", "near"]
)
def test_clients_change_what_is_served_only_where_they_may(
    models: Path, start_server: Callable[..., Any], words: tuple[str, ...]
) -> None:
    import grpc

    from deepcat.serving.contract.protos import model_management_pb2

    own = models / "half_plus_two_tf1"
    server = start_server("--model", f"a={own}", *words)
    server.line = server.line.replace("0.0.0.0", "127.0.0.1")
    stub = server.stub("ModelService")

    def asked(*configs: dict[str, Any]) -> str:
        request = model_management_pb2.ReloadConfigRequest()
        request.config.model_config_list.SetInParent()
        for config in configs:
            request.config.model_config_list.config.add(**config)
        try:
            stub.HandleReloadConfigRequest(request, timeout=60)
        except grpc.RpcError as error:
            return str(error.code().name)
        return "OK"

    same = {"name": "a", "base_path": str(own)}
    assert asked(same) == "OK"
    assert asked() == "PERMISSION_DENIED"
    assert asked({"name": "b", "base_path": str(models / "counter")}) == "PERMISSION_DENIED"
    assert asked(same, {"name": "b", "base_path": str(own)}) == "PERMISSION_DENIED"
    assert asked({**same, "version_labels": {"x": 123}}) == "PERMISSION_DENIED"
    assert server.predict("a", BODY).status == 200


@pytest.mark.tensorflow
def test_a_second_configuration_is_refused_while_one_is_carried_out(models: Path) -> None:
    from deepcat.serving.contract.status import Code, ServingError
    from deepcat.serving.models.manager import Models

    loading, go_on = threading.Event(), threading.Event()

    def load(name: str, version: int, path: Path) -> Any:
        loading.set()
        assert go_on.wait(120)
        raise ServingError(Code.INTERNAL, f"{name} was tried")

    table = Models(load)
    folder = str(models / "half_plus_two_tf1")
    first = threading.Thread(target=table.reload, args=([ModelConfig("a", folder)],))
    first.start()
    assert loading.wait(120)
    with pytest.raises(ServingError) as caught:
        table.reload([ModelConfig("b", folder)])
    assert caught.value.code is Code.UNAVAILABLE
    patient = threading.Thread(
        target=table.reload, args=([ModelConfig("c", folder)],), kwargs={"wait": True}
    )
    patient.start()
    go_on.set()
    first.join()
    patient.join()
    assert set(table.configs) == {"c"}
    assert [status.message for status in table.statuses("a")] == ["a was tried"]
    assert [status.message for status in table.statuses("c")] == ["c was tried"]
    with pytest.raises(ServingError):
        table.statuses("b")


def test_configurations_compare_by_value() -> None:
    assert ModelConfig("a", "/x") == ModelConfig("a", "/x", Policy(1), {})


@pytest.mark.tensorflow
def test_the_configuration_file_is_read_again(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    config = tmp_path / "models.config"

    def write(*named: tuple[str, Path], labels: str = "") -> None:
        each = "".join(f'config {{ name: "{n}" base_path: "{f}" {labels} }}' for n, f in named)
        config.with_suffix(".new").write_text(f"model_config_list {{ {each} }}")
        config.with_suffix(".new").rename(config)

    two, three = models / "half_plus_two_tf1", models / "half_plus_three_tf1"
    write(("a", two), ("lacking", tmp_path / "lacking"))
    server = start_server(
        "--model_config_file", str(config), "--model_config_file_poll_wait_seconds=0",
        "--file_system_poll_wait_seconds=0",
    )  # fmt: skip
    assert f"its folder cannot be read (No such file or directory): {tmp_path}" in (
        server.log.read_text()
    )
    lacking = server.ask("GET", "/v1/models/lacking").json["error"]
    assert lacking.startswith("Could not find any versions of model lacking: its folder cannot be")
    write(("a", two), ("b", three), labels='version_labels { key: "now" value: 123 }')
    server.process.send_signal(signal.SIGHUP)
    until(lambda: states(server, "b") == {"123": "AVAILABLE"})
    until(lambda: server.ask("GET", "/v1/models/b/labels/now").status == 200)
    for text, why in (
        ("model_config_list {", "the model configuration cannot be read"),
        ('model_config_list { config { nam: "x" } }', 'no field named "nam"'),
    ):
        config.write_text(text)
        server.process.send_signal(signal.SIGHUP)
        until(lambda why=why: why in server.log.read_text())
        assert server.predict("b", BODY).json == {"predictions": [3.5]}
    assert f"WARNING {config} is not taken, what was before stays: " in server.log.read_text()
    write(("b", three))
    server.process.send_signal(signal.SIGHUP)
    until(lambda: states(server, "a") == {"123": "END"})
    assert server.predict("b", BODY).json == {"predictions": [3.5]}


@pytest.mark.tensorflow
def test_the_configuration_file_is_looked_at_again(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    config = tmp_path / "models.config"
    line = 'model_config_list {{ config {{ name: "m" base_path: "{}" }} }}'
    config.write_text(line.format(models / "half_plus_two_tf1"))
    server = start_server("--config", str(config), "--poll-seconds", "0.05")
    config.write_text("model_config_list {")
    until(lambda: "is not taken" in server.log.read_text())
    assert answer(server) == {"predictions": [2.5]}
    whole = config.with_suffix(".new")
    whole.write_text(line.format(models / "half_plus_three_tf1"))
    whole.rename(config)
    until(lambda: answer(server) == {"predictions": [3.5]})
    # It is complained of once, not at every look.
    assert server.log.read_text().count("is not taken") == 1
