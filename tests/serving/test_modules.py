"""Every module of the catalog that brings a SavedModel answers its samples, by REST and by gRPC."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.host.archive import unpack
from deepcat.host.model_server.compare import differences

pytestmark = pytest.mark.tensorflow

MODULES = sorted((Path(__file__).resolve().parents[2] / "modules").glob("*/model.tar.gz"))


def read(folder: Path, sample: dict[str, Any], part: str) -> Any:
    if part in sample:
        return sample[part]
    return json.loads((folder / sample[f"{part}_file"]).read_text())


@pytest.fixture(scope="module")
def server(start_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    arguments: list[str] = []
    root = tmp_path_factory.mktemp("modules")
    for archive in MODULES:
        folder = root / archive.parent.name
        unpack(archive, folder)
        arguments += ["--model", f"{folder.name}={folder}"]
    return start_server(*arguments)


@pytest.mark.skipif(not MODULES, reason="no module brings a SavedModel")
@pytest.mark.parametrize("archive", MODULES, ids=lambda archive: archive.parent.name)
def test_samples(server: Any, archive: Path) -> None:
    name = archive.parent.name
    module = yaml.safe_load((archive.parent / "module.yaml").read_text())
    (status,) = server.ask("GET", f"/v1/models/{name}").json["model_version_status"]
    assert status["state"] == "AVAILABLE", status
    assert module["samples"]
    for sample in module["samples"]:
        path = f"/v1/models/{name}:{sample['method']}"
        answer = server.ask("POST", path, read(archive.parent, sample, "request"))
        expected = read(archive.parent, sample, "response")
        assert differences(expected, answer.json, sample.get("tolerance", 1e-4)) == ()


@pytest.mark.skipif(not MODULES, reason="no module brings a SavedModel")
@pytest.mark.parametrize("archive", MODULES, ids=lambda archive: archive.parent.name)
def test_samples_by_grpc(server: Any, archive: Path) -> None:
    from deepcat.serving.contract import decode, encode
    from deepcat.serving.contract.protos import get_model_metadata_pb2, predict_pb2
    from deepcat.serving.contract.tensors import to_array, to_proto

    name = archive.parent.name
    stub = server.stub("PredictionService")
    asked = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    asked.model_spec.name = name
    signatures = get_model_metadata_pb2.SignatureDefMap()
    stub.GetModelMetadata(asked, timeout=60).metadata["signature_def"].Unpack(signatures)
    for sample in yaml.safe_load((archive.parent / "module.yaml").read_text())["samples"]:
        if sample["method"] != "predict":
            continue
        body = json.dumps(read(archive.parent, sample, "request")).encode()
        found = decode.predict_body(body, lambda key: _types(signatures, key))
        request = predict_pb2.PredictRequest()
        request.model_spec.name = name
        request.model_spec.signature_name = found.signature_name
        for alias, array in found.tensors.items():
            request.inputs[alias].CopyFrom(to_proto(array))
        outputs = stub.Predict(request, timeout=60).outputs
        arrays = {alias: to_array(tensor) for alias, tensor in outputs.items()}
        answer = json.loads(encode.predict_response(arrays, found.format))
        expected = read(archive.parent, sample, "response")
        assert differences(expected, answer, sample.get("tolerance", 1e-4)) == ()


def _types(signatures: Any, name: str) -> Any:
    from deepcat.serving.contract import dtypes

    inputs = signatures.signature_def[name or "serving_default"].inputs
    return {alias: dtypes.BY_NUMBER[inputs[alias].dtype] for alias in sorted(inputs)}
