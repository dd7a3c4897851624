"""What an answer costs, with the embedded server and with others, in one run.

    python bench/serving.py [--seconds S] [--only NAME,…] [--models NAME,…]
    python bench/serving.py --turns N [--before SRC] [--ways KIND,…] [--only …] [--models …]
    python bench/serving.py --starts N [--before SRC] [--only …] [--models …]

With ``--turns`` the servers run beside each other and are asked for a quarter of a second in turn;
with ``--starts`` each is started so often. ``--before`` is the source of ours to compare with.

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
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RIVALS = Path(__file__).resolve().parent / "rivals"
sys.path.insert(0, str(RIVALS))

import usage  # noqa: E402
from asks import Asked, asked  # noqa: E402
from contenders import CACHE, CONTENDERS, Contender, Way, version  # noqa: E402

READY_S = 180
SLICES = 8
TURN_S = 0.25
# After its first answer a server lets go of what its start alone needed.
SETTLED_S = 1.0
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
            environment["PYTHONPATH"] = str(contender.source or ROOT / "src")
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


class Load:
    """A client process that is told when to ask."""

    def __init__(
        self, server: Server, way: Way, asks: Asked, clients: int, seconds: float, folder: Path
    ) -> None:
        body = folder / "body"
        body.write_bytes(way.body(asks))
        path = way.path.format(model=asks.model)
        self._server = server
        self._client = subprocess.Popen(
            [sys.executable, str(RIVALS / "load.py"), way.kind, server.address(way), path,
             str(body), str(clients), str(seconds), *way.headers],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._line()

    def _line(self) -> str:
        assert self._client.stdout
        return self._client.stdout.readline()

    def ask(self) -> tuple[float, dict[str, Any]]:
        """Ask for a while: the processor seconds of an answer, and what the client found."""
        assert self._client.stdin
        before = usage.precise(self._server.process.pid)
        self._client.stdin.write("\n")
        self._client.stdin.flush()
        found = json.loads(self._line())
        cpu = usage.precise(self._server.process.pid) - before
        return cpu / max(1, len(found["times"])), found

    def end(self) -> None:
        """End it."""
        assert self._client.stdin
        self._client.stdin.close()
        self._client.wait()


def measure(
    server: Server, way: Way, asks: Asked, clients: int, seconds: float, folder: Path
) -> Found:
    """What so many clients find of a server by one protocol."""
    load = Load(server, way, asks, clients, seconds / SLICES, folder)
    least, times, took, wrong = math.inf, [], 0.0, ""
    for _ in range(SLICES):
        cpu, found = load.ask()
        least = min(least, cpu)
        times += found["times"]
        took += found["seconds"]
        wrong = wrong or found["wrong"]
    load.end()
    return Found(least, sorted(times), took, wrong)


@contextmanager
def started(
    contender: Contender, model: str, scratch: Path, asks: Asked
) -> Iterator[tuple[Server, float]]:
    """A server that has answered, and the seconds until it did."""
    server = Server(contender, model, CACHE / "models" / model / "1", scratch / "log")
    try:
        first = contender.ways[0]
        yield server, server.ready(first, first.path.format(model=model), first.body(asks))
    finally:
        server.end()


def in_turns(
    model: str, contenders: Sequence[Contender], kinds: Sequence[str], turns: int, scratch: Path
) -> None:
    """One model's table of servers that are asked in turns; the last one is the measure."""
    head = f"{'':20} {'':5} {'clients':>7} {'least us':>9} {'median us':>9} {'answers/s':>9}"
    print(f"\n{model}, in {turns} turns\n{head}   parts of the last one's", flush=True)
    asks = asked(model, PICTURE.read_bytes())
    with ExitStack() as stack:
        servers = [
            (each, stack.enter_context(started(each, model, scratch, asks))[0])
            for each in contenders
            if model in each.models
        ]
        for kind in kinds:
            for clients in (1, 16):
                _turn_about(servers, kind, clients, asks, turns, scratch)


