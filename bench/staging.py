"""How quick data is staged beside rclone's own copy, from the same servers on loopback, in turns.

rclone holds nothing against a checksum here; what is staged was, file for file, and lies on disk.
Held to the bound are the best times of both, which others on the machine disturb least.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deepcat.catalog.values import Dataset
from deepcat.host.data.manifest import Piece, made_of
from deepcat.runs import fetched

ROUNDS = 5
SETS = {"one file of 200 MB": (1, 200_000_000), "1,000 files of 4 kB": (1000, 4096)}
LEAST = 0.9


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def served(kind: str, folder: Path) -> Iterator[str]:
    """A server of rclone with the files; gives its host."""
    at = f"127.0.0.1:{free_port()}"
    argv = ["rclone", "serve", kind, str(folder), f"--addr={at}", "--read-only"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(argv, stdout=quiet, stderr=quiet) as process:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                with socket.socket() as asked:
                    if not asked.connect_ex(("127.0.0.1", int(at.rpartition(":")[2]))):
                        break
                time.sleep(0.05)
            yield at
        finally:
            process.terminate()


def made(folder: Path, count: int, size: int) -> Dataset:
    """Files without a pattern; gives the data set without an address."""
    chance, pieces = random.Random(count), []
    folder.mkdir()
    for number in range(count):
        content = chance.randbytes(size)
        (folder / f"{number:04}").write_bytes(content)
        pieces.append(Piece(f"{number:04}", hashlib.sha256(content).hexdigest()))
    return Dataset("x", "", "", made_of(pieces), count * size, {})


def seconds(what: Callable[[], object]) -> tuple[float, float]:
    """How long it takes, and the processor's time of it and of what it called."""
    os.sync()
    begin, busy = time.perf_counter(), sum(os.times()[:4])
    what()
    return time.perf_counter() - begin, sum(os.times()[:4]) - busy


def by_rclone(kind: str, at: str, into: Path) -> Callable[[], object]:
    config = {"RCLONE_CONFIG": "/nowhere/rclone.conf", "RCLONE_CONFIG_X_TYPE": kind}
    told = {**os.environ, **config, "RCLONE_CONFIG_X_URL": f"http://{at}"}
    if kind == "webdav":
        told["RCLONE_CONFIG_X_VENDOR"] = "other"
    return lambda: subprocess.run(
        ["rclone", "copy", "x:", str(into), "--transfers=8"],
        check=True, env=told, capture_output=True,
    )  # fmt: skip


def by_us(data: Dataset, kind: str, at: str, into: Path) -> Callable[[], object]:
    address = f"{kind}://{at}/"
    own = Dataset(data.name, "", address, data.manifest, data.bytes, {})
    settings = {"allowed_data": {"hosts": [at]}}
    return lambda: fetched.here(own, into, settings, str.encode)


def gone(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def main() -> int:
    version = subprocess.run(["rclone", "version"], check=True, capture_output=True, text=True)
    load = f"load at the start {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    how = f"best of {ROUNDS} (median; least CPU seconds), in turns"
    lines = [f"{version.stdout.splitlines()[0]}; {how}; {load}"]
    worst = 10.0
    with tempfile.TemporaryDirectory(prefix="deepcat-bench-") as name:
        for title, (count, size) in SETS.items():
            folder = Path(name, str(count))
            data = made(folder, count, size)
            for kind in ("http", "webdav"):
                times: dict[str, list[tuple[float, float]]] = {
                    "rclone": [],
                    "deepcat": [],
                    "again": [],
                }
                with served(kind, folder) as at:
                    for _ in range(ROUNDS):
                        theirs, ours = Path(name, "theirs"), Path(name, "ours")
                        times["rclone"].append(seconds(by_rclone(kind, at, theirs)))
                        times["deepcat"].append(seconds(by_us(data, kind, at, ours)))
                        times["again"].append(seconds(by_us(data, kind, at, ours)))
                        gone(theirs)
                        gone(ours)
                walls = {each: [wall for wall, _ in found] for each, found in times.items()}
                best = {each: min(found) for each, found in walls.items()}
                middle = {each: statistics.median(found) for each, found in walls.items()}
                busy = {each: min(cpu for _, cpu in found) for each, found in times.items()}
                ratio = best["rclone"] / best["deepcat"]
                worst = min(worst, ratio)
                told = [
                    f"{n} {best[n]:6.2f} s ({middle[n]:.2f}; CPU {busy[n]:.2f})"
                    for n in ("rclone", "deepcat")
                ]
                lines.append(
                    f"{title:<20} {kind:<7} {'   '.join(told)}   {ratio:.2f} of rclone's rate"
                    f"   again {middle['again'] * 1000:.1f} ms"
                )
    lines.append(f"least of them: {worst:.2f} of rclone's rate (at least {LEAST})")
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (Path(__file__).parent / "RESULTS" / "staging.txt").write_text(text)
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
