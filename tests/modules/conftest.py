"""The modules' folders, and a second, plain way to ask a SavedModel by a REST body.

It shares no code with `deepcat.serving`, so that a mistake there cannot hide one in a sample.
"""

from __future__ import annotations

import base64
import importlib.util
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deepcat.host.archive import unpack

MODULES = Path(__file__).resolve().parents[2] / "modules"


@pytest.fixture(scope="session")
def load_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Unpack and load a module's SavedModel, once for each module."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tensorflow = pytest.importorskip("tensorflow")
    loaded: dict[str, Any] = {}

    def load(name: str) -> Any:
        if name not in loaded:
            folder = tmp_path_factory.mktemp(name)
            unpack(MODULES / name / "model.tar.gz", folder)
            loaded[name] = tensorflow.saved_model.load(str(folder / "1"))
        return loaded[name]

    return load


@pytest.fixture(scope="session")
def load_script() -> Callable[[str], ModuleType]:
    """Import a module's `train.py` under a name of its own."""
    pytest.importorskip("tensorflow")
    pytest.importorskip("sklearn")

    def load(name: str) -> ModuleType:
        path = MODULES / name / "train.py"
        spec = importlib.util.spec_from_file_location(f"train_{name.replace('-', '_')}", path)
        assert spec is not None and spec.loader is not None
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        return script

    return load


@pytest.fixture(scope="session")
def ask() -> Callable[[Any, str, Mapping[str, Any]], dict[str, Any]]:
    """Ask a loaded model by method and REST body; gives the REST answer."""
    return _ask


def _ask(model: Any, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
    signature = model.signatures[body.get("signature_name", "serving_default")]
    if method != "predict":
        return _ask_with_examples(signature, method, body)
    specs = signature.structured_input_signature[1]
    if "instances" in body:
        rows = [r if _is_named(r) else {next(iter(specs)): r} for r in body["instances"]]
        columns = {name: [row[name] for row in rows] for name in specs}
    else:
        given = body["inputs"]
        columns = given if _is_named(given) else {next(iter(specs)): given}
    outputs = _call(signature, {name: _plain(columns[name]) for name in specs})
    told = {name: _json(value, name) for name, value in outputs.items()}
    if "inputs" in body:
        return {"outputs": told if len(told) > 1 else next(iter(told.values()))}
    if len(told) == 1:
        return {"predictions": next(iter(told.values()))}
    rows = [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)]
    return {"predictions": rows}


def _ask_with_examples(signature: Any, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
    from tensorflow.train import BytesList, Example, Feature, Features, FloatList

    serialised = []
    for example in body["examples"]:
        features = {}
        for name, value in {**body.get("context", {}), **example}.items():
            features[name] = (
                Feature(bytes_list=BytesList(value=[value.encode()]))
                if isinstance(value, str)
                else Feature(float_list=FloatList(value=[value]))
            )
        serialised.append(Example(features=Features(feature=features)).SerializeToString())
    outputs = _call(signature, {"inputs": serialised})
    if method == "regress":
        return {"results": outputs["outputs"].reshape(-1).tolist()}
    scores = outputs["scores"].tolist()
    labels = _json(outputs["classes"], "") if "classes" in outputs else [[""]] * len(scores)
    pairs = zip(labels, scores, strict=True)
    return {"results": [[list(p) for p in zip(*row, strict=True)] for row in pairs]}


def _call(signature: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    import tensorflow as tf

    specs = signature.structured_input_signature[1]
    tensors = {name: tf.constant(value, specs[name].dtype) for name, value in columns.items()}
    return {name: value.numpy() for name, value in signature(**tensors).items()}


def _is_named(value: Any) -> bool:
    return isinstance(value, Mapping) and "b64" not in value


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return base64.b64decode(value["b64"]) if isinstance(value, Mapping) else value


def _json(value: Any, name: str) -> Any:
    def text(content: bytes) -> Any:
        if name.endswith("_bytes"):
            return {"b64": base64.b64encode(content).decode()}
        return content.decode()

    if value.dtype != object:
        return value.tolist()
    return [text(v) if isinstance(v, bytes) else _json(v, name) for v in value]
