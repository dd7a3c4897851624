"""What a server costs: processor seconds and memory of its whole tree of processes."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def seconds(root: int) -> float:
    """Processor seconds that the tree has used, those of its ended children too."""
    used = (_stat(process) for process in tree(root))
    return sum(sum(map(int, fields[11:15])) for fields in used if fields) / _TICK


def memory(root: int) -> int:
    """Bytes of memory of the tree; pages that its processes share count once for each."""
    used = (_stat(process) for process in tree(root))
    return sum(int(fields[21]) * _PAGE for fields in used if fields)


def _stat(process: int) -> list[str]:
    """The fields of a process from its state on; empty when it has ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
