"""Hold what a server answers for a Keras model against this process, bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PROGRAM = Path(__file__).with_name("keras_matrix.py")
_CLOSE = 1e-4
_WAITS_S = 1800.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the answers for one model compare.

    Attributes:
        same: REST, gRPC and this process answer the same bits, TensorFlow's own where they lie
            beside the model: its first answer, and by gRPC, which is asked after REST, its second.
        drawn: TensorFlow's own second answer is another than its first.
        close: they are Keras' own answer, but for rounding.
        exact: they are Keras' own answer to the bit.
    """

    same: bool
    drawn: bool
    close: bool
    exact: bool


def written(out: Path, names: Sequence[str], **env: str) -> list[str]:
    """Have SavedModels written, `NAME-WAY`, by a process of TensorFlow; what it says of each."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(out), *names],
        check=False, capture_output=True, text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **env},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def config(folders: Sequence[Path]) -> str:
    """A model configuration file for all of them."""
    rows = (f'config {{ name: "{each.name}" base_path: "{each}" }}' for each in folders)
    return f"model_config_list {{ {' '.join(rows)} }}"


def compared(server: Any, engine: Any, folder: Path) -> Verdict:
    """Ask a server and this process the same.

    Args:
        server: that serves the folder under its name.
        engine: TensorFlow in this process.
        folder: as `written` made it.
    """
    from deepcat.serving.models import inference
    from deepcat.serving.models.loading import load

    asked = np.load(folder / "asked.npz")["asked"]
    keras = np.load(folder / "answered.npz")["answered"]
    servable = load(engine, folder.name, 1, folder / "1")
    try:
        ((alias, dtype),) = servable.input_types("").items()
        given = _strings(asked) if asked.dtype.kind == "U" else asked.astype(dtype.numpy)
        (here,) = inference.predict(servable, "", {alias: given}).values()
    finally:
        servable.retire()
    by_rest = _by_rest(server, folder.name, asked, here)
    by_grpc = _by_grpc(server, folder.name, alias, given)
    first, second = _by_tensorflow(folder, here)
    same = _bits(here, first) and _bits(by_rest, first) and _bits(by_grpc, second)
    close = here.shape == keras.shape and bool(np.allclose(here, keras, _CLOSE, _CLOSE))
    return Verdict(same, not _bits(first, second), close, _bits(here, keras))


def _by_tensorflow(folder: Path, here: Any) -> tuple[Any, Any]:
    """What TensorFlow answers first and then; this process' answer, where nobody asked it."""
    file = folder / "loaded.npz"
    if not file.is_file():
        return here, here
    with np.load(file, allow_pickle=True) as found:
        return found["first"], found["second"]


def _strings(asked: Any) -> Any:
    return np.vectorize(str.encode, otypes=[object])(asked)


def _by_rest(server: Any, name: str, asked: Any, like: Any) -> Any:
    body = json.dumps({"inputs": asked.tolist()})
    answer = server.ask("POST", f"/v1/models/{name}:predict", body)
    assert answer.status == 200, answer.body[:300]
    return np.array(answer.json["outputs"], like.dtype).reshape(like.shape)


def _by_grpc(server: Any, name: str, alias: str, given: Any) -> Any:
    from deepcat.serving.contract.protos import predict_pb2
    from deepcat.serving.contract.tensors import to_array, to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.inputs[alias].CopyFrom(to_proto(given))
    (tensor,) = server.stub("PredictionService").Predict(request, timeout=_WAITS_S).outputs.values()
    return to_array(tensor)


def _bits(one: Any, other: Any) -> bool:
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )
