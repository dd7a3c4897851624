"""Layers of Keras with weights or state, and its applications, served and compared bit for bit.

    python bench/keras.py [--keras2 FOLDER] [--only NAME,…] [--ways export,saved,keras2]
                          [--into FILE] [--memory GIB]

`--keras2` names a folder with Keras 2 (`pip install --no-deps --target FOLDER tf_keras`).
A few models are written, served and asked at a time, in processes that may hold `--memory` each:
what ends them is the row of the model that did, and the others follow. Each row names the code it
was seen on; `--into` puts it into a file as it comes, in place of an older one, and leaves out what
the file has on this code.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from importlib.metadata import version
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
_TOGETHER = {True: 1, False: 20}
_LONGEST_S = 3600


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
            yield f"{name:34} not written: {said.get(name, 'not: the process ended')[5:70]}"
    if not made:
        return
    server = Server(made, folder / "models.config")
    try:
        for each in made:
            try:
                found = keras_answers.compared(server, engine, each)
            except Exception as error:
                yield f"{each.name:34} FAILED {type(error).__name__}: {str(error)[:60]}"
                continue
            near = "to the bit" if found.exact else "but for rounding" if found.close else "NO"
            near += _DRAWN * found.drawn
            yield f"{each.name:34} {'same' if found.same else 'DIFFER':6}  {near}"
    finally:
        server.stop()


def code() -> str:
    """What the answers depend on, in eight digits: the server's files, the rig's, the libraries."""
    top = Path(__file__).resolve().parents[1]
    files = [
        *(top / "src/deepcat/serving").rglob("*.py"),
        *Path(keras_matrix.__file__).parent.glob("keras_*.py"),
    ]
    parts = [each.read_bytes() for each in sorted(files)]
    parts += [version(name).encode() for name in ("tensorflow", "keras")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


class Kept:
    """The file of the rows.

    Args:
        file: its text before the rows is left as it is; None for none.
        seen_on: the code of today.
    """

    def __init__(self, file: Path | None, seen_on: str) -> None:
        self._file, self._code = file, seen_on

    def has(self, name: str) -> bool:
        """Whether the row of a model is there, seen on this code."""
        return any(line.endswith(f"  {self._code}") for line in self._lines() if _is_of(line, name))

    def put(self, name: str, row: str) -> None:
        """Print it, and put it in the place of the model's row before."""
        row = f"{row:88}  {self._code}"
        print(row, flush=True)
        if self._file is None:
            return
        lines = self._lines()
        old = [at for at, line in enumerate(lines) if _is_of(line, name)]
        for at in reversed(old[1:]):
            del lines[at]
        if old:
            lines[old[0]] = row
        else:
            lines.append(row)
        beside = self._file.with_name(self._file.name + ".new")
        beside.write_text("\n".join(lines) + "\n")
        beside.replace(self._file)

    def _lines(self) -> list[str]:
        found = self._file is not None and self._file.is_file()
        return self._file.read_text().splitlines() if self._file and found else []


def _is_of(line: str, name: str) -> bool:
    return line.startswith(f"{name} ")


def apart(wanted: Sequence[str], given: argparse.Namespace, kept: Kept) -> None:
    """Have a process of its own make the rows; those it does not come to follow, one by one."""
    left = list(wanted)
    with tempfile.TemporaryDirectory() as made:
        words = ["--keras2", given.keras2, "--memory", str(given.memory), "--made", made]
        command = [sys.executable, __file__, *words, "--now", *wanted]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            ending = threading.Timer(_LONGEST_S, os.killpg, (process.pid, signal.SIGKILL))
            ending.start()
            assert process.stdout
            for line in process.stdout:
                name = line.partition(" ")[0]
                if name in left:
                    left.remove(name)
                    kept.put(name, line.rstrip())
            process.wait()
            ending.cancel()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    for name in left:
        if len(wanted) == 1:
            kept.put(name, f"{name:34} ENDED  its process ended with {process.returncode}")
        else:
            apart([name], given, kept)


def now(wanted: Sequence[str], given: argparse.Namespace) -> None:
    """Make the rows of some models in this process, which may hold no more memory than is given."""
    from deepcat.serving.engine import choose

    most = int(given.memory * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    path = os.pathsep.join(filter(None, (given.keras2, os.environ.get("PYTHONPATH", ""))))
    env = {"PYTHONPATH": path} if given.keras2 else {}
    engine = choose.start("native")
    for line in rows(wanted, given.made, engine, env):
        print(line, flush=True)


def main() -> None:
    """Ask all, print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keras2", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--ways", default="export,saved")
    parser.add_argument("--into", type=Path)
    parser.add_argument("--memory", type=float, default=8.0)
    parser.add_argument("--made", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--now", nargs="+", default=(), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.now:
        now(given.now, given)
        return
    layers = [*keras_matrix.LAYERS, *keras_matrix.WRAPPED]
    names = given.only.split(",") if given.only else [*layers, *APPLICATIONS]
    kept = Kept(given.into, code())
    print(f"{'model and way':34} served  as Keras answers", flush=True)
    for way in given.ways.split(","):
        for large in (False, True):
            kind = [f"{name}-{way}" for name in names if (name in APPLICATIONS) is large]
            kind = [each for each in kind if not kept.has(each)]
            for start in range(0, len(kind), _TOGETHER[large]):
                apart(kind[start : start + _TOGETHER[large]], given, kept)


if __name__ == "__main__":
    main()
