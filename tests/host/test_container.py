"""How a server is started in a container: TensorFlow Serving's flags, and nothing of the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat.cli.serve import command as command_line
from deepcat.cli.serve import settings_of
from deepcat.host.model_server.container import command, models
from deepcat.host.model_server.options import Options
from deepcat.host.model_server.rollout import Served, Server
from deepcat.host.model_server.serving import Serving, serving_of
from deepcat.serving.contract.batching import Batching
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.flags import arguments
from deepcat.serving.server.settings import Settings

IMAGE = "docker.io/tensorflow/serving@sha256:" + "0" * 64


def server(engine: str, options: Options, *cards: str) -> Server:
    return Server(
        "demo~server~1", "servers/1", (Served("m", 1, "00", "models/m"),), "127.0.0.1", 5001, 5000,
        options=options, serving=Serving(engine=engine, image=IMAGE), cards=cards,
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["podman", "docker"])
def test_a_server_s_container(tmp_path: Path, engine: str) -> None:
    place = tmp_path / "0a1b" / "demo"
    (place / "servers" / "1").mkdir(parents=True)
    options = Options((("max_batch_size", 4),), (("A", "b c"),), 3 << 30)
    words = command(place, server(engine, options, "GPU-1"), "0.5")
    folder = f"{place}/servers/1"
    engine_s = (["--replace"], "--device=nvidia.com/gpu=GPU-1")
    if engine == "docker":
        engine_s = ([], '--gpus="device=GPU-1"')
    assert words == [
        engine, "run", "--rm", "--name=deepcat-0a1b-demo_server_1", *engine_s[0],
        "--pull=never", "--read-only", "--cap-drop=all", "--pids-limit=4096",
        "--security-opt=no-new-privileges", "--tmpfs=/tmp",
        "--publish=127.0.0.1:5001:8501", "--publish=127.0.0.1:5000:8500",
        f"--volume={place}/models:{place}/models:ro", f"--volume={folder}:{folder}:ro",
        "--memory=3221225472", engine_s[1], "--env=A=b c",
        "--entrypoint=tensorflow_model_server", IMAGE,
        "--port=8500", "--rest_api_port=8501", f"--model_config_file={folder}/.models",
        "--file_system_poll_wait_seconds=1",
        "--enable_batching=true", f"--batching_parameters_file={folder}/.batching",
    ]  # fmt: skip
    assert (place / "servers" / "1" / ".models").read_text() == (
        "model_config_list {\n"
        f'  config {{ name: "m" base_path: "{folder}/m" model_platform: "tensorflow" }}\n'
        "}\n"
    )
    assert (place / "servers" / "1" / ".batching").read_text() == "max_batch_size { value: 4 }\n"


@pytest.mark.parametrize(
    ("files", "asked"),
    [(("model.tflite",), True), (("model.tflite", "saved_model.pb"), False), ((), False)],
)
def test_a_lite_model_is_asked_for_where_it_is_alone(
    tmp_path: Path, files: tuple[str, ...], asked: bool
) -> None:
    for name in ("servers/1", "models/m"):
        (tmp_path / name).mkdir(parents=True)
    for name in files:
        (tmp_path / "models" / "m" / name).touch()
    words = command(tmp_path, server("podman", Options()), "0.5")
    assert ("--prefer_tflite_model=true" in words) is asked
    assert arguments(["--prefer_tflite_model=true", "--model_base_path=/m"])[0] == "serve"


def test_what_a_container_is_given_reads_back() -> None:
    assert serving_of({"engine": "podman", "image": IMAGE}) == Serving((), (), (), "podman", IMAGE)
    assert models(server("podman", Options()), Path("/f")).count("config {") == 1


def asked(flags: list[str]) -> Settings:
    """What our image serves when it is given TensorFlow Serving's flags."""
    name, *words = arguments(flags)
    assert name == "serve"
    return settings_of(command_line.make_context(name, words).params)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (
            ["--port=8500", "--rest_api_port=8501", "--model_config_file={}"],
            {"rest_port": 8501, "grpc_port": 8500, "poll_s": 1.0, "models": ()},
        ),
        (
            ["--model_name=m", "--model_base_path=/models/m", "--file_system_poll_wait_seconds=5"],
            {"rest_port": None, "poll_s": 5.0, "models": (ModelConfig("m", "/models/m"),)},
        ),
        (
            ["--model_config_file={}", "--enable_batching", "--max_num_load_retries=9"],
            {"batching": Batching(), "load_retries": 9},
        ),
        (
            ["--model_base_path=/m", "--enable_batching=true", "--batching_parameters_file={}"],
            {"batching": Batching(), "models": (ModelConfig("default", "/m"),)},
        ),
    ],
)  # fmt: skip
def test_our_image_takes_tensorflow_serving_s_flags(
    flags: list[str], expected: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    found = asked([flag.format(tmp_path / "empty") for flag in flags])
    assert (found.host, found.engine) == ("0.0.0.0", "native")
    assert {name: getattr(found, name) for name in expected} == expected
