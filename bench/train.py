"""How long it takes until a training's script says its first line, beside the script run by hand.

On this machine, and on a Slurm that is begun for it where its programs are there; the environment
is there already, as it is from the second training of a lock on. CPU is that of `deepcat apply`.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "rigs")]
Local = import_module("conformance.grounds.local").Local
Slurm = import_module("conformance.grounds.slurm").Slurm
Stand = import_module("conformance.stand").Stand
until = import_module("waiting").until

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
MOST_S = {"local": 3.0, "slurm": 10.0}


def first_line(stand: Any, before: int) -> float:
    """When the script of the newest attempt began, in seconds since 1970."""
    until(lambda: len(stand.ran().split()) > before)
    _, folders = stand.ground.notes()
    return float(max((folder / stand.folder.name).stat().st_mtime for folder in folders))


def trained(stand: Any, epochs: int) -> tuple[float, float, float, float]:
    """Seconds to the first line, of them in the queue, until `apply` was over, and CPU seconds."""
    before = len(stand.ran().split())
    stand.training({"epochs": epochs})
    words = [sys.executable, "-m", "deepcat", "-C", str(stand.root), "apply", "--yes"]
    begun, cpu = time.time(), _cpu()
    quiet = subprocess.DEVNULL
    subprocess.run(words, check=True, stdout=quiet, env={**os.environ, **stand.environment})
    over, used = time.time() - begun, _cpu() - cpu
    first = first_line(stand, before) - begun
    until(lambda: stand.trainings()[0]["state"] == "ended", pause_s=0.5)
    return first, queued(stand), over, used


def queued(stand: Any) -> float:
    """For how long the newest job of a cluster waited, to the second."""
    if not isinstance(stand.ground, Slurm):
        return 0.0
    words = ("sacct", "-nXP", "--format=Submit,Start")
    said = stand.ground.cluster.says(*words).splitlines()[-1].split("|")
    submit, start = (datetime.fromisoformat(each) for each in said)
    return (start - submit).total_seconds()


def by_hand(stand: Any, folder: Path) -> float:
    """Seconds until the same script says its first line, run by a person in its environment."""
    folder.mkdir()
    for name in ("checkpoints", "output"):
        (folder / name).mkdir()
    inputs, ran = folder / "inputs.json", folder / "ran"
    inputs.write_text(f'{{"epochs": 1, "pause": 0, "does": "", "ran": "{ran}"}}')
    own = {
        "DEEPCAT_INPUTS": str(inputs),
        "DEEPCAT_CHECKPOINTS": str(folder / "checkpoints"),
        "DEEPCAT_OUTPUT": str(folder / "output"),
        "DEEPCAT_METRICS": str(folder / "output" / "metrics.jsonl"),
        "DEEPCAT_RESUME": "",
        "PYTHONPATH": str(next((stand.folder / "wheels").glob("*.whl"))),
    }
    begun = time.time()
    script = stand.root / "modules" / "learns" / "train.py"
    words = [sys.executable, str(script)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, env=os.environ | own)
    return ran.stat().st_mtime - begun


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(made: Any, folder: Path) -> list[str]:
    """The lines of one ground."""
    for part in ("ground", "stand"):
        (folder / part).mkdir(parents=True)
    ground = made(folder / "ground")
    stand = Stand(folder / "stand", ground)
    try:
        stand.begin()
        trained(stand, 1)  # makes the environment
        rows = [trained(stand, epochs) for epochs in range(2, 2 + ROUNDS)]
        hand = statistics.median(by_hand(stand, folder / f"hand{each}") for each in range(ROUNDS))
    finally:
        stand.end()
        ground.end()
    first, waits, over, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
    own, most = first - waits - hand, MOST_S[ground.kind]
    return [
        f"{ground.kind}: first line of the script after {first:6.2f} s (median of {ROUNDS})",
        f"  of these in the queue            {waits:6.2f} s",
        f"  the same script by hand          {hand:6.2f} s",
        f"  overhead                         {own:6.2f} s (goal: {most:.0f} s, on a calm machine)",
        f"  `deepcat apply` was over after   {over:6.2f} s, and used {cpu:.2f} s of CPU",
    ]


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    grounds = [Local, *([Slurm] if shutil.which("slurmctld") else [])]
    with tempfile.TemporaryDirectory() as name:
        lines = [
            line for each in grounds for line in measured(each, Path(name, each.__name__.lower()))
        ]
    load = os.getloadavg()[0]
    lines.append(f"load when it was over: {load:.1f} on {os.cpu_count()} cores")
    print("\n".join(lines))
    (ROOT / "bench" / "RESULTS" / "train.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
