"""What the box costs: to run a program that does nothing, and until `deepcat serve` answers.

    python bench/box.py [--rounds N]

Processor time is that of all processes together; wall-clock time is the least of the rounds, and is
worth little where others share the machine.
"""

from __future__ import annotations

import argparse
import http.client
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from deepcat.host import archive
from deepcat.host.box.argv import boxed, write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers, available
from deepcat.host.model_server import boxing
from deepcat.host.model_server.options import Options
from deepcat.host.place import open_up

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "modules" / "half-plus-two" / "model.tar.gz"
PATIENCE_S = 60


def spent(work: Callable[[], None], rounds: int) -> tuple[float, float]:
    """The least processor and wall-clock seconds of some work and what it starts."""
    found = []
    for _ in range(rounds):
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        work()
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((used, wall))
    return min(cpu for cpu, _ in found), min(wall for _, wall in found)


def run(argv: list[str]) -> None:
    subprocess.run(argv, check=True, capture_output=True, env={})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(command: Callable[[list[str]], list[str]], model: Path) -> None:
    """Start a server, wait until it answers, and end it."""
    port = free_port()
    argv = [*boxing.command(), "--rest-port", str(port), "--grpc-port", str(free_port())]
    argv = command([*argv, "--model", f"m={model}"])
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + PATIENCE_S
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server does not answer")
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/v1/models/m")
        return b"AVAILABLE" in connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()


def nothing(folder: Path, name: str, layers: Layers) -> list[str]:
    """The command that runs `true` in a box of these layers."""
    file = folder / name
    write(file, Grant(name, memory_bytes=1 << 30, processes=64), layers)
    return boxed(file, "/bin/true")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    layers = available()
    rules = replace(layers, namespaces=False, mounts=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = {
            "`true` alone": spent(lambda: run(["/bin/true"]), rounds),
            "python -I -S -c pass": spent(
                lambda: run([sys.executable, "-I", "-S", "-c", "pass"]), rounds
            ),
            "`true` in a box": spent(lambda: run(nothing(folder, "all", layers)), rounds),
            "`true` in a box by rules alone": spent(
                lambda: run(nothing(folder, "rules", rules)), rounds
            ),
        }
        model = folder / "models" / "m"
        archive.unpack(MODEL, model)
        open_up(folder)
        boxes = folder / "server"
        boxes.mkdir()
        few = max(3, rounds // 3)
        rows["serve until it answers"] = spent(lambda: serve(lambda argv: argv, model), few)
        rows["the same in a box"] = spent(
            lambda: serve(lambda argv: boxing.around(folder, boxes, Options(), argv), model), few
        )
    lines = [
        f"Linux {platform.release()} on {platform.machine()}, {os.cpu_count()} cores; {layers}",
        f"{'':32}{'processor':>12}{'wall clock':>12}   (least of {rounds}, {few} of a server)",
    ]
    lines += [
        f"{name:32}{cpu * 1000:9.1f} ms{wall * 1000:9.1f} ms" for name, (cpu, wall) in rows.items()
    ]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (Path(__file__).parent / "RESULTS" / "box.txt").write_text(text)


if __name__ == "__main__":
    main()
