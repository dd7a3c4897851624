"""What ten thousand hostile requests do to the embedded server, and to a client that behaves.

    python bench/hostile.py [--count N] [--idle N] [--seed S] [--model DIR]

Attackers, the client that behaves and the server share one machine, with whatever else runs there.
So another server runs beside, which nobody attacks, and has such a client too: what its client
waits in the same minutes is the machine's doing, and what the attacked one's waits beyond that is
the attack's. The attackers' requests are those of `tests/rigs/hostile`, of which
`tests/attacks/test_hostile_requests.py` sends some in each run.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "rigs"))

import hostile  # noqa: E402 - a module of the tests' rigs

# The 99th percentile under attack may be so many times the one beside.
MOST_TIMES = 5


@dataclass
class Served:
    """A server, what it wrote, and how it ended."""

    process: subprocess.Popen[str]
    log: Path
    target: hostile.Target
    code: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of an attack; memory in bytes, at three times."""

    report: hostile.Report
    seconds: float
    quiet: hostile.Seen
    beside: hostile.Seen
    attacked: hostile.Seen
    memory: tuple[int, int, int]
    files: tuple[int, int]

    @property
    def times(self) -> float:
        """How many times as long the client of the attacked server waits."""
        return self.attacked.most / max(self.beside.most, self.quiet.most)

    @property
    def is_well(self) -> bool:
        """Whether all was as it should be."""
        before, _, after = self.memory
        wrong = self.attacked.wrong + self.beside.wrong
        return (
            not self.report.worst
            and not wrong
            and after <= 1.1 * before
            and (self.times <= MOST_TIMES)
        )


def main() -> None:
    """Attack, and say how it was."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--idle", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as name:
        folder = given.model or _built(Path(name))
        with (
            _served(folder, Path(name) / "beside") as beside,
            _served(folder, Path(name) / "log") as served,
        ):
            outcome = _attacked(served.target, beside.target, given.count, given.idle, given.seed)
            _say(outcome, given.idle)
            is_alive = served.process.poll() is None
        said = served.log.read_text()
    tracebacks = said.count("Traceback")
    lines = len(said.splitlines())
    print(f"ended with {served.code}; {tracebacks} tracebacks, {lines} lines of log")
    if tracebacks:
        print(said[-3000:])
    sys.exit(0 if outcome.is_well and is_alive and not served.code and not tracebacks else 1)


def _built(folder: Path) -> Path:
    script = ROOT / "tests" / "serving" / "build_models.py"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(
        [sys.executable, str(script), str(folder)], check=True, env=environment, capture_output=True
    )
    return folder / "half_plus_two_2_versions"


@contextmanager
def _served(folder: Path, log: Path) -> Iterator[Served]:
    words = [sys.executable, "-m", "deepcat", "serve", "--model", f"half={folder}"]
    with log.open("w") as file:
        process = subprocess.Popen(
            [*words, "--rest-port", "0", "--grpc-port", "0"],
            stdout=subprocess.PIPE, stderr=file, text=True,
        )  # fmt: skip
    try:
        assert process.stdout
        line = process.stdout.readline()
        rest = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        grpc = re.search(r"grpc://(127\.0\.0\.1:\d+)", line)
        assert rest, line
        assert grpc, line
        served = Served(process, log, hostile.Target(int(rest[1]), grpc[1], process.pid))
        yield served
    finally:
        process.terminate()
        code = process.wait(60)
    served.code = code


def _attacked(
    target: hostile.Target, beside: hostile.Target, count: int, idle: int, seed: int
) -> Outcome:
    hostile.attack(target, 300, seed=seed + 1)
    _settled(target)
    before, files = target.resident, target.files
    quiet = hostile.seen(hostile.well_behaved(target.rest_port, 10))
    clients = [hostile.well_behaved(each.rest_port, 3600) for each in (target, beside)]
    connections = hostile.idle(target, idle)
    begun = time.monotonic()
    report = hostile.attack(target, count, seed=seed)
    seconds = time.monotonic() - begun
    attacked, calm = (hostile.seen(client, stop=True) for client in clients)
    most = target.resident
    for opened in connections:
        opened.close()
    after = _settled(target, below=int(1.1 * before), files=files)
    memory, opened_files = (before, most, after), (files, target.files)
    return Outcome(report, seconds, quiet, calm, attacked, memory, opened_files)


def _say(outcome: Outcome, idle: int) -> None:
    report = outcome.report
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, "
          f"load {os.getloadavg()[1]:.1f}")  # fmt: skip
    print(f"{report.total} hostile requests in {outcome.seconds:.0f} s, "
          f"beside {idle} idle connections")  # fmt: skip
    for (kind, answer), number in sorted(report.counts.items()):
        print(f"  {kind:20} {answer:22} {number:6}")
    print("a client that behaves:        median    99th percentile  answers  wrong")
    for name, seen in (
        ("before the attack", outcome.quiet),
        ("meanwhile, of a server beside", outcome.beside),
        ("meanwhile, of the attacked one", outcome.attacked),
    ):
        print(f"  {name:28}{1000 * seen.median:6.1f} ms{1000 * seen.most:14.1f} ms"
              f"{seen.answers:11}{seen.wrong:7}")  # fmt: skip
    print(f"  {outcome.times:.1f} times the greater of both (asked: at most {MOST_TIMES})")
    shown = " ".join(f"{size >> 20}" for size in outcome.memory)
    print(f"memory before, at the end of the attack, after: {shown} MiB")
    print("open files before and after: {} {}".format(*outcome.files))
    kinds = {line.partition(": ")[0] + line.partition("'")[2][:45]: line for line in report.worst}
    for line in [*kinds.values()][:20]:
        print(line)


def _settled(target: hostile.Target, below: int = 0, files: int = 0) -> int:
    """Its memory, once that and its open files are below a bound, or after twenty seconds."""
    for _ in range(20):
        if target.resident <= below and target.files <= files:
            break
        time.sleep(1 if below else 0.3)
    return target.resident


if __name__ == "__main__":
    main()
