"""The servers that are compared: how each is installed, started and asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asks import Asked

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "deepcat" / "bench"
PREDICT = "/tensorflow.serving.PredictionService/Predict"
INFER = "/inference.GRPCInferenceService/ModelInfer"
# OpenVINO Model Server is in no package index as a server: only its client is.


@dataclass(frozen=True, slots=True)
class Way:
    """One protocol of a server: the path, the request, and headers."""

    kind: str
    path: str
    body: Callable[[Asked], bytes]
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contender:
    """One server.

    Attributes:
        name: as the table has it, and its environment's.
        package: what its environment installs; empty for our own.
        command: the arguments, from the model's name, its folder and the ports.
        ways: its protocols.
        models: which it is asked for.
        source: of ours, another than this tree's.
    """

    name: str
    package: str
    command: Callable[[str, Path, int, int], list[str]]
    ways: tuple[Way, ...]
    models: tuple[str, ...] = ("mlp", "images", "pictures")
    variables: Mapping[str, str] = field(default_factory=dict)
    source: Path | None = None

    @property
    def python(self) -> Path:
        """Its interpreter; the environment is made when there is none."""
        return environment(self.name, self.package) if self.package else Path(sys.executable)


def environment(name: str, package: str) -> Path:
    """An environment's interpreter. TensorFlow is lent to it from here: it is large."""
    folder = CACHE / name
    python = folder / "bin" / "python"
    site = folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    lent = site / "tensorflow-of-deepcat.pth"
    if not lent.is_file():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", package], check=True)
        lent.write_text(sysconfig.get_path("purelib") + "\n")
    return python


def version(contender: Contender) -> str:
    """The version of what it is."""
    name = contender.package.partition("==")[0]
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    done = subprocess.run(
        [contender.python, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _ours(*arguments: str) -> Callable[[str, Path, int, int], list[str]]:
    def command(name: str, folder: Path, rest: int, grpc: int) -> list[str]:
        ports = ["--rest-port", str(rest), "--grpc-port", str(grpc)]
        return ["-m", "deepcat", "serve", "--model", f"{name}={folder.parent}", *ports, *arguments]

    return command


def _empty(kind: str) -> Callable[[str, Path, int, int], list[str]]:
    def command(_name: str, _folder: Path, rest: int, grpc: int) -> list[str]:
        return [str(HERE / "empty_server.py"), kind, str(rest), str(grpc)]

    return command


def _mlserver(name: str, folder: Path, rest: int, grpc: int) -> list[str]:
    settings = CACHE / "mlserver-settings" / name
    settings.mkdir(parents=True, exist_ok=True)
    ports = {"http_port": rest, "grpc_port": grpc, "metrics_port": rest + 1, "parallel_workers": 0}
    big = {"grpc_max_message_length": 2**27, "debug": False, "use_structured_logging": False}
    (settings / "settings.json").write_text(json.dumps({**ports, **big}))
    model = {"name": name, "implementation": "mlserver_runtime.SavedModel"}
    (settings / "model-settings.json").write_text(json.dumps(model))
    return ["-m", "mlserver.cli.main", "start", str(settings)] if folder else []


OURS = (
    Way("REST", "/v1/models/{model}:predict", lambda asked: asked.instances),
    Way("gRPC", PREDICT, lambda asked: asked.predict),
)
PLAIN = (Way("REST", "/predict", lambda asked: asked.instances),)
CONTENDERS = (
    Contender("deepcat", "", _ours(), OURS, ("mlp", "wide", "images", "pictures")),
    Contender(
        "deepcat, batching",
        "",
        _ours("--batch-size", "16", "--batch-wait-ms", "2"),
        OURS,
        ("mlp", "wide"),
    ),
    Contender("empty: libraries", "", _empty("libraries"), OURS, ("mlp",)),
    Contender("empty: ours", "", _empty("ours"), OURS, ("mlp",)),
    Contender(
        "kserve",
        "kserve==0.21.0",
        lambda name, _, rest, grpc: [str(HERE / "kserve_server.py"), name, str(rest), str(grpc)],
        (
            Way("REST", "/v1/models/{model}:predict", lambda asked: asked.instances),
            Way("gRPC", INFER, lambda asked: asked.infer),
        ),
    ),
    Contender(
        "mlserver",
        "mlserver==1.7.1",
        _mlserver,
        (
            Way("REST", "/v2/models/{model}/infer", lambda asked: asked.v2),
            Way("gRPC", INFER, lambda asked: asked.infer),
        ),
    ),
    Contender(
        "bentoml",
        "bentoml==1.4.40",
        lambda _name, _folder, rest, _grpc: [
            *("-m", "bentoml", "serve", "bentoml_service:SavedModel"),
            *("--port", str(rest), "--host", "127.0.0.1", "--working-dir", str(HERE)),
        ],
        PLAIN,
        variables={"BENTOML_DO_NOT_TRACK": "true"},
    ),
    Contender(
        "litserve",
        "litserve==0.2.19",
        lambda _name, _folder, rest, _grpc: [str(HERE / "litserve_server.py"), str(rest)],
        PLAIN,
    ),
)
