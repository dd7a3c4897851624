"""What Lighthouse says of the website, with the performance that no test may hold.

    python bench/lighthouse.py [--runs N]        (Chromium, Node and npm are needed)

This repository's own catalog is built and served with compression. Each page is scored by mobile
and by desktop settings; the score is the median of the runs, as Lighthouse itself advises.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RIG = ROOT / "tests" / "rigs" / "lighthouse"
PAGES = (
    "/",
    "/modules/",
    "/modules/digits-classifier/",
    "/compare/?m=digits-classifier,iris-classifier",
    "/deploy/?module=digits-classifier&profile=train",
    "/datasets/digits/",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
BOUNDS = {"mobile": 98, "desktop": 100}


def score(way: str, address: str) -> list[dict[str, int]]:
    """Of each page, the score of each category."""
    argv = ["node", "score.mjs", "/usr/bin/chromium", way, ",".join(CATEGORIES)]
    argv += [address + page for page in PAGES]
    done = subprocess.run(argv, cwd=RIG, check=True, capture_output=True, text=True)
    return [json.loads(line)["scores"] for line in done.stdout.splitlines()]


def table(address: str, runs: int) -> str:
    lines = [
        f"Chromium, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; median of {runs} runs,"
        " least in brackets",
        f"{'':60}" + "".join(f"{name:>18}" for name in CATEGORIES),
    ]
    for way, least in BOUNDS.items():
        found = [score(way, address) for _ in range(runs)]
        for at, page in enumerate(PAGES):
            cells = []
            for category in CATEGORIES:
                values = [run[at][category] for run in found]
                cells.append(f"{statistics.median(values):12.0f} ({min(values)})")
            lines.append(f"{way + ' ' + page:60}" + "".join(f"{cell:>18}" for cell in cells))
        lines.append(f"  asked of {way}: performance at least {least}, the others 100")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    if not (RIG / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--prefix", str(RIG), "--silent"], check=True)
    with tempfile.TemporaryDirectory() as out:
        deepcat = [sys.executable, "-um", "deepcat", "site"]
        subprocess.run([*deepcat, "build", "-o", f"{out}/site"], cwd=ROOT, check=True)
        command = [*deepcat, "serve", "--no-build", "--port", "0", "-o", f"{out}/site"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout
                found = re.search(r"http://[\d.]+:\d+", server.stdout.readline())
                assert found
                text = table(found[0], given.runs)
            finally:
                server.terminate()
    print(text, end="")
    (ROOT / "bench" / "RESULTS" / "lighthouse.txt").write_text(text)


if __name__ == "__main__":
    main()
