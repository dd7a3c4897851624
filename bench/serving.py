"""What an answer costs, with the embedded server and with others, in one run.

    python bench/serving.py [--seconds S] [--only NAME,…] [--models NAME,…]

The machine may be shared: the processor seconds of a request, of the server's whole tree of
processes, say more than the clock, and those of the slice of time in which they were the least say
more than their mean: what shares a processor empties its caches. Client and server share one
machine; the client is one process, which sends requests that were written before.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RIVALS = Path(__file__).resolve().parent / "rivals"
sys.path.insert(0, str(RIVALS))

import usage  # noqa: E402
from asks import Asked, asked  # noqa: E402
from contenders import CACHE, CONTENDERS, Contender, Way, version  # noqa: E402

READY_S = 180
SLICES = 8
PICTURE = CACHE / "models" / "picture.jpg"
HEAD = f"{'':20} {'':5} {'clients':>7} {'CPU ms':>8} {'p50 ms':>8} {'p99 ms':>8} {'answers/s':>9}"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore", "CUDA_VISIBLE_DEVICES": ""}


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured.

    Attributes:
        cpu: processor seconds of an answer, of the slice of time in which they were the least.
        times: seconds of each answer, ascending.
        seconds: of all slices.
        wrong: the first answer that was no success.
    """

    cpu: float
    times: list[float]
    seconds: float
    wrong: str = ""


def row(name: str, kind: str, clients: int, found: Found) -> str:
    """One line of the table."""
    times = found.times
    if found.wrong or not times:
        return f"{name:20} {kind:5} {clients:7} refused: {found.wrong[:60]!r}"
    p50, p99 = 1e3 * times[len(times) // 2], 1e3 * times[int(len(times) * 0.99)]
    rate = len(times) / found.seconds
    return (
        f"{name:20} {kind:5} {clients:7} {1e3 * found.cpu:8.3f} {p50:8.2f} {p99:8.2f} {rate:9.1f}"
    )


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


class Server:
    """One server that runs."""

    def __init__(self, contender: Contender, model: str, folder: Path, log: Path) -> None:
        self.rest, self.grpc = free_port(), free_port()
        command = contender.command(model, folder, self.rest, self.grpc)
        environment = {**os.environ, **QUIET, **contender.variables}
        environment |= {"BENCH_MODEL": str(folder), "PYTHONPATH": str(RIVALS)}
        if not contender.package:
            environment["PYTHONPATH"] = str(ROOT / "src")
        self.begun = time.perf_counter()
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [str(contender.python), *command],
                stdout=out, stderr=out, env=environment, start_new_session=True,
            )  # fmt: skip

    def address(self, way: Way) -> str:
        """Where a protocol is asked."""
        return f"127.0.0.1:{self.grpc if way.kind == 'gRPC' else self.rest}"

    def ready(self, way: Way, path: str, body: bytes) -> float:
        """Wait for its first answer; the seconds since it was started."""
        request = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
        head = "\r\n".join([*request, *way.headers, f"Content-Length: {len(body)}", "", ""])
        while time.perf_counter() - self.begun < READY_S and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.rest), timeout=30) as opened:
                    opened.sendall(head.encode() + body)
                    if b" 200 " in opened.recv(64):
                        return time.perf_counter() - self.begun
            except OSError:
                pass
            time.sleep(0.02)
        raise SystemExit("a server did not answer")

    def end(self) -> None:
        """End it and all that it started."""
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def measure(
    server: Server, way: Way, asks: Asked, clients: int, seconds: float, folder: Path
) -> Found:
    """What so many clients find of a server by one protocol."""
    body = folder / "body"
    body.write_bytes(way.body(asks))
    path = way.path.format(model=asks.model)
    client = subprocess.Popen(
        [sys.executable, str(RIVALS / "load.py"), way.kind, server.address(way), path, str(body),
         str(clients), str(seconds / SLICES), *way.headers],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert client.stdin
    assert client.stdout
    client.stdout.readline()
    least, times, took, wrong = math.inf, [], 0.0, ""
    for _ in range(SLICES):
        before = usage.seconds(server.process.pid)
        client.stdin.write("\n")
        client.stdin.flush()
        found = json.loads(client.stdout.readline())
        cpu = usage.seconds(server.process.pid) - before
        least = min(least, cpu / max(1, len(found["times"])))
        times += found["times"]
        took += found["seconds"]
        wrong = wrong or found["wrong"]
    client.stdin.close()
    client.wait()
    return Found(least, sorted(times), took, wrong)


def session(folder: Path, seconds: float) -> str:
    """The line of the session alone."""
    done = subprocess.run(
        [sys.executable, str(RIVALS / "session.py"), str(folder), str(seconds / SLICES),
         str(SLICES), str(PICTURE)],
        env={**os.environ, **QUIET, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return row("session alone", "", 1, Found(**json.loads(done.stdout.splitlines()[-1])))


def compare(model: str, contenders: list[Contender], seconds: float, scratch: Path) -> None:
    """One model's table."""
    folder = CACHE / "models" / model / "1"
    print(f"\n{model}\n{HEAD}\n{session(folder, seconds)}", flush=True)
    asks = asked(model, PICTURE.read_bytes())
    starts = []
    for contender in contenders:
        if model not in contender.models:
            continue
        server = Server(contender, model, folder, scratch / "log")
        try:
            first = contender.ways[0]
            ready = server.ready(first, first.path.format(model=model), first.body(asks))
            memory = usage.memory(server.process.pid) / 1e6
            starts.append(f"{contender.name} {ready:.1f} s, {memory:.0f} MB")
            for way in contender.ways:
                for clients in (1, 16):
                    found = measure(server, way, asks, clients, seconds, scratch)
                    print(row(contender.name, way.kind, clients, found), flush=True)
        finally:
            server.end()
    print("first answer and resident memory then: " + "; ".join(starts), flush=True)


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=4.0)
    options.add_argument("--only", default="")
    options.add_argument("--models", default="mlp,wide,images,pictures")
    given = options.parse_args()
    load = os.getloadavg()[0]
    wanted = given.only.split(",")
    contenders = [c for c in CONTENDERS if any(part in c.name for part in wanted)]
    if not (CACHE / "models" / "wide").is_dir():
        script = [sys.executable, str(RIVALS / "models.py"), str(CACHE / "models")]
        subprocess.run(script, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **QUIET})
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    named = [f"{each.name} {version(each)}" for each in contenders if each.package]
    print("; ".join(named) + "; OpenVINO Model Server: no package index has it as a server")
    with tempfile.TemporaryDirectory() as scratch:
        for model in given.models.split(","):
            compare(model, contenders, given.seconds, Path(scratch))
    print(
        f"\nload average before {load:.1f}, after {os.getloadavg()[0]:.1f}; the machine is shared"
    )


if __name__ == "__main__":
    main()
