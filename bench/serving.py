"""How long the embedded server takes to start and to answer, by REST and by gRPC.

    python bench/serving.py [--seconds S] [--model DIR]

Client and server share one machine, and each client is a process of its own.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "modules" / "half-plus-two" / "model.tar.gz"
BODY = json.dumps({"instances": [1.0, 2.0, 5.0]}).encode()
IMAGE = json.dumps({"instances": [[i / 7 for i in range(1000)] for _ in range(100)]}).encode()


def timed(command: list[str], repeats: int = 5) -> float:
    """Least wall-clock seconds of a command."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return min(times)


def start(model: Path, *arguments: str) -> tuple[subprocess.Popen[str], str, float]:
    """Start a server; the process, its line, and the seconds until that line."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "deepcat", "serve", "--model", f"m={model}",
         "--rest-port", "0", "--grpc-port", "0", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout
    line = process.stdout.readline()
    return process, line, time.perf_counter() - begun


def started(model: Path, *arguments: str, repeats: int = 5) -> float:
    """Least seconds from the command to the line that says it serves."""
    times = []
    for _ in range(repeats):
        process, _, seconds = start(model, *arguments)
        process.send_signal(signal.SIGTERM)
        process.wait()
        times.append(seconds)
    return min(times)


def rest_client(port: int, body: bytes) -> Callable[[], None]:
    """A function that sends one request by a connection that stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask() -> None:
        connection.request("POST", "/v1/models/m:predict", body)
        response = connection.getresponse()
        content = response.read()
        assert response.status == 200, content

    return ask


def grpc_client(address: str) -> Callable[[], None]:
    """As `rest_client`, by the official stub."""
    import grpc
    import numpy as np

    from deepcat.serving.contract.protos import predict_pb2, prediction_service_pb2_grpc
    from deepcat.serving.contract.tensors import to_proto

    stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(address))
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.inputs["x"].CopyFrom(to_proto(np.array([1, 2, 5], dtype=np.float32)))

    def ask() -> None:
        assert len(stub.Predict(request, timeout=60).outputs["y"].float_val) == 3

    return ask


def load(kind: str, target: str, seconds: float, out: multiprocessing.Queue[list[float]]) -> None:
    """Send requests for a while; give the seconds of each."""
    if kind == "gRPC":
        ask = grpc_client(target)
    else:
        ask = rest_client(int(target), BODY if kind == "REST" else IMAGE)
    for _ in range(20):
        ask()
    times = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        ask()
        times.append(time.perf_counter() - begun)
    out.put(times)


def measure(kind: str, target: str, clients: int, seconds: float) -> str:
    """One line of figures."""
    context = multiprocessing.get_context("spawn")
    out: multiprocessing.Queue[list[float]] = context.Queue()
    processes = [
        context.Process(target=load, args=(kind, target, seconds, out)) for _ in range(clients)
    ]
    for process in processes:
        process.start()
    times = sorted(t for _ in processes for t in out.get())
    for process in processes:
        process.join()
    p50, p99 = statistics.median(times) * 1e3, times[int(len(times) * 0.99)] * 1e3
    return f"{kind:24} {clients:7} {p50:9.2f} {p99:9.2f} {len(times) / seconds:12.0f}"


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--model", type=Path)
    given = options.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    load_before = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or Path(folder)
        if given.model is None:
            with tarfile.open(MODEL) as archive:
                archive.extractall(folder, filter="data")
        starts(model)
        answers(model, given.seconds)
    print(f"\nload average before: {load_before:.1f}; the machine was shared with other work")


def starts(model: Path) -> None:
    """Print how long starting takes."""
    python = [sys.executable, "-c"]
    stages = {
        "interpreter": "pass",
        "deepcat serve --help": None,
        "+ numpy, grpc, uvicorn": "import numpy, grpc, uvicorn.protocols.http.httptools_impl",
        "+ TensorFlow's C library": "from deepcat.serving import runtime; runtime.start('native')",
        "import tensorflow": "import tensorflow",
    }
    print(f"\n{'start':28} {'seconds':>9}")
    for name, code in stages.items():
        command = [sys.executable, "-m", "deepcat", "serve", "--help"]
        print(f"{name:28} {timed([*python, code] if code else command, 3):9.2f}")
    print(f"{'serve until ready':28} {started(model):9.2f}")
    print(f"{'  with --engine python':28} {started(model, '--engine', 'python', repeats=2):9.2f}")


def answers(model: Path, seconds: float) -> None:
    """Print how long answers take."""
    process, line, _ = start(model)
    port = re.search(r"http://[^ ]*:(\d+)", line)
    address = re.search(r"grpc://(\S+)", line)
    assert port
    assert address
    print(f"\n{'answer':24} {'clients':>7} {'p50 ms':>9} {'p99 ms':>9} {'requests/s':>12}")
    try:
        for kind, target in (
            ("REST", port[1]),
            ("gRPC", address[1]),
            ("REST 100x1000 floats", port[1]),
        ):
            for clients in (1, 4):
                print(measure(kind, target, clients, seconds))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main()
