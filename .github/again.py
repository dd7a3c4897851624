"""Name the tests that failed last, if they may be run once more: of a whole run, and few.

`again.py FOLDER` reads pytest's cache folder, and leaves `again.txt` there, which pytest takes by
`@FOLDER/again.txt`. A run that was broken off, or that could not collect its tests, is no such run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

MOST = 10


def _read(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else None


def _without_group(name: str) -> str:
    """A test's name without the group that pytest-xdist writes behind it."""
    return name[: name.rfind("@")] if name.rfind("@") > name.rfind("]") else name


def main() -> None:
    """End with a sentence where nothing may be run again."""
    folder = Path(sys.argv[1])
    cache = folder / "v"
    failed = [_without_group(each) for each in _read(cache / "cache/lastfailed") or ()]
    if _read(cache / "deepcat/status") != 1:
        sys.exit("No run of the tests ended with failures.")
    if not (0 < len(failed) <= MOST and all("::" in each for each in failed)):
        sys.exit(f"{len(failed)} tests failed: too many to be chance.")
    (folder / "again.txt").write_text("\n".join(failed) + "\n")
    print("Run again, alone:", *failed, sep="\n  ")


if __name__ == "__main__":
    main()
