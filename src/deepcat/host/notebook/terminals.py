"""EDGE of the host: whether a command runs in a terminal below a process, as `/proc` tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Running:
    """A process.

    Attributes:
        parent: its parent's id.
        session: the id of the one that leads its session, a shell where it is of a terminal.
        terminal: the number of its terminal; 0 for none.
    """

    parent: int
    session: int
    terminal: int


def busy_below(root: int) -> bool:
    """Whether anything but a shell that waits is in a terminal below a process."""
    return busy(_listed(_PROC), root)


def busy(processes: Mapping[int, Running], root: int) -> bool:
    """The same of processes by their ids. Pure."""
    found = _below(processes, root)
    return any(processes[pid].terminal and processes[pid].session != pid for pid in found)


def parsed(line: str) -> Running:
    """A process as its `stat` tells it. Pure.

    Raises:
        ValueError: it is none.
    """
    # Its name, which stands in brackets, may hold whatever it likes.
    _, parent, _, session, terminal = line.rpartition(")")[2].split()[:5]
    return Running(int(parent), int(session), int(terminal))


def _below(processes: Mapping[int, Running], root: int) -> Iterable[int]:
    children: dict[int, list[int]] = {}
    for pid, each in processes.items():
        children.setdefault(each.parent, []).append(pid)
    found, ahead = [], list(children.get(root, ()))
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        ahead += children.get(pid, ())
    return found


def _listed(proc: Path) -> dict[int, Running]:
    found = {}
    for path in proc.iterdir():
        if path.name.isdigit():
            with suppress(OSError, ValueError):
                found[int(path.name)] = parsed((path / "stat").read_text(errors="replace"))
    return found
