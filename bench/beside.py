"""This checkout and another one, side by side: what each command costs, turn by turn in one run.

    python bench/beside.py OTHER_CHECKOUT [--rounds N] [--modules N]

Both checkouts need an environment of their own (`make .venv/.dev`). The other one is the commit
before a change, say, as a `git worktree`. Each row is one command as a user gives it, or one of
this folder's scripts; both take turns, and the processor's seconds of all their processes are
compared, for those are what other work on the machine disturbs least. A ratio above 1 means that
this checkout costs more.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import synthetic

ROOT = Path(__file__).resolve().parents[1]
# Rows whose ratio leaves this band are marked.
NOISE = 1.15


@dataclass(frozen=True)
class Side:
    """A checkout with its interpreter."""

    root: Path

    @property
    def python(self) -> str:
        return str(self.root / ".venv" / "bin" / "python")

    def deepcat(self, catalog: Path, *words: str) -> list[str]:
        return [self.python, "-m", "deepcat", "-C", str(catalog), *words]

    @property
    def commit(self) -> str:
        argv = ["git", "-C", str(self.root), "rev-parse", "--short", "HEAD"]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    def script(self, name: str, *words: str) -> list[str]:
        return [self.python, str(self.root / "bench" / name), *words]


def cost(argv: list[str]) -> tuple[float, float]:
    """Processor seconds and wall seconds of a command and all that it began."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, wall


@contextmanager
def results_kept(side: Side) -> Iterator[None]:
    """A script of this folder writes its figures down; here they are only compared."""
    folder = side.root / "bench" / "RESULTS"
    with tempfile.TemporaryDirectory() as kept:
        shutil.copytree(folder, Path(kept) / "RESULTS")
        try:
            yield
        finally:
            shutil.rmtree(folder)
            shutil.copytree(Path(kept) / "RESULTS", folder)


@dataclass(frozen=True)
class Row:
    """One command that both give.

    Attributes:
        what: in words.
        argv: of a side.
        rounds: turns that each takes.
        before: done first, unmeasured.
    """

    what: str
    argv: Callable[[Side], list[str]]
    rounds: int
    before: Callable[[Side], object] = field(default=lambda _: None)


def compare(row: Row, ours: Side, other: Side) -> str:
    """Let both take turns; gives the line that says how they compare."""
    used: dict[Side, list[float]] = {ours: [], other: []}
    walls: dict[Side, list[float]] = {ours: [], other: []}
    for turn in range(row.rounds):
        for side in (ours, other) if turn % 2 else (other, ours):
            row.before(side)
            with results_kept(side):
                one, wall = cost(row.argv(side))
            used[side].append(one)
            walls[side].append(wall)
    now, then = statistics.median(used[ours]), statistics.median(used[other])
    ratio, clock = min(used[ours]) / min(used[other]), min(walls[ours]) / min(walls[other])
    mark = "" if 1 / NOISE <= ratio <= NOISE else ("  dearer" if ratio > 1 else "  cheaper")
    return f"{row.what:46} {then:8.2f} {now:8.2f} {ratio:7.2f} x {clock:7.2f} x{mark}"


