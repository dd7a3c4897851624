"""Check and plan for a pull request that changes one module of a large catalog: `deepcat ci pr`.

python bench/pr.py [--modules N] [--rounds N]

Cold means that nothing was kept from an earlier run, as on a fresh runner without a cache.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from synthetic import commit, write

ROOT = Path(__file__).resolve().parents[1]
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


def git(root: Path, *argv: str) -> None:
    subprocess.run(["git", "-C", str(root), *argv], check=True, env=os.environ | GIT)


def catalog(root: Path, count: int) -> str:
    """A catalog in Git whose last commit changes one module; gives that module's name."""
    name = write(root, count, tosca=True)[0]
    shutil.copy(ROOT / "clouds" / "local.yaml", root / "clouds" / "local.yaml")
    commit(root)
    readme = root / "modules" / name / "README.md"
    readme.write_text(readme.read_text() + "\nOne more sentence.\n")
    git(root, "commit", "-q", "-a", "-m", "one module")
    return name


def once(root: Path, *, cold: bool) -> tuple[float, float]:
    """Seconds by the clock, and of the processor; on a busy machine the two differ."""
    if cold:
        shutil.rmtree(root / ".deepcat", ignore_errors=True)
    argv = [sys.executable, "-m", "deepcat", "-C", str(root), "ci", "pr", "--base", "HEAD~1"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        [*argv, "--out", str(root / ".deepcat/ci")], capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    assert done.returncode in (0, 1), done.stderr
    assert "to mend" in done.stdout, done.stdout + done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--modules", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "catalog"
        root.mkdir()
        (root / "clouds").mkdir()
        catalog(root, asked.modules)
        cold = once(root, cold=True)
        warm = sorted(once(root, cold=False) for _ in range(asked.rounds))[asked.rounds // 2]
    what = f"{asked.modules:,} modules, one changed"
    text = (
        f"{what}, kept from before {warm[0]:7.2f} s, of the processor {warm[1]:6.2f} s"
        " (at most 3, with the interpreter's start)\n"
        f"{what}, cold             {cold[0]:7.2f} s, of the processor {cold[1]:6.2f} s\n"
    )
    print(text, end="")
    if asked.modules >= 10_000:
        (ROOT / "bench" / "RESULTS" / "pr.txt").write_text(text)


if __name__ == "__main__":
    main()
