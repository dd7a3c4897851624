"""Records that were parsed before, by the id of what they were parsed from."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from deepcat.garbage import uncollected
from deepcat.records.record import parse as parse_record

# Fewer are parsed as quickly as they are looked up.
MANY = 500
FILE = ".deepcat/cache/records.json"


def parsed(
    root: Path,
    named: Mapping[str, str],
    read: Callable[[Iterable[str]], Mapping[str, str]],
    parse: Callable[[str, str], dict[str, Any]] = parse_record,
    file: str = FILE,
) -> dict[str, dict[str, Any]]:
    """The plain data of records.

    Args:
        root: the catalog's; the cache lies in it, if it is a folder of files.
        named: record's name -> blob's id.
        read: from blobs' ids to their texts.
        parse: from a text and its record's name to plain data.
        file: of the cache.

    Returns:
        Blob's id -> data.

    Raises:
        DeepcatError: one cannot be parsed (``records/damaged``).
    """
    kept = root / file
    is_kept = len(named) >= MANY and (root / "deepcat.yaml").is_file()
    with uncollected():
        known = _load(kept) if is_kept else {}
        missing = {blob: name for name, blob in named.items() if blob not in known}
        texts = read(missing)
        found = {blob: parse(texts[blob], name) for blob, name in missing.items()}
        if not known:
            held = found
        else:
            held = {blob: known[blob] for blob in named.values() if blob in known} | found
        if is_kept and missing:
            _save(kept, held)
    return held


def _load(file: Path) -> dict[str, dict[str, Any]]:
    """What was kept; nothing of a file that came by Git, which bears another time than it says."""
    try:
        with file.open("rb") as stream:
            written = os.fstat(stream.fileno()).st_mtime_ns
            if stream.readline() != b"%d\n" % written:
                return {}
            data = json.load(stream)
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _save(file: Path, data: Mapping[str, Any]) -> None:
    new = file.with_name(f".{file.name}.{os.getpid()}")
    with suppress(OSError):  # a full disk costs time, and nothing else
        file.parent.mkdir(parents=True, exist_ok=True)
        # Never a whole second: to such a one are files set by who takes their times from commits.
        now = time.time_ns() // 1_000_000 * 1_000_000 + 1000
        new.write_text(f"{now}\n{json.dumps(data, separators=(',', ':'))}")
        os.utime(new, ns=(now, now))
        new.replace(file)