class Catalogs:
    """The catalogs that a side works on: its own demonstration, and a large synthetic one."""

    def __init__(self, folder: Path, modules: int) -> None:
        self.folder = folder
        self.modules = modules
        self.first = ""
        self._out: dict[Side, Path] = {}

    def make(self, side: Side) -> None:
        """Write and commit both."""
        demo = self.demo(side)
        demo.mkdir(parents=True)
        for part in ("modules", "clouds", "datasets", "deployments"):
            if (side.root / part).is_dir():  # an older checkout has no data sets
                shutil.copytree(side.root / part, demo / part)
        shutil.copy(side.root / "deepcat.yaml", demo)
        wish = demo / "deployments" / "half-plus-two.yaml"
        # Both sides' servers stand side by side, so each takes free ports.
        wish.write_text(re.sub(r"(rest_port|grpc_port): \d+", r"\1: 0", wish.read_text()))
        subprocess.run(["git", "-C", str(demo), "init", "-q", "-b", "main"], check=True)
        synthetic.commit(demo)
        self.first = synthetic.write(self.large(side), self.modules, tosca=True)[0]
        synthetic.commit(self.large(side))

    def demo(self, side: Side) -> Path:
        return self.folder / side.root.name / "demo"

    def large(self, side: Side) -> Path:
        return self.folder / side.root.name / "large"

    def out(self, side: Side) -> str:
        return str(self._out[side])

    def forget(self, side: Side) -> None:
        """Let nothing be kept from before; the next website goes to a folder of its own."""
        for catalog in (self.demo(side), self.large(side)):
            shutil.rmtree(catalog / ".deepcat", ignore_errors=True)
        self._out[side] = self.folder / side.root.name / f"out-{time.time_ns()}"

    def touch(self, side: Side) -> None:
        """Change one module's README."""
        with (self.large(side) / "modules" / self.first / "README.md").open("a") as stream:
            stream.write(f"\nOne more line at {time.time_ns()}.\n")

    def take_down(self, side: Side) -> None:
        """Leave nothing that runs."""
        argv = side.deepcat(self.demo(side), "destroy", "--all", "--yes")
        subprocess.run(argv, check=True, capture_output=True)


def rows(at: Catalogs, rounds: int) -> Iterator[Row]:
    """What is compared, in order."""
    count = f"{at.modules:,} modules"
    up = ("apply", "half-plus-two", "--yes")
    yield Row("deepcat --help", lambda s: [s.python, "-m", "deepcat", "--help"], 3 * rounds)
    yield Row(
        "check, demonstration, cold", lambda s: s.deepcat(at.demo(s), "check"), rounds, at.forget
    )
    yield Row("check, demonstration, unchanged", lambda s: s.deepcat(at.demo(s), "check"), rounds)
    yield Row("plan, demonstration", lambda s: s.deepcat(at.demo(s), "plan"), rounds)
    yield Row("apply one module", lambda s: s.deepcat(at.demo(s), *up), rounds, at.take_down)
    yield Row("apply again, nothing to do", lambda s: s.deepcat(at.demo(s), *up), rounds)
    yield Row("status", lambda s: s.deepcat(at.demo(s), "status"), rounds)
    yield Row(f"check, {count}, cold", lambda s: s.deepcat(at.large(s), "check"), 3, at.forget)
    yield Row(
        f"check, {count}, one changed", lambda s: s.deepcat(at.large(s), "check"), rounds, at.touch
    )
    site = ("site", "build", "--out")
    yield Row(
        f"site, {count}, from nothing",
        lambda s: s.deepcat(at.large(s), *site, at.out(s)),
        2,
        at.forget,
    )
    yield Row(
        f"site, {count}, one changed",
        lambda s: s.deepcat(at.large(s), *site, at.out(s)),
        rounds,
        at.touch,
    )
    yield Row("templates of TOSCA (tosca.py)", lambda s: s.script("tosca.py"), 2)
    yield Row("match, 20,000 offers (match.py)", lambda s: s.script("match.py", "20000"), 3)
    yield Row(
        "plan, 20,000 deployments (plan.py)", lambda s: s.script("plan.py", "500", "20000"), 2
    )
    yield Row("records (records.py)", lambda s: s.script("records.py"), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modules", type=int, default=2_000)
    given = parser.parse_args()
    ours, other = Side(ROOT), Side(given.other.resolve())
    lines = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    what = "processor's seconds, medians; ratios of the least"
    say(f"{what:46} {'other':>8} {'this':>8} {'CPU':>9} {'wall':>9}")
    with tempfile.TemporaryDirectory() as name:
        at = Catalogs(Path(name), given.modules)
        for side in (ours, other):
            # A checkout whose files are new would be compiled while it is measured.
            compiled = [str(side.root / part) for part in ("src", "generator")]
            argv = [side.python, "-m", "compileall", "-q", *compiled]
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
            at.make(side)
        for row in rows(at, given.rounds):
            say(compare(row, ours, other))
        for side in (ours, other):
            at.take_down(side)
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    say(f"other: {other.commit}; this: {ours.commit}; load of the machine at the end: {load}")
    (ROOT / "bench" / "RESULTS" / "beside.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
