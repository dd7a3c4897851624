"""How quick data is staged beside rclone's own copy, from the same servers, in turns.

The servers stand at the other end of a link between two namespaces that lets through what hosts of
clouds have, and on loopback, where nothing but the processor is between them; links need root.
rclone's copy holds nothing against a checksum; what is staged was, file for file, and lies on
disk. So on loopback rclone is also timed with its own `checksum` after the copy. Held to the bound
are the best times of both, which others on the machine disturb least.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Place:
    """Where servers stand.

    Attributes:
        title: of it.
        rate: of the link to it, as `tc` writes it; empty for loopback.
        rounds: how often each is timed.
    """

    title: str
    rate: str
    rounds: int


PLACES = (
    Place("a link of 1 Gbit/s", "1gbit", 3),
    Place("a link of 10 Gbit/s", "10gbit", 5),
    Place("loopback", "", 5),
)


def _done(argv: str) -> None:
    subprocess.run(argv.split(), check=True, capture_output=True)


@contextmanager
def reached(rate: str) -> Iterator[tuple[str, list[str]]]:
    """A namespace at the end of a link; gives its address, and what begins a program there."""
    if not rate:
        yield "127.0.0.1", []
        return
    name, link = f"dcb{os.getpid()}", f"dcb{os.getpid() % 10**8}"
    _done(f"ip netns add {name}")
    inside = f"ip netns exec {name}"
    try:
        _done(f"ip link add {link} type veth peer name far netns {name}")
        _done(f"ip addr add 10.199.7.1/30 dev {link}")
        _done(f"ip link set {link} up")
        _done(f"{inside} ip addr add 10.199.7.2/30 dev far")
        _done(f"{inside} ip link set far up")
        _done(f"{inside} tc qdisc add dev far root tbf rate {rate} burst 1mb latency 20ms")
        yield "10.199.7.2", inside.split()
    finally:
        _done(f"ip link del {link}")
        _done(f"ip netns del {name}")


@contextmanager
def served(kind: str, folder: Path, host: str, inside: Sequence[str] = ()) -> Iterator[str]:
    """A server of rclone with the files; gives its host."""
    at = f"{host}:{free_port()}"
    argv = [*inside, "rclone", "serve", kind, str(folder), f"--addr={at}", "--read-only"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(argv, stdout=quiet, stderr=quiet) as process:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                with socket.socket() as asked:
                    if not asked.connect_ex((host, int(at.rpartition(":")[2]))):
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
    copy = ["rclone", "copy", "x:", str(into), "--transfers=8"]
    return lambda: subprocess.run(copy, check=True, env=told, capture_output=True)


def by_rclone_proved(kind: str, at: str, into: Path, sums: Path) -> Callable[[], object]:
    copied = by_rclone(kind, at, into)
    proof = ["rclone", "checksum", "sha256", str(sums), str(into), "--checkers=8"]
    return lambda: (copied(), subprocess.run(proof, check=True, capture_output=True))


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


def timed(place: Place, kind: str, at: str, data: Dataset, top: Path) -> tuple[str, float]:
    """What was measured, and the part of rclone's rate that is held to the bound."""
    theirs, ours, sums = top / "theirs", top / "ours", top / "sums"
    sums.write_text("".join(f"{each.sha256}  {each.path}\n" for each in data.manifest.pieces))
    ways = {"rclone": by_rclone(kind, at, theirs), "deepcat": by_us(data, kind, at, ours)}
    if not place.rate:
        ways = {"proved": by_rclone_proved(kind, at, theirs, sums), **ways}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in (*ways, "again")}
    for _ in range(place.rounds):
        for name, way in ways.items():
            times[name].append(seconds(way))
            if name == "deepcat":
                times["again"].append(seconds(way))
            gone(ours if name == "deepcat" else theirs)
    best = {name: min(wall for wall, _ in found) for name, found in times.items()}
    told = ", ".join(
        f"{name} {best[name]:.2f} s (CPU {min(cpu for _, cpu in times[name]):.2f})" for name in ways
    )
    ratio = best["rclone"] / best["deepcat"]
    text = f"{kind:<7} {told}; {ratio:.2f} of rclone's rate"
    if "proved" in ways:
        ratio = best["proved"] / best["deepcat"]
        text += f", {ratio:.2f} of it with its checksum"
    return f"{text}; again {best['again'] * 1000:.1f} ms", ratio


def main() -> int:
    version = subprocess.run(["rclone", "version"], check=True, capture_output=True, text=True)
    load = f"load at the start {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    lines = [f"{version.stdout.splitlines()[0]}; best times, in turns; {load}"]
    worst = 10.0
    with tempfile.TemporaryDirectory(prefix="deepcat-bench-") as name:
        top = Path(name)
        sets = {title: made(top / str(count), count, size) for title, (count, size) in SETS.items()}
        for place in PLACES:
            if place.rate and os.geteuid():
                lines.append(f"{place.title}: not measured, for a link needs root")
                continue
            lines.append(f"{place.title}:")
            with reached(place.rate) as (host, inside):
                for title, data in sets.items():
                    for kind in ("http", "webdav"):
                        folder = top / str(len(data.manifest.pieces))
                        with served(kind, folder, host, inside) as at:
                            told, ratio = timed(place, kind, at, data, top)
                        worst = min(worst, ratio)
                        lines.append(f"  {title:<20} {told}")
    lines.append(
        f"least of them, on loopback with rclone's checksum: {worst:.2f} of its rate"
        f" (at least {LEAST})"
    )
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (Path(__file__).parent / "RESULTS" / "staging.txt").write_text(text)
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
