"""How the server begins and ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Ended = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def blocked(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """An environment in which some packages are not installed."""

    def environment(*packages: str) -> dict[str, str]:
        (tmp_path / "sitecustomize.py").write_text(
            f"""import importlib.abc, sys
class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Block())
"""
        )
        return {"PYTHONPATH": str(tmp_path)}

    return environment


@pytest.mark.parametrize("package", ["tensorflow", "tensorflow_serving", "grpc", "uvicorn"])
def test_a_missing_package(
    failing_server: Ended, blocked: Callable[..., dict[str, str]], tmp_path: Path, package: str
) -> None:
    done = failing_server("--model", f"m={tmp_path}", env=blocked(package))
    assert done.returncode == 1
    assert "error [serving/missing]: the extra `serve` is not installed" in done.stderr
    assert "pip install 'deepcat[serve]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("option", ["--rest-port", "--grpc-port"])
def test_a_port_in_use_is_told_before_tensorflow_loads(
    failing_server: Ended, blocked: Callable[..., dict[str, str]], tmp_path: Path, option: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        # Without TensorFlow there would be another error, were it looked for first.
        done = failing_server(
            "--model", f"m={tmp_path}", option, str(port), env=blocked("tensorflow")
        )
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert option in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "nothing to serve"),
        (["--model", "x"], "is no model"),
        (["--model", "=x"], "is no model"),
        (["--model", "m=no/such/folder"], "there is no folder"),
        (["--model", "m=.", "--model", "m=."], "the same name"),
        (["--model", "m=.", "--no-rest", "--no-grpc"], "neither REST nor gRPC"),
        (["--model", "m=.", "--rest-port", "65536"], "65536"),
        (["--config", "no-such-file"], "no-such-file"),
    ],
)
def test_misuse(failing_server: Ended, arguments: list[str], text: str) -> None:
    done = failing_server(*arguments)
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("option", "text", "code"),
    [
        ("--config", "model_config_list {", "serving/config"),
        ("--config", "custom_model_config {}", "serving/config"),
        ("--config", 'model_config_list { config { name: "x" } }', "serving/config"),
        ("--batching", "max_batch_size 3", "serving/batching"),
        ("--batching_parameters_file", "\nmax_bach_size { value: 8 }", "2:1"),
        ("--batching", "max_batch_size { value: 0 }", "serving/batching"),
        ("--op-library", "no library", "serving/op-library"),
        ("--about", "no JSON", "serving/about"),
        ("--about", "[]", "serving/about"),
        ("--about", '{"m": {"samples": [{}]}}', "serving/about"),
    ],
)
def test_files_that_cannot_be_read(
    failing_server: Ended, tmp_path: Path, option: str, text: str, code: str
) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    done = failing_server("--model", f"m={tmp_path}", option, str(file))
    assert done.returncode == 1
    assert code in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.tensorflow
@pytest.mark.parametrize("engine", ["native", "python"])
def test_it_says_where_it_serves_and_ends_well(
    models: Path, start_server: Callable[..., Any], engine: str
) -> None:
    server = start_server(
        "--model", f"b={models / 'echo'}", "--model", f"a={models / 'counter'}",
        "--engine", engine,
    )  # fmt: skip
    assert server.line == f"serving a, b on {server.url} and grpc://{server.grpc_address}\n"
    body = {"signature_name": "incr_counter_by", "inputs": {"delta": 2.0}}
    assert server.predict("a", body).json == {"outputs": 2.0}
    body = {"signature_name": "echo_string", "instances": ["x"]}
    assert server.predict("b", body).json == {"predictions": ["x"]}
    assert server.predict("b", {"signature_name": "fail", "instances": [-1.0]}).status == 400
    assert server.stop() == 0
    if engine == "native":
        assert server.log.read_text() == ""


@pytest.mark.tensorflow
@pytest.mark.parametrize(("option", "kept"), [("--no-grpc", "http"), ("--no-rest", "grpc")])
def test_one_interface_alone(
    models: Path, start_server: Callable[..., Any], option: str, kept: str
) -> None:
    server = start_server("--model", f"m={models / 'echo'}", option)
    assert server.line.startswith(f"serving m on {kept}://127.0.0.1:")
    assert " and " not in server.line
    assert server.stop() == 0


@pytest.mark.tensorflow
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_is_answered(
    models: Path, start_server: Callable[..., Any], signum: signal.Signals
) -> None:
    server = start_server("--model", f"m={models / 'echo'}", "--grace-seconds", "120")
    body = json.dumps({"signature_name": "slow", "inputs": {"x": 300.0}}).encode()
    with closing(http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=120)) as link:
        link.putrequest("POST", "/v1/models/m:predict")
        link.putheader("Content-Length", str(len(body)))
        link.putheader("Expect", "100-continue")
        link.endheaders()
        # It has the request once it asks for the body; a connection alone it need not have taken.
        asked = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert link.sock.recv(len(asked), socket.MSG_WAITALL) == asked
        link.send(body)
        server.process.send_signal(signum)
        answer = link.getresponse()
        assert (answer.status, json.load(answer)) == (200, {"outputs": 1.0})
    assert server.process.wait(120) == 0


@pytest.mark.tensorflow
def test_batches_are_computed(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "batching"
    file.write_text(
        "# as TensorFlow Serving has it\nmax_batch_size { value: 4 }\n"
        "batch_timeout_micros { value: 100000 }\nnum_batch_threads { value: 1 }\n"
        "allowed_batch_sizes: 2\nallowed_batch_sizes: 4\n"
    )
    server = start_server("--model", f"m={models / 'matrix'}", "--batching", str(file))
    answers: dict[int, Any] = {}

    def ask(number: int) -> None:
        answers[number] = server.predict("m", {"instances": [[[number]]]}).json

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: {"predictions": [[[n / 2 + 2]]]} for n in range(12)}
    wrong = server.predict("m", {"instances": [["x"]]})
    assert wrong.status == 400


def test_the_help_is_quick_to_import() -> None:
    code = (
        "import sys, deepcat.cli.serve\n"
        "print([m for m in ('tensorflow', 'numpy', 'grpc', 'uvicorn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.tensorflow
def test_the_server_never_imports_tensorflow_s_python(models: Path) -> None:
    """Its start would take seconds; the test fails when something begins to need it."""
    code = (
        "import sys\n"
        "from deepcat.serving.engine import choose\n"
        "choose.start('native')\n"
        "from deepcat.serving.contract import config\n"
        "from deepcat.serving.models import batching, warmup\n"
        "from deepcat.serving.server import grpc_api, rest\n"
        "print(json.dumps([m for m in sys.modules if m.startswith('tensorflow.python')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import json\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert json.loads(done.stdout) == []
