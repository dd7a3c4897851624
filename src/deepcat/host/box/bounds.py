"""EDGE of the box: bounds on memory, processor, processes and files."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deepcat.host.box.grant import Grant

_MOUNT = Path("/sys/fs/cgroup")
_PREFIX = "deepcat-"
_FIRST = "cgroup.procs"


@dataclass(frozen=True)
class Group:
    """A control group for one box; each of its folders holds one controller or all."""

    folders: tuple[Path, ...]

    def enter(self, pid: int) -> None:
        """Put a process into it, with what it begins from then on."""
        for folder in self.folders:
            (folder / _FIRST).write_text(str(pid))

    def ran_out(self) -> bool:
        """Whether the kernel ended a process of it for want of memory."""
        for folder in self.folders:
            for name in ("memory.oom_control", "memory.events"):
                with suppress(OSError):
                    for line in (folder / name).read_text().splitlines():
                        if line.startswith("oom_kill ") and line != "oom_kill 0":
                            return True
        return False

    def peak(self) -> int:
        """Bytes of memory that it had at most; 0 where the kernel does not say."""
        for folder in self.folders:
            for name in ("memory.peak", "memory.max_usage_in_bytes"):
                with suppress(OSError, ValueError):
                    return int((folder / name).read_text())
        return 0

    def remove(self) -> None:
        """Take it away; one that still has processes stays, for the next box to sweep."""
        for folder in self.folders:
            with suppress(OSError):
                folder.rmdir()


def group(memory: int, processes: int) -> Group | None:
    """A new control group with these bounds; None where the machine has none for us."""
    made: list[Path] = []
    try:
        for controller, bounds in (
            ("memory", {"memory.limit_in_bytes": memory, "memory.max": memory}),
            ("pids", {"pids.max": processes}),
        ):
            if not any(bounds.values()):
                continue
            parent = _parent(controller)
            folder = parent / f"{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}"
            _sweep(parent)
            folder.mkdir()
            made.append(folder)
            _bound(folder, bounds)
    except OSError:
        Group(tuple(made)).remove()
        return None
    return Group(tuple(made))


def _parent(controller: str) -> Path:
    """Where a group for this controller may be made: the first form, or the second.

    Raises:
        OSError: there is none.
    """
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            return _MOUNT / names / path.lstrip("/")
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            own = _MOUNT / line[3:].lstrip("/")
            for folder in (own, own.parent):
                if controller in (folder / "cgroup.subtree_control").read_text().split():
                    return folder
    raise OSError(f"no control group for {controller}")


def _bound(folder: Path, bounds: dict[str, int]) -> None:
    """Write what the group has a file for.

    Raises:
        OSError: it has none of them, or refuses.
    """
    there = {name: bound for name, bound in bounds.items() if (folder / name).exists()}
    if not there:
        raise OSError(f"{folder} cannot be bounded")
    for name, bound in there.items():
        (folder / name).write_text(str(bound))
    for name in ("memory.memsw.limit_in_bytes", "memory.swap.max"):
        with suppress(OSError):
            if (folder / name).exists():
                value = 0 if name == "memory.swap.max" else next(iter(there.values()))
                (folder / name).write_text(str(value))


def _sweep(parent: Path) -> None:
    """Take away the groups of boxes whose process outside is gone."""
    for old in parent.glob(f"{_PREFIX}*"):
        if not Path("/proc", old.name.split("-")[1]).exists():
            with suppress(OSError):
                old.rmdir()


def limit(grant: Grant, *, grouped: bool, others: int) -> None:
    """Bound this process and what it begins.

    Args:
        grant: with the bounds.
        grouped: whether a control group bounds memory, so that no process need be bounded.
        others: tasks that its user has besides, which the kernel counts with the box's own.
    """
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 64 << 10,
        resource.RLIMIT_CPU: grant.cpu_s or None,
        resource.RLIMIT_FSIZE: grant.file_bytes or None,
        resource.RLIMIT_NOFILE: grant.open_files or None,
        resource.RLIMIT_NPROC: grant.processes + others if grant.processes else None,
        resource.RLIMIT_DATA: None if grouped else grant.memory_bytes or None,
    }
    for which, bound in wanted.items():
        if bound is not None:
            most = resource.getrlimit(which)[1]
            least = bound if most == resource.RLIM_INFINITY else min(bound, most)
            # At the first bound of the processor's time comes a signal that says so.
            more = least + 1 if which == resource.RLIMIT_CPU and most != least else least
            resource.setrlimit(which, (least, more))


def tasks_of(uid: int) -> int:
    """How many tasks this user has on the machine, as far as /proc shows them."""
    found = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == uid:
                    found += len(os.listdir(f"/proc/{name}/task"))
    return found
