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


def precise(root: int) -> float:
    """As `seconds`, to the nanosecond, but without what ended threads and children have used."""
    used = 0
    for process in tree(root):
        for task in Path(f"/proc/{process}/task").iterdir():
            try:
                used += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue
    return used / 1e9


def memory(root: int) -> int:
    """Bytes of memory of the tree; pages that its processes share count once for each."""
    used = (_stat(process) for process in tree(root))
    return sum(int(fields[21]) * _PAGE for fields in used if fields)


def held(root: int) -> tuple[int, int, int]:
    """Bytes of memory of the tree: resident, its share of what others have too, its own alone."""
    found = [0, 0, 0]
    for process in tree(root):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines}
        found[0] += sizes["Rss"]
        found[1] += sizes["Pss"]
        found[2] += sizes["Private_Clean"] + sizes["Private_Dirty"]
    return found[0], found[1], found[2]


def _stat(process: int) -> list[str]:
    """The fields of a process from its state on; empty when it has ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
