"""EDGE: verdicts kept between commands under `.deepcat/cache/`, by the stamp of what was read.

The cache is plain JSON and may be deleted at any time. One that another deepcat wrote, or that
cannot be read, counts as empty; nothing in it is ever run.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from deepcat import __version__
from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.judge import Verdict
from deepcat.catalog.tree import GitTree, Tree, WorkTree

_FOLDER = Path(".deepcat") / "cache"


class Cache:
    """Verdicts by a name and a stamp.

    Args:
        file: where they are kept; None keeps them nowhere.
        settings: what else verdicts depend on, such as the catalog's own limits.
    """

    def __init__(self, file: Path | None, settings: Mapping[str, Any]) -> None:
        self._file = file
        self._key = f"{_code_stamp()} {json.dumps(settings, sort_keys=True, default=str)}"
        self._old = self._load()
        self._new: dict[str, Any] = {}

    def _load(self) -> dict[str, Any]:
        """What was kept: a first line that says by whom, and a second that it vouches for."""
        try:
            content = self._file.read_bytes() if self._file else b""
            head, _, body = content.partition(b"\n")
            if head != self._head(body):
                return {}
            verdicts = json.loads(body)
        except (OSError, ValueError, RecursionError):
            return {}
        return verdicts if isinstance(verdicts, dict) else {}

    def _head(self, body: bytes) -> bytes:
        return f"{blake2b(body, digest_size=16).hexdigest()} {self._key}".encode()

    def get(self, name: str, stamp: str) -> Verdict | None:
        """The verdict kept under a name, if the stamp is still the same."""
        kept = self._old.get(name)
        if kept is None or kept[0] != stamp:
            return None
        verdict = Verdict(tuple(_finding(row) for row in kept[2]) if kept[2] else (), kept[1])
        self._new[name] = kept
        return verdict

    def put(self, name: str, stamp: str, verdict: Verdict) -> None:
        """Keep a verdict."""
        rows = [_row(finding) for finding in verdict.findings]
        self._new[name] = [stamp, verdict.facts, rows]

    def save(self) -> None:
        """Write what was asked for or put since the cache was opened, if anything changed."""
        if self._file is None or self._new == self._old:
            return
        body = json.dumps(self._new, separators=(",", ":")).encode()
        try:
            _replace(self._file, self._head(body) + b"\n" + body)
        except OSError:
            return  # a full or read-only disk costs speed, not the check


def open_cache(tree: Tree, settings: Mapping[str, Any]) -> Cache:
    """The cache that belongs to a tree; an empty one where a tree has no root on the disk."""
    if isinstance(tree, WorkTree):
        return Cache(tree.root / _FOLDER / "check-work.json", settings)
    if isinstance(tree, GitTree):
        return Cache(tree.root / _FOLDER / "check-git.json", settings)
    return Cache(None, settings)


def _row(finding: Finding) -> list[Any]:
    place = finding.place
    words = (finding.code, finding.message, finding.hint, finding.severity.value)
    return [place.path, place.line, place.column, *words]


def _finding(row: list[Any]) -> Finding:
    path, line, column, code, message, hint, severity = row
    return Finding(Place(path, line, column), code, message, hint, Severity(severity))


@cache
def _code_stamp() -> str:
    """Changes with deepcat's version, and with every file of the rules, schemas and parsers."""
    here = Path(__file__).parent
    files = sorted([*here.glob("*.py"), *here.glob("rules/*.py"), *here.glob("schemas/*.json")])
    facts = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return f"{__version__} {blake2b(repr(facts).encode(), digest_size=16).hexdigest()}"


def _replace(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
