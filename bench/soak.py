"""The embedded server under load for minutes, while its model's versions come and go.

    python bench/soak.py [--minutes N] [--every S] [--clients N] [--model DIR]

Every S seconds a new version comes: half of them copied slowly into their place, every fourth
broken. Clients ask by REST and gRPC without a pause, and others go away in the midst of their
requests. No answer may be wrong, and memory stays as it was after the first minute.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BODY = json.dumps({"instances": [1.0, 2.0]}).encode()
PATH = "/v1/models/m:predict"
# What a version that is whole answers.
RIGHT = ([2.5, 3.0], [3.5, 4.0])


def main() -> None:
    """Load, swap, abort; and say how it was."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=float, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--model", type=Path, help="a folder with half_plus_two_tf1 and its like")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = given.model or _built(folder / "built")
        sources = [models / "half_plus_two_tf1" / "123", models / "half_plus_three_tf1" / "123"]
        base = folder / "m"
        shutil.copytree(sources[0], base / "1")
        process, rest, grpc_address = _started(base, folder / "log")
        try:
            is_well = _soaked(process, rest, grpc_address, base, sources, given)
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
        log = (folder / "log").read_text()
        print(f"ended with {code}; {log.count('Traceback')} tracebacks in the log")
    sys.exit(0 if is_well and not code and "Traceback" not in log else 1)


def _built(folder: Path) -> Path:
    folder.mkdir()
    script = ROOT / "tests" / "serving" / "build_models.py"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    words = [sys.executable, str(script), str(folder)]
    subprocess.run(words, check=True, env=environment, capture_output=True)
    return folder


def _started(base: Path, log: Path) -> tuple[subprocess.Popen[str], int, str]:
    words = [sys.executable, "-m", "deepcat", "serve", "--model", f"m={base}"]
    with log.open("w") as file:
        process = subprocess.Popen(
            [*words, "--rest-port", "0", "--grpc-port", "0"],
            stdout=subprocess.PIPE, stderr=file, text=True,
        )  # fmt: skip
    assert process.stdout
    line = process.stdout.readline()
    rest = re.search(r"http://127\.0\.0\.1:(\d+)", line)
    grpc = re.search(r"grpc://(127\.0\.0\.1:\d+)", line)
    assert rest, line
    assert grpc, line
    return process, int(rest[1]), grpc[1]


def _soaked(
    process: subprocess.Popen[str],
    rest: int,
    grpc_address: str,
    base: Path,
    sources: list[Path],
    given: argparse.Namespace,
) -> bool:
    context = multiprocessing.get_context("spawn")
    counts, end = context.Array("q", [0, 0, 0]), time.time() + given.minutes * 60
    said: Any = context.Queue()
    clients = [
        context.Process(target=_client, args=(rest, grpc_address, number, end, counts, said))
        for number in range(given.clients)
    ]
    clients.append(context.Process(target=_aborting, args=(rest, end, counts)))
    for client in clients:
        client.start()
    stop = threading.Event()
    swapping = threading.Thread(target=_swap, args=(base, sources, stop, given.every), daemon=True)
    swapping.start()
    memory = _watched(process, given.minutes * 60)
    stop.set()
    wrong: list[str] = []
    for client in clients:
        client.join(90)
    while not said.empty() and len(wrong) < 20:
        wrong.append(said.get(timeout=10))
    return _told(process, rest, counts, memory, wrong)


def _watched(process: subprocess.Popen[str], seconds: float) -> list[tuple[float, int, int]]:
    """Its memory each second: since when, MiB, and how much of it no file has."""
    found = []
    begun = time.monotonic()
    while (at := time.monotonic() - begun) < seconds and process.poll() is None:
        pages = [int(n) for n in Path(f"/proc/{process.pid}/statm").read_text().split()]
        found.append((at, pages[1] * 4096 >> 20, (pages[1] - pages[2]) * 4096 >> 20))
        time.sleep(1)
    return found


def _told(
    process: subprocess.Popen[str],
    rest: int,
    counts: Any,
    memory: list[tuple[float, int, int]],
    wrong: list[str],
) -> bool:
    states = _status(rest) if process.poll() is None else "it has ended"
    print(f"{memory[-1][0] / 60:.1f} minutes, {os.cpu_count()} cores")
    print(f"{counts[0]} right answers, {counts[1]} wrong or failed, {counts[2]} aborted")
    print(f"versions at the end: {states}")
    is_flat = [_flat(memory, 1, "memory"), _flat(memory, 2, "of it in no file")]
    print("\n".join(wrong))
    return process.poll() is None and counts[1] == 0 and all(is_flat)


