"""How long `deepcat check` takes: the demonstration catalog, and synthetic ones of many modules.

    python bench/check.py [--modules N]

The synthetic catalogs lie in a temporary folder, committed. In the plain one a module has a
`module.yaml` of about 1.5 kB, a README of about 6 kB and a topology; in the full one also the
samples, the signature and the archive of half-plus-two.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import synthetic

ROOT = Path(__file__).resolve().parents[1]


def archives(root: Path) -> None:
    """Give every module all that one can bring."""
    source = ROOT / "modules" / "half-plus-two"
    model, data = (source / "model.tar.gz").read_bytes(), (source / "module.yaml").read_text()
    own = data[data.index("model:\n") : data.index("metrics:\n")]
    for folder in (root / "modules").iterdir():
        document = folder / "module.yaml"
        document.write_text(document.read_text() + own)
        topology = (source / "tosca.yaml").read_text().replace("half-plus-two", folder.name)
        (folder / "tosca.yaml").write_text(topology)
        (folder / "model.tar.gz").write_bytes(model)
        shutil.copytree(source / "deepaas", folder / "deepaas")


def timed(root: Path, *options: str) -> float:
    argv = [sys.executable, "-m", "deepcat", "-C", str(root), "check", *options]
    start = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"the check failed: {done.stdout[:2000]}{done.stderr[:2000]}")
    return seconds


def rounds(root: Path, many: int, *options: str, cold: bool = False, touch: str = "") -> float:
    """The median of some rounds, each cold, or after a change of one module."""
    times = []
    for number in range(many):
        if cold:
            shutil.rmtree(root / ".deepcat", ignore_errors=True)
        if touch:
            with (root / touch).open("a") as stream:
                stream.write(f"\nOne more line, the {number}th of {time.time_ns()}.\n")
            time.sleep(0.1)
        times.append(timed(root, *options))
    return statistics.median(times)


def line(what: str, seconds: float, most: float = 0) -> str:
    text = f"{what:52} {seconds:7.2f} s{f' (at most {most:g})' if most else ''}"
    print(text, flush=True)
    return text


def many(root: Path, what: str, name: str) -> list[str]:
    few, one = "--no-tosca", f"modules/{name}/README.md"
    return [
        line(f"{what}, without TOSCA, cold", rounds(root, 3, few, cold=True), 6),
        line(f"{what}, without TOSCA, unchanged", rounds(root, 3, few)),
        line(f"{what}, without TOSCA, one changed", rounds(root, 5, few, touch=one), 1),
        line(f"{what}, with TOSCA, cold", rounds(root, 1, cold=True), 60),
        line(f"{what}, with TOSCA, one changed", rounds(root, 5, touch=one), 1),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=10_000)
    given = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        demo.mkdir()
        for part in ("modules", "clouds", "datasets", "deployments"):
            shutil.copytree(ROOT / part, demo / part)
        shutil.copy(ROOT / "deepcat.yaml", demo)
        what = f"demonstration catalog, {len(list((demo / 'modules').iterdir()))} modules"
        lines.append(line(f"{what}, cold", rounds(demo, 5, cold=True), 1.5))
        lines.append(line(f"{what}, unchanged", rounds(demo, 5), 0.5))
        for kind in ("plain", "full"):
            root = Path(folder) / kind
            name = synthetic.write(root, given.modules, tosca=True)[0]
            if kind == "full":
                archives(root)
            synthetic.commit(root)
            lines += many(root, f"{given.modules:,} {kind} modules", name)
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    lines.append(f"load of the machine at the end: {load}")
    print(lines[-1])
    if given.modules >= 10_000:
        (ROOT / "bench" / "RESULTS" / "check.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