def _turn_about(
    servers: Sequence[tuple[Contender, Server]],
    kind: str,
    clients: int,
    asks: Asked,
    turns: int,
    scratch: Path,
) -> None:
    ways = [(c, s, way) for c, s in servers for way in c.ways if way.kind == kind]
    loads = [(c.name, Load(s, way, asks, clients, TURN_S, scratch)) for c, s, way in ways]
    used: dict[str, list[float]] = {name: [] for name, _ in loads}
    rates: dict[str, list[float]] = {name: [] for name, _ in loads}
    for _ in range(turns):
        for name, load in loads:
            cpu, found = load.ask()
            used[name].append(1e6 * cpu)
            rates[name].append(len(found["times"]) / found["seconds"])
    for _, load in loads:
        load.end()
    last = used[loads[-1][0]]
    for name, _ in loads:
        least, median = min(used[name]), statistics.median(used[name])
        parts = f"{least / min(last):.3f}, {median / statistics.median(last):.3f}"
        rate = statistics.median(rates[name])
        print(
            f"{name:20} {kind:5} {clients:7} {least:9.1f} {median:9.1f} {rate:9.1f}   {parts}",
            flush=True,
        )


def starts(model: str, contenders: Sequence[Contender], times: int, scratch: Path) -> None:
    """One model's table of first answers: the least of so many starts, in turns."""
    print(
        f"\n{model}, the least of {times} starts\n{'':20} {'seconds':>8} {'processor':>10} "
        f"{'resident':>9} {'proportional':>13} {'private':>8}"
    )
    asks = asked(model, PICTURE.read_bytes())
    found: dict[str, list[tuple[float, ...]]] = {}
    for _ in range(times):
        for contender in contenders:
            if model not in contender.models:
                continue
            with started(contender, model, scratch, asks) as (server, seconds):
                cpu = usage.seconds(server.process.pid)
                time.sleep(SETTLED_S)
                held = usage.held(server.process.pid)
                found.setdefault(contender.name, []).append((seconds, cpu, *held))
    for name, rows in found.items():
        seconds, cpu, *held = (min(column) for column in zip(*rows, strict=True))
        resident, proportional, private = (f"{each / 1e6:.0f} MB" for each in held)
        print(
            f"{name:20} {seconds:8.2f} {cpu:8.2f} s {resident:>9} {proportional:>13} {private:>8}",
            flush=True,
        )


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
    begun = []
    for contender in contenders:
        if model not in contender.models:
            continue
        with started(contender, model, scratch, asks) as (server, ready):
            memory = usage.memory(server.process.pid) / 1e6
            begun.append(f"{contender.name} {ready:.1f} s, {memory:.0f} MB")
            for way in contender.ways:
                for clients in (1, 16):
                    found = measure(server, way, asks, clients, seconds, scratch)
                    print(row(contender.name, way.kind, clients, found), flush=True)
    print("first answer and resident memory then: " + "; ".join(begun), flush=True)


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=4.0)
    options.add_argument("--only", default="")
    options.add_argument("--models", default="mlp,wide,images,pictures")
    options.add_argument("--ways", default="REST,gRPC")
    options.add_argument("--turns", type=int, default=0)
    options.add_argument("--starts", type=int, default=0)
    options.add_argument("--before", type=Path)
    given = options.parse_args()
    load = os.getloadavg()[0]
    wanted, names = given.only.split(","), [each.name for each in CONTENDERS]
    contenders = [
        each
        for each in CONTENDERS
        if any(each.name == w if w in names else w in each.name for w in wanted)
    ]
    if given.before:
        ours = next(each for each in CONTENDERS if not each.package)
        contenders.insert(0, replace(ours, name="before", source=given.before))
    if not (CACHE / "models" / "wide").is_dir():
        script = [sys.executable, str(RIVALS / "models.py"), str(CACHE / "models")]
        subprocess.run(script, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **QUIET})
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    named = [f"{each.name} {version(each)}" for each in contenders if each.package]
    print("; ".join(named) + "; OpenVINO Model Server: no package index has it as a server")
    with tempfile.TemporaryDirectory() as scratch:
        for model in given.models.split(","):
            if given.turns:
                in_turns(model, contenders, given.ways.split(","), given.turns, Path(scratch))
            elif given.starts:
                starts(model, contenders, given.starts, Path(scratch))
            else:
                compare(model, contenders, given.seconds, Path(scratch))
    print(
        f"\nload average before {load:.1f}, after {os.getloadavg()[0]:.1f}; the machine is shared"
    )


if __name__ == "__main__":
    main()
