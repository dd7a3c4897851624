#!/usr/bin/env python3
"""Print what some extras of deepcat need of requirements-dev.lock, with its hashes.

`.github/locked.py fast,forge >part.lock` asks pip what the extras resolve to under the lock, so
that one command does not bring all: `pip install --require-hashes -r part.lock`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_ENTRY = re.compile(
    r"^([A-Za-z0-9._-]+)(==[^\n\\]*?)(?: \\)?\n((?:    --hash=[^\n]*\n)*)", re.MULTILINE
)
ROOT = Path(__file__).resolve().parents[1]


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> list[tuple[str, str, str]]:
    """The lock's entries: name, requirement, and the whole with its hashes."""
    return [
        (normal(name), f"{name}{pin}", f"{name}{pin} \\\n{hashes}")
        for name, pin, hashes in _ENTRY.findall(lock)
    ]


def requirements(project: Mapping[str, Any], extras: Iterable[str]) -> list[str]:
    """What the project asks for itself, with some extras.

    Raises:
        SystemExit: there is no such extra.
    """
    known = project["optional-dependencies"]
    if unknown := [extra for extra in extras if extra not in known]:
        sys.exit(f"error: there is no extra {unknown[0]}; there are {', '.join(known)}")
    wanted = [*project["dependencies"], *(one for extra in extras for one in known[extra])]
    own = [one for one in wanted if one.startswith("deepcat[")]
    inner = [extra for one in own for extra in one[len("deepcat[") : -1].split(",")]
    return [*(set(wanted) - set(own)), *(requirements(project, inner) if inner else ())]


def resolved(wanted: Iterable[str], pins: Iterable[str]) -> set[str]:
    """The names of all that pip would install; asks the index."""
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(pins), "utf-8")
        ask = ["pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
        said = subprocess.run(
            [sys.executable, "-m", *ask, "--only-binary", ":all:", "-c", constraints, *wanted],
            check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
    return {normal(each["metadata"]["name"]) for each in json.loads(said.stdout)["install"]}


def main(extras: str) -> None:
    """Print the part."""
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = requirements(whole["project"], [extra for extra in extras.split(",") if extra])
    held = entries((ROOT / "requirements-dev.lock").read_text("utf-8"))
    build = whole["dependency-groups"]["build"]
    names = resolved([*sorted(wanted), *build], [pin for _, pin, _ in held])
    sys.stdout.write("".join(text for name, _, text in held if name in names))


if __name__ == "__main__":
    main(*sys.argv[1:])
