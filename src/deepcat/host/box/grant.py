"""What a boxed program may read, write, reach and use. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Before the name of a variable that whoever makes the box gives to the program.
GIVEN = "DEEPCAT_GIVEN_"

_MiB = 1 << 20


@dataclass(frozen=True)
class Grant:
    """What one program in a box has. A bound of 0 is no bound.

    Attributes:
        name: whose box it is; boxes of one name have the same user, where we are root.
        reads: absolute paths of files and folders that it may read, with all below them. What
            every program of the system needs (`/usr`, the loader's files) is there anyway.
        writes: the same, to read, write and run; where we are root, they become its user's.
        shared: the same, but they stay whose they are, and their owners' rights count.
        devices: device files, such as ``/dev/nvidia0``.
        listens: whether it may take connections at ports of the machine.
        connects: whether it may call out to the network.
        calls: ports that it may call where it may not call out; it takes Landlock to hold it.
        terminals: whether it may make terminals of its own, where it has a root of its own.
        folder: where it begins; empty for its own ``/tmp``.
        memory_bytes: of the box together where the machine has control groups, else of each
            process's data.
        cpu_s: processor time of each process.
        processes: at once, threads among them.
        file_bytes: of each file that it writes.
        disk_bytes: of its own ``/tmp``, which lies in memory.
        open_files: of each process.
        wall_s: time from its start; it is killed afterwards.
        variables: its environment, besides ``PATH``, ``HOME``, ``TMPDIR`` and ``LANG``.
    """

    name: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    listens: bool = False
    connects: bool = False
    calls: tuple[int, ...] = ()
    terminals: bool = False
    folder: str = ""
    memory_bytes: int = 0
    cpu_s: int = 0
    processes: int = 0
    file_bytes: int = 0
    disk_bytes: int = 256 * _MiB
    open_files: int = 0
    wall_s: float = 0
    variables: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grant:
        """The grant that `as_dict` and JSON give."""
        lists = ("reads", "writes", "shared", "devices", "calls")
        return cls(**{**data, **{name: tuple(data.get(name, ())) for name in lists}})