def _flat(memory: list[tuple[float, int, int]], which: int, name: str) -> bool:
    """Tell of one of the sizes, and whether it ends as it was after the first minute."""
    later = [each[which] for each in memory if each[0] > 60] or [each[which] for each in memory]
    settled = statistics.median(later[:10])
    print(
        f"{name}: {memory[0][which]} MiB at the begin, {settled:.0f} after a minute, from then on "
        f"{min(later)} to {max(later)}, {later[-1]} at the end"
    )
    return bool(0.95 * settled <= statistics.median(later[-10:]) <= 1.05 * settled)


def _status(rest: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", rest, timeout=60)
    connection.request("GET", "/v1/models/m")
    said = json.loads(connection.getresponse().read())
    states = [
        f"{each['version']} {each['state']}"
        for each in said["model_version_status"]
        if each["state"] != "END" or each["status"]["error_code"] != "OK"
    ]
    return ", ".join(states)


def _swap(base: Path, sources: list[Path], stop: threading.Event, every: float) -> None:
    """Bring a version now and then, and take old ones away."""
    chance, number = random.Random(1), 1
    while not stop.wait(every):
        number += 1
        source, place = sources[number % 2], base / str(number)
        if number % 4 == 3:
            _copy(source, place, pause=0)
            kind = chance.choice(("cut", "without variables", "empty"))
            if kind == "cut":
                model = place / "saved_model.pb"
                model.write_bytes(model.read_bytes()[: model.stat().st_size // 2])
            else:
                shutil.rmtree(place / "variables")
            if kind == "empty":
                (place / "saved_model.pb").unlink()
        elif number % 2:
            # Beside, then into its place at once, as careful people do.
            new = base.parent / f"new-{number}"
            _copy(source, new, pause=0)
            new.rename(place)
        else:
            _copy(source, place, pause=1.0)
        for old in [path for path in base.iterdir() if int(path.name) < number - 5]:
            shutil.rmtree(old)


def _copy(source: Path, place: Path, pause: float) -> None:
    """Copy a model file by file, each in pieces, with pauses."""
    for path in sorted(source.rglob("*")):
        new = place / path.relative_to(source)
        if path.is_dir():
            continue
        new.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes()
        with new.open("wb", buffering=0) as file:
            for part in (content[: len(content) // 2], content[len(content) // 2 :]):
                file.write(part)
                time.sleep(pause)


def _client(rest: int, grpc_address: str, number: int, end: float, counts: Any, said: Any) -> None:
    """Ask without a pause: by REST where the number is even, else by gRPC."""
    ask = _asking_rest(rest) if number % 2 == 0 else _asking_grpc(grpc_address)
    while time.time() < end:
        try:
            answer: Any = ask()
        except Exception as error:
            answer = repr(error)
        with counts.get_lock():
            counts[0 if answer in RIGHT else 1] += 1
        if answer not in RIGHT and counts[1] <= 20:
            said.put(f"{time.strftime('%H:%M:%S')} {str(answer)[:300]}")


def _asking_rest(port: int) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask() -> Any:
        connection.request("POST", PATH, BODY)
        answer = json.loads(connection.getresponse().read())
        return answer.get("predictions", answer)

    return ask


def _asking_grpc(address: str) -> Any:
    import grpc
    import numpy as np

    from deepcat.serving.contract.protos import predict_pb2, prediction_service_pb2_grpc
    from deepcat.serving.contract.tensors import to_array, to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.inputs["x"].CopyFrom(to_proto(np.array([1.0, 2.0], np.float32)))
    stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(address))
    return lambda: to_array(stub.Predict(request, timeout=60).outputs["y"]).tolist()


def _aborting(port: int, end: float, counts: Any) -> None:
    """Go away in the midst of requests, by an end or a reset."""
    chance = random.Random(2)
    head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    while time.time() < end:
        time.sleep(0.02)
        with (
            contextlib.suppress(ConnectionError),
            socket.create_connection(("127.0.0.1", port), timeout=60) as opened,
        ):
            opened.sendall((head + BODY)[: chance.randrange(1, len(head + BODY) + 1)])
            if chance.random() < 0.5:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with counts.get_lock():
            counts[2] += 1


if __name__ == "__main__":
    main()
