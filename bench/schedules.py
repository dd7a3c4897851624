"""Takes two hundred random schedules of the loop, half on a bare repository, half beside a forge.

python bench/schedules.py [SCHEDULES]: walks of ten schedules, two at a time; what came of each, and
what it cost, goes to bench/RESULTS/schedules.txt. See `tests/rigs/schedules.py` for what must hold.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RIGS = ROOT / "tests" / "rigs"
OUT = ROOT / "bench" / "RESULTS" / "schedules.txt"
EACH = 10


def taken(seed: int) -> tuple[int, str, list[str], str]:
    """One walk: its seed, where, what was done, and what broke (empty when nothing did)."""
    sys.path[:0] = [str(RIGS), str(RIGS / "github")]
    import schedules
    from github_contract import Contract
    from github_server import GitHub

    hub = GitHub(Contract(RIGS / "github" / "api.json")) if seed % 2 else None
    broken, told = "", []
    try:
        with tempfile.TemporaryDirectory() as name, schedules.walk(seed, Path(name), hub) as walk:
            told = walk.told
            for _ in range(EACH):
                walk.schedule()
    except schedules.Broken as error:
        broken = str(error)
    finally:
        if hub:
            broken += "".join(f"\n{each}" for each in hub.violations)
            hub.close()
    return seed, "forge" if hub else "bare", told, broken


def main() -> int:
    """Take them all; exit status 1 when something broke."""
    schedules = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    began = time.monotonic()
    lines, events, failed = [], 0, 0
    with ProcessPoolExecutor(2) as pool:
        for seed, where, told, broken in pool.map(taken, range(1, schedules // EACH + 1)):
            done = [each for each in told if not each.startswith((" ", "--"))]
            events += len(done)
            failed += bool(broken)
            kills = sum("killed" in each for each in told)
            state = "held" if not broken else "BROKE"
            lines.append(f"seed {seed:3} {where:5} {len(done):3} events, {kills:2} kills: {state}")
            print(lines[-1], flush=True)
            if broken:
                lines.append(broken[:2000])
                print(broken, flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines.append(
        f"{schedules} schedules, {events} events: {failed} walks broke;"
        f" {used.ru_utime + used.ru_stime:.0f} s of processor, {time.monotonic() - began:.0f} s"
    )
    print(lines[-1])
    OUT.write_text("\n".join(lines) + "\n", "utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
