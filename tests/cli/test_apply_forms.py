"""A model in two forms, from its module to its reader: which one serves is said all the way."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import forked
import numpy as np
import pytest
import yaml

pytestmark = [
    pytest.mark.starts("a program"),
    pytest.mark.tensorflow,
    pytest.mark.slow,
]
NAMES = {"agrees": 1.0, "differs": 2.0}
AGREES = "LiteRT serves model.tflite, whose answers to the samples agree"
DIFFERS = "TensorFlow serves the SavedModel, for by model.tflite the sample `one` is answered"
EITHER = "LiteRT will serve model.tflite where it answers the samples within their tolerance"
TOPOLOGY = """tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  node_templates:
    host:
      type: tosca.nodes.Compute
    model:
      type: deepcat.nodes.Model
      properties: {{name: {name}, version: 1, archive: model.tar.gz, sha256: {checksum}}}
    server:
      type: deepcat.nodes.ModelServer
      properties: {{model_name: {name}, rest_port: 0, grpc_port: 0}}
      requirements:
        - host: host
        - model: model
"""


@pytest.fixture
def root(tmp_path: Path, repository: Path, models: Path) -> Iterator[Path]:
    """Two modules with the same `model.tflite`, x + 1, beside x + 1 and x + 2."""
    made = tmp_path / "catalog"
    shutil.copytree(repository / "clouds", made / "clouds")
    shutil.copy(repository / "deepcat.yaml", made)
    (made / "deployments").mkdir()
    (made / ".gitignore").write_text("/.deepcat/\n")
    base = repository / "modules" / "half-plus-two"
    for name, plus in NAMES.items():
        folder = made / "modules" / name
        folder.mkdir(parents=True)
        shutil.copy(base / "README.md", folder)
        with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
            archive.add(models / f"plus_{plus:.0f}" / "1", "m")
        data = yaml.safe_load((base / "module.yaml").read_text())
        ends = {"dtype": "float32", "shape": [-1, 2]}
        signature = {"method": "predict", "inputs": {"x": ends}, "outputs": {"y": ends}}
        data = {key: data[key] for key in data.keys() - {"plugin", "metrics", "training", "image"}}
        data |= {"name": name, "title": name}
        data["model"] = {
            "format": "tensorflow-savedmodel", "path": "model.tar.gz",
            "sha256": hashlib.sha256((folder / "model.tar.gz").read_bytes()).hexdigest(),
            "signature": {"serving_default": signature},
        }  # fmt: skip
        data["samples"] = [
            {
                "name": "one", "method": "predict", "request": {"instances": [[1.0, 2.0]]},
                "response": {"predictions": [[1.0 + plus, 2.0 + plus]]},
            }
        ]  # fmt: skip
        (folder / "module.yaml").write_text(json.dumps(data, indent=1))
        checksum = data["model"]["sha256"]
        (folder / "tosca.yaml").write_text(TOPOLOGY.format(name=name, checksum=checksum))
        wish = {"apiVersion": "deepcat/v1", "module": name, "profile": "serve", "owner": "ada"}
        (made / "deployments" / f"{name}.yaml").write_text(yaml.safe_dump(wish))
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "begin"]):
        subprocess.run(["git", "-C", made, *argv], check=True, capture_output=True)
    yield made
    argv = [sys.executable, "-m", "deepcat", "-C", made, "destroy", "--all", "--yes"]
    forked.run(argv, check=True, capture_output=True)


def test_the_form_is_said_and_serves(root: Path) -> None:
    def deepcat(*argv: str) -> str:
        done = forked.run([sys.executable, "-m", "deepcat", "-C", root, *argv], capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return " ".join(str(done.stdout).split())

    checked = deepcat("check")
    assert checked.count(EITHER) == len(NAMES)
    assert deepcat("plan").count(EITHER) == len(NAMES)
    applied = deepcat("apply", "--yes")
    assert AGREES in applied
    assert DIFFERS in applied
    found = {each["name"]: each for each in json.loads(deepcat("status", "--json"))}
    for (name, plus), said in zip(NAMES.items(), (AGREES, DIFFERS), strict=True):
        assert said in deepcat("status", name)
        (form,) = found[name]["forms"]
        assert said in form
        wanted = [[1.0 + plus, 2.0 + plus]]
        assert by_rest(found[name]["endpoints"]["rest"], name) == {"predictions": wanted}
        assert by_grpc(found[name]["endpoints"]["grpc"], name) == wanted
    kept = [json.loads(path.read_text()) for path in root.rglob(".about.proofs")]
    assert sorted("" in proof.values() for proof in kept) == [False, True]


def by_rest(address: str, name: str) -> Any:
    body = json.dumps({"instances": [[1.0, 2.0]]}).encode()
    with urllib.request.urlopen(f"{address}/v1/models/{name}:predict", body, timeout=120) as answer:
        return json.load(answer)


def by_grpc(address: str, name: str) -> Any:
    import grpc

    from deepcat.serving.contract.protos import predict_pb2, prediction_service_pb2_grpc
    from deepcat.serving.contract.tensors import to_array, to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.inputs["x"].CopyFrom(to_proto(np.array([[1.0, 2.0]], np.float32)))
    with grpc.insecure_channel(address.removeprefix("grpc://")) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        (tensor,) = stub.Predict(request, timeout=120).outputs.values()
    return to_array(tensor).tolist()
