"""How long `deepcat --help` takes beside the bare interpreter, and what it imports."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

HEAVY = (
    "tensorflow",
    "ansible",
    "kubernetes",
    "openstack",
    "mkdocs",
    "toscaparser",
    "rich",
    "yaml",
)
ROUNDS = 15


def seconds(argv: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    bare = [sys.executable, "-c", "pass"]
    helped = [sys.executable, "-m", "deepcat", "--help"]
    times: dict[str, list[float]] = {"bare": [], "help": []}
    for _ in range(ROUNDS):
        times["bare"].append(seconds(bare))
        times["help"].append(seconds(helped))
    probe = (
        "import sys; from deepcat.cli.main import cli\n"
        "try: cli(['--help'])\n"
        f"except SystemExit: print([n for n in {HEAVY!r} if n in sys.modules], file=sys.stderr)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True
    ).stderr.strip()
    bare_s, help_s = statistics.median(times["bare"]), statistics.median(times["help"])
    lines = [
        f"bare interpreter   {bare_s * 1000:7.1f} ms (median of {ROUNDS})",
        f"deepcat --help     {help_s * 1000:7.1f} ms ({help_s / bare_s:.1f} x; at most 250 ms)",
        f"heavy imports      {loaded if loaded != '[]' else 'none'}",
    ]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (Path(__file__).parent / "RESULTS" / "help.txt").write_text(text)


if __name__ == "__main__":
    main()
