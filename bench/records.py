"""How long the records ref takes with 10,000 deployments and 100,000 commits."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from deepcat.plan.values import State, Status
from deepcat.records.layout import sharded
from deepcat.records.record import Record, to_text
from deepcat.records.store import REF, Store

DEPLOYMENTS = 10_000
COMMITS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
WRITES = 20
VERSION = b"version: 1.0.0\n"
READ_MOST_S, WRITE_MOST_S = 2.0, 0.3


def record(name: str, round_: int) -> Record:
    return Record(
        State(
            name=name,
            module="half-plus-two",
            version=f"1.0.{round_}",
            module_digest="a" * 64,
            profile="serve",
            inputs={"rest_port": 8501, "grpc_port": 8500},
            cloud="local",
            shape="host",
            status=Status.RUNNING,
            wish_digest="b" * 64,
            commit="c" * 40,
            endpoints={"rest": "http://127.0.0.1:8501", "grpc": "127.0.0.1:8500"},
            resources={"place": f"/catalog/.deepcat/local/{name}", "programs": [f"{name}~s~1"]},
            expires="2030-01-01T00:00:00+00:00",
            owner="ada",
            run="20260101T000000Z-abcdef",
            nodes={
                "server": {"type": "deepcat.nodes.ModelServer", "properties": {"rest_port": 8501}}
            },
        ),
        samples={"passed": 5, "failed": 0, "at": "2026-01-01T00:00:00+00:00"},
        created="2026-01-01T00:00:00+00:00",
        updated="2026-01-01T00:00:00+00:00",
    )


def build(root: Path) -> None:
    """The whole history by one `git fast-import`; the store itself would take an hour."""
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    argv = ["git", "-C", str(root), "fast-import", "--quiet"]
    plain = to_text(record("deployment-N", 0)).encode()
    assert VERSION in plain
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        assert process.stdin
        for number in range(COMMITS):
            name = f"deployment-{number % DEPLOYMENTS}"
            version = f"version: 1.0.{number // DEPLOYMENTS}\n".encode()
            content = plain.replace(b"deployment-N", name.encode()).replace(VERSION, version)
            message = f"{name}: half-plus-two runs on local\n".encode()
            head = (
                f"commit {REF}\ncommitter bench <bench@localhost> {1_700_000_000 + number} +0000\n"
            )
            process.stdin.write(head.encode() + b"data %d\n%s" % (len(message), message))
            place = f"M 100644 inline {sharded(name)}\n".encode()
            process.stdin.write(place + b"data %d\n%s\n" % (len(content), content))
        process.stdin.close()
    assert process.returncode == 0


def in_a_process(root: Path, code: str) -> float:
    """Seconds that a statement takes, told by a process of its own, without the start."""
    program = (
        "import sys, time; from pathlib import Path; from dataclasses import replace\n"
        "from deepcat.records.store import Store\n"
        f"store = Store(Path({str(root)!r})); begin = time.perf_counter()\n{code}\n"
        "print(time.perf_counter() - begin)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def main() -> None:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        begin = time.perf_counter()
        build(root)
        lines.append(f"{DEPLOYMENTS:,} deployments, {COMMITS:,} commits, {os.cpu_count()} cores")
        print(lines[0], f"(built in {time.perf_counter() - begin:.0f} s)")
        reads = [in_a_process(root, "assert len(store.read_all()) == 10_000") for _ in range(5)]
        (root / "deepcat.yaml").touch()
        in_a_process(root, "store.read_all()")
        again = [in_a_process(root, "assert len(store.read_all()) == 10_000") for _ in range(5)]
        write = (
            "def more(r): return replace(r, price_hour=r.price_hour + 1)\n"
            "store.update('deployment-7', more, 'more')"
        )
        writes = [in_a_process(root, write) for _ in range(WRITES)]
        one = [in_a_process(root, "assert store.read('deployment-4711')") for _ in range(5)]
        log = [in_a_process(root, "assert len(store.log()) == 20") for _ in range(5)]
        each = [in_a_process(root, "assert len(store.recent()) == 10_000") for _ in range(5)]
        found = Store(root).read("deployment-7")
        assert found is not None
        assert found == replace(
            record("deployment-7", COMMITS // DEPLOYMENTS - 1), price_hour=float(WRITES)
        )
    for name, times, most in (
        ("read all, cold", reads, READ_MOST_S),
        ("read all, with its cache", again, READ_MOST_S),
        ("one write", writes, WRITE_MOST_S),
        ("read one", one, None),
        ("the last 20 of the log", log, None),
        ("of each the newest", each, None),
    ):
        bound = f", at most {most} s" if most else ""
        lines.append(
            f"{name:24} {statistics.median(times):6.3f} s (median; worst {max(times):.3f} s{bound})"
        )
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (Path(__file__).parent / "RESULTS" / "records.txt").write_text(text)


if __name__ == "__main__":
    main()
