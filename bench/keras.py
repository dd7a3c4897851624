"""Layers of Keras with weights or state, and its applications, served and compared bit for bit.

    python bench/keras.py [--keras2 FOLDER] [--only NAME,…] [--ways export,saved,keras2]

`--keras2` names a folder with Keras 2 (`pip install --no-deps --target FOLDER tf_keras`).
A few models are written, served and asked at a time, so that the largest fit in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "rigs"))

import keras_answers
import keras_matrix

APPLICATIONS = (
    "MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large", "EfficientNetB0",
    "EfficientNetV2B0", "NASNetMobile", "DenseNet121", "ResNet50", "ResNet50V2", "Xception",
    "InceptionV3", "ConvNeXtTiny", "VGG16", "VGG19", "DenseNet169", "DenseNet201", "ResNet101",
    "ResNet101V2", "ResNet152", "ResNet152V2", "InceptionResNetV2", "NASNetLarge",
    *(f"EfficientNetB{n}" for n in range(1, 8)),
    *(f"EfficientNetV2{n}" for n in ("B1", "B2", "B3", "S", "M", "L")),
    *(f"ConvNeXt{n}" for n in ("Small", "Base", "Large", "XLarge")),
)  # fmt: skip
_DRAWN = ", and TensorFlow's own draws anew"
_TOGETHER = {True: 2, False: 20}


class Server:
    """`deepcat serve` for some folders."""

    def __init__(self, folders: Sequence[Path], config: Path) -> None:
        import grpc

        config.write_text(keras_answers.config(folders))
        words = ("serve", "--config", str(config), "--poll-seconds", "0", "--max-body", "256")
        words += ("--rest-api-timeout-in-ms", "0")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deepcat", *words, "--rest-port", "0", "--grpc-port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout
        rest, _, self._grpc = self.process.stdout.readline().partition(" on ")[2].partition(" and ")
        self._rest = rest
        large = [("grpc.max_receive_message_length", -1)]
        self._channel = grpc.insecure_channel(self._grpc.strip().removeprefix("grpc://"), large)

    def ask(self, method: str, path: str, body: str) -> Any:
        """Ask by REST, as the tests' servers are asked."""
        request = urllib.request.Request(self._rest + path, body.encode(), method=method)
        try:
            with urllib.request.urlopen(request, timeout=1800) as response:
                return _Answer(response.status, response.read())
        except urllib.error.HTTPError as error:
            return _Answer(error.code, error.read())

    def stub(self, _: str) -> Any:
        """The official stub."""
        from deepcat.serving.contract.protos import prediction_service_pb2_grpc

        return prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def stop(self) -> None:
        """End it."""
        self._channel.close()
        self.process.terminate()
        self.process.wait()


class _Answer:
    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def rows(wanted: Sequence[str], folder: Path, engine: Any, env: dict[str, str]) -> Iterator[str]:
    """A line for each of some models, which are written now and taken away again."""
    said = dict(line.partition(" ")[::2] for line in keras_answers.written(folder, wanted, **env))
    made = [folder / name for name in wanted if said.get(name) == "written"]
    for name in wanted:
        if folder / name not in made:
            yield f"{name:34} not written: {said.get(name, 'the process ended')[5:95]}"
    if not made:
        return
    server = Server(made, folder / "models.config")
    try:
        for each in made:
            try:
                found = keras_answers.compared(server, engine, each)
            except Exception as error:
                yield f"{each.name:34} FAILED {type(error).__name__}: {str(error)[:90]}"
                continue
            near = "to the bit" if found.exact else "but for rounding" if found.close else "NO"
            near += _DRAWN * found.drawn
            yield f"{each.name:34} {'same' if found.same else 'DIFFER':6}  {near}"
    finally:
        server.stop()


def main() -> None:
    """Ask all, print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keras2", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--ways", default="export,saved")
    given = parser.parse_args()
    from deepcat.serving.engine import choose

    engine = choose.start("native")
    layers = [*keras_matrix.LAYERS, *keras_matrix.WRAPPED]
    names = given.only.split(",") if given.only else [*layers, *APPLICATIONS]
    path = os.pathsep.join(filter(None, (given.keras2, os.environ.get("PYTHONPATH", ""))))
    env = {"PYTHONPATH": path} if given.keras2 else {}
    print(f"{'model and way':34} served  as Keras answers", flush=True)
    for way in given.ways.split(","):
        for large in (False, True):
            kind = [f"{name}-{way}" for name in names if (name in APPLICATIONS) is large]
            for start in range(0, len(kind), _TOGETHER[large]):
                some = kind[start : start + _TOGETHER[large]]
                with tempfile.TemporaryDirectory() as made:
                    for line in rows(some, Path(made), engine, env):
                        print(line, flush=True)


if __name__ == "__main__":
    main()
