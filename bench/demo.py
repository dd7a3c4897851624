"""How long `make demo ONCE=1` takes in this checkout, the first and the second time."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    lines = []
    for which in ("first", "second"):
        start = time.perf_counter()
        done = subprocess.run(
            ["make", "demo", "ONCE=1"], cwd=ROOT, check=True, capture_output=True, text=True
        )
        seconds = time.perf_counter() - start
        lines.append(f"{which} `make demo ONCE=1`  {seconds:6.1f} s")
    steps = done.stdout.partition("# How long each step took")[2].strip()
    text = "\n".join([*lines, "", "the second, by step:", steps, ""])
    print(text, end="")
    (ROOT / "bench" / "RESULTS" / "demo.txt").write_text(text)


if __name__ == "__main__":
    main()
