"""Spoil one decision at a time, and see whether the quick tests of its room notice.

    python tests/mutants/run.py [ROOM …] [--only WORD] [--keep]

Works in a copy of the tree; `--keep` writes what came of each room to `RESULTS/` beside this file.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from rows import FOLDER, ROOT, Mutant, read

MOST_S = 300
_FIRST = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one mutant: the test that noticed it, or none."""

    mutant: Mutant
    killer: str

    def __str__(self) -> str:
        word = "killed" if self.killer else "SURVIVED"
        by = f"\n          by {self.killer}" if self.killer else ""
        return f"{word:8}  {self.mutant.file}: {self.mutant.why}{by}"


def main() -> int:
    """Run them; the exit status is 1 when one survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*")
    parser.add_argument("--only", default="", help="those whose file or reason holds this word")
    parser.add_argument("--keep", action="store_true", help="write what came of each whole room")
    given = parser.parse_args()
    if given.only and given.keep:
        parser.error("what is kept is of whole rooms")
    chosen = [m for m in read(given.rooms) if given.only in f"{m.file} {m.why}"]
    for mutant in chosen:
        mutant.spoil((ROOT / mutant.path).read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "tree")
        _copy(copy)
        rooms = [_room(copy, list(group)) for _, group in groupby(chosen, attrgetter("room"))]
    for outcomes in rooms if given.keep else ():
        (FOLDER / "RESULTS").mkdir(exist_ok=True)
        (FOLDER / "RESULTS" / f"{outcomes[0].mutant.room}.txt").write_text(_text(outcomes), "utf-8")
    return int(any(not each.killer for outcomes in rooms for each in outcomes))


def _room(copy: Path, mutants: Sequence[Mutant]) -> list[Outcome]:
    """What came of one room's, told as it comes."""
    for tests in sorted({mutant.tests for mutant in mutants}):
        if noticed := _notices(copy, tests):
            raise SystemExit(f"the tests fail without any mutant: {noticed}")
    outcomes = []
    for mutant in mutants:
        outcomes.append(_try(copy, mutant))
        print(outcomes[-1], flush=True)
    print(_count(outcomes), flush=True)
    return outcomes


def _text(outcomes: Sequence[Outcome]) -> str:
    return "\n".join([*map(str, outcomes), _count(outcomes)]) + "\n"


def _count(outcomes: Sequence[Outcome]) -> str:
    killed = sum(bool(outcome.killer) for outcome in outcomes)
    return f"{killed} of {len(outcomes)} killed"


def _copy(target: Path) -> None:
    """The files that Git knows, as they lie in the work tree: committed, with their byte code."""
    arguments = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    me = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    for step in (["init"], ["add", "-A"], [*me, "commit", "-m", "begin"]):
        subprocess.run(["git", *step], cwd=target, capture_output=True, check=True)
    compiled = [sys.executable, "-m", "compileall", "-q", "src", "generator/deepcat_site"]
    subprocess.run(compiled, cwd=target, check=True)


def _try(copy: Path, mutant: Mutant) -> Outcome:
    path = copy / mutant.path
    before = path.read_text("utf-8")
    path.write_text(mutant.spoil(before), "utf-8")
    try:
        return Outcome(mutant, _notices(copy, mutant.tests))
    finally:
        path.write_text(before, "utf-8")


def _notices(copy: Path, tests: tuple[str, ...]) -> str:
    """The first test that fails; empty when all pass."""
    arguments = ["-x", "-q", "--tb=no", "-m", "not starts", "--hypothesis-seed=0", *tests]
    ways = os.pathsep.join(str(copy / name) for name in ("src", "generator"))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": ways, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=MOST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "a test that does not end"
    if done.returncode == 0:
        return ""
    found = _FIRST.search(done.stdout)
    if found is None and done.returncode not in (1, 2):
        raise SystemExit(done.stdout + done.stderr)
    return found[1] if found else "the import of a test"


if __name__ == "__main__":
    sys.exit(main())
