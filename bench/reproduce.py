"""Seconds that each demonstration module takes to be trained again, and how far it agrees.

python bench/reproduce.py

Beside it, the same script by hand, outside of the box, where `--by-hand` is given.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("deepcat.yaml", "clouds", "datasets", "modules")


def table(found: Iterable[Mapping[str, Any]], by_hand: Mapping[str, float]) -> str:
    """A row for each module."""
    rows = [f"{'module':26} {'verdict':10} {'seconds':>8}" + (" by hand" if by_hand else "")]
    for each in found:
        hand = f" {by_hand[each['module']]:7.1f}" if by_hand else ""
        rows.append(f"{each['module']:26} {each['verdict']:10} {each['seconds']:8.1f}{hand}")
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the demonstration modules again.")
    parser.add_argument("--by-hand", action="store_true", help="run each script by itself, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for part in PARTS:
            source = ROOT / part
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, root / part)
        subprocess.run(["git", "init", "-q", str(root)], check=True)
        begun = time.perf_counter()
        argv = [sys.executable, "-m", "deepcat", "-C", str(root), "reproduce", "--all", "--json"]
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
        found = json.loads(done.stdout)
        by_hand = {}
        for each in found if options.by_hand else ():
            began = time.perf_counter()
            script = root / "modules" / each["module"] / "train.py"
            subprocess.run([sys.executable, str(script)], check=True, capture_output=True)
            by_hand[each["module"]] = time.perf_counter() - began
    text = table(found, by_hand)
    load = f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
    text += f"{len(found)} modules in {seconds:.0f} s, {load}\n"
    (ROOT / "bench" / "RESULTS" / "reproduce.txt").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
