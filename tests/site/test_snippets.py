"""Every snippet of a module's page, run in its language against a server that runs the module."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Module, Sample
from deepcat.host.archive import unpack
from deepcat.host.model_server.compare import differences
from deepcat_site.views.asked import asked
from deepcat_site.views.call import calls
from deepcat_site.views.items import items

ROOT = Path(__file__).resolve().parents[2]
MODULES = load(work_tree(ROOT)).modules
WAYS = ["curl", "python", "tensorflow", "javascript", "grpc", "deepaas", "inference"]
# Messages of the Open Inference Protocol keep texts and halves in a way that nobody could read.
NO_GRPC = {"log-triage"}
# Its first signature takes a file, which the reader has and the sample has not.
FILES = {"photo-denoiser"}


@pytest.fixture(scope="module")
def server(start_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("snippets")
    arguments: list[str] = []
    for name, module in MODULES.items():
        assert module.model is not None
        unpack(ROOT / module.path / module.model.path, root / name)
        arguments += ["--model", f"{name}={root / name}"]
    return start_server(*arguments)


def code_of(server: Any, name: str, way: str) -> str:
    """What a reader copies."""
    found = {each.key: each.html for each in ways_of(server, MODULES[name])}
    return unescape(re.sub(r"<[^>]*>", "", found[way])) if way in found else ""


def ways_of(server: Any, module: Module) -> Any:
    return calls(module, server.url, server.grpc_address).ways


def asked_of(name: str, method: str = "") -> Sample:
    found = asked(MODULES[name], method)
    assert found is not None
    return MODULES[name].samples[found.sample - 1]


def run(*argv: str, folder: Path) -> str:
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(name: str, answer: Any) -> None:
    sample = asked_of(name)
    assert differences(sample.response, answer, sample.tolerance) == ()


def check_outputs(name: str, found: dict[str, Any]) -> None:
    """The same of tensors by name, of the sample that can be predicted."""
    sample = asked_of(name, "predict")
    rows = [item.outputs for item in items(MODULES[name], sample)]
    stored = {key: [row[key] for row in rows] for key in rows[0]}
    assert differences(stored, found, sample.tolerance) == ()


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", sorted(MODULES))
def test_each_module_is_called_in_each_way(server: Any, name: str) -> None:
    there = [each.key for each in ways_of(server, MODULES[name])]
    assert there == [way for way in WAYS if not (way == "grpc" and name in NO_GRPC)]


@pytest.mark.tensorflow
@pytest.mark.starts("curl")
@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_line_of_curl_that_is_copied_runs(server: Any, name: str, tmp_path: Path) -> None:
    check(name, json.loads(run("bash", "-c", code_of(server, name, "curl"), folder=tmp_path)))


@pytest.mark.tensorflow
@pytest.mark.starts("node")
@pytest.mark.parametrize("name", sorted(MODULES))
def test_javascript_runs(server: Any, name: str, tmp_path: Path) -> None:
    (tmp_path / "call.mjs").write_text(code_of(server, name, "javascript"))
    check(name, json.loads(run("node", "call.mjs", folder=tmp_path)))


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", sorted(MODULES))
def test_requests_of_python_runs(
    server: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(code_of(server, name, "python"), "call.py", "exec"), {})
    check(name, ast.literal_eval(capsys.readouterr().out))


# One process for all: each imports TensorFlow, which takes its time.
_ALL = """
import json, sys
import tensorflow as tf
found = {}
for name, code in json.load(sys.stdin).items():
    names = {}
    exec(compile(code, name, "exec"), names)
    outputs = names["answer"].outputs.items()
    arrays = {key: tf.make_ndarray(tensor) for key, tensor in outputs}
    found[name] = {
        key: [each.decode() if isinstance(each, bytes) else each for each in array.tolist()]
        for key, array in arrays.items()
    }
print("\\n" + json.dumps(found))
"""


@pytest.mark.tensorflow
def test_the_client_of_tensorflow_serving_runs(server: Any) -> None:
    codes = {name: code_of(server, name, "tensorflow") for name in MODULES}
    done = subprocess.run(
        [sys.executable, "-c", _ALL],
        input=json.dumps(codes), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name, outputs in json.loads(done.stdout.splitlines()[-1]).items():
        check_outputs(name, outputs)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", sorted({*MODULES} - NO_GRPC))
def test_grpc_by_what_the_server_tells_of_itself_runs(server: Any, name: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(code_of(server, name, "grpc"), "call.py", "exec"), names)
    found = {each.name: each for each in names["answer"].outputs}
    assert {*found} == {*(items(MODULES[name], asked_of(name, "predict"))[0].outputs)}
    for each in found.values():
        kept = [value for _, value in each.contents.ListFields()]
        assert kept or names["answer"].raw_output_contents


@pytest.mark.tensorflow
@pytest.mark.starts("curl")
@pytest.mark.parametrize("name", sorted({*MODULES} - FILES))
def test_deepaas_answers(server: Any, name: str, tmp_path: Path) -> None:
    told = json.loads(run("bash", "-c", code_of(server, name, "deepaas"), folder=tmp_path))
    assert told["status"] == "OK"
    check_outputs(name, told["predictions"])


@pytest.mark.tensorflow
@pytest.mark.starts("curl")
@pytest.mark.parametrize("name", sorted(FILES))
def test_deepaas_takes_the_file_that_the_reader_has(server: Any, name: str, tmp_path: Path) -> None:
    code = code_of(server, name, "deepaas")
    (tmp_path / "FILE").write_bytes((ROOT / "modules" / name / "image.jpg").read_bytes())
    assert json.loads(run("bash", "-c", code, folder=tmp_path))["status"] == "OK"


@pytest.mark.tensorflow
@pytest.mark.starts("curl")
@pytest.mark.parametrize("name", sorted(MODULES))
def test_the_open_inference_protocol_answers(server: Any, name: str, tmp_path: Path) -> None:
    told = json.loads(run("bash", "-c", code_of(server, name, "inference"), folder=tmp_path))
    check_outputs(name, {each["name"]: _nested(each) for each in told["outputs"]})


def _nested(tensor: dict[str, Any]) -> Any:
    data = tensor["data"]
    for size in reversed(tensor["shape"][1:]):
        data = [data[at : at + size] for at in range(0, len(data), size)]
    return data


# A request that is too long for a page is read from a file.
LONG = Sample("long", "predict", {"instances": [n / 7 for n in range(400)]}, {"predictions": []})


@pytest.mark.tensorflow
@pytest.mark.starts("curl", "node")
def test_a_long_request_is_read_from_its_file(server: Any, tmp_path: Path) -> None:
    long = replace(MODULES["half-plus-two"], samples=(LONG,))
    found = calls(long, server.url, server.grpc_address)
    assert found.file == 1
    (tmp_path / "request.json").write_text(json.dumps(LONG.request))
    code = {each.key: unescape(re.sub(r"<[^>]*>", "", each.html)) for each in found.ways}
    answer = json.loads(run("bash", "-c", code["curl"], folder=tmp_path))["predictions"]
    assert answer[7] == 2.5
    (tmp_path / "call.mjs").write_text(code["javascript"])
    assert json.loads(run("node", "call.mjs", folder=tmp_path))["predictions"] == answer
    (tmp_path / "call.py").write_text(code["python"])
    assert ast.literal_eval(run(sys.executable, "call.py", folder=tmp_path)) == {
        "predictions": answer
    }
    assert 'tf.make_tensor_proto(body["instances"], dtype=' in code["tensorflow"]
