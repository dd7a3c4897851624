"""What is written down of each program that is kept: what it is, and how it goes.

Each is a file that is replaced whole, so that whoever is killed leaves the old one or the new one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deepcat.host.place import read_json, write_json

FOLDER = ".keeping"
GRACE_S = 15.0
_SPEC, _STATE = ".program.json", ".state.json"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Spec:
    """What shall run.

    Attributes:
        name: the program's.
        argv: its command.
        log: where its output goes.
        tag: the owner tag of its process.
        once: whether it ends by itself.
        grace_s: how long it may take to end when it is asked to.
    """

    name: str
    argv: tuple[str, ...]
    log: str
    tag: str
    once: bool = False
    grace_s: float = GRACE_S


@dataclass(frozen=True)
class Life:
    """One process, told from any other that has or had its id.

    Attributes:
        pid: its id; 0 for none.
        start: when it began, in the kernel's own count since the machine did.
        boot: which start of the machine that was.
    """

    pid: int = 0
    start: int = 0
    boot: str = ""

    def lasts(self) -> bool:
        """Whether that very process is there, and has not ended."""
        return bool(self.pid) and self == life_of(self.pid)


@dataclass(frozen=True)
class State:
    """How a program goes.

    Attributes:
        state: as `deepcat.host.keeper.Program` has it.
        keeper: the process that looks after it.
        program: its own process.
        since: when it started, seconds since 1970.
        reason: why it is not up; may be empty.
    """

    state: str = "STOPPED"
    keeper: Life = Life()
    program: Life = Life()
    since: int = 0
    reason: str = ""


def life_of(pid: int) -> Life:
    """The process that has an id now; none where there is none, or it has ended."""
    try:
        text = Path("/proc", str(pid), "stat").read_text("utf-8", "replace")
        boot = _BOOT.read_text("ascii").strip()
    except (OSError, ValueError):
        return Life()
    # The name before may hold spaces and brackets.
    fields = text.rpartition(")")[2].split()
    if fields[0] in "ZXx":
        return Life()
    return Life(pid, int(fields[19]), boot)


class Files:
    """The files of one folder.

    Args:
        folder: that holds them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> Iterator[str]:
        """The programs that shall run."""
        for path in sorted(self.folder.glob(f"*{_SPEC}")):
            yield path.name[: -len(_SPEC)]

    def spec(self, name: str) -> Spec | None:
        """What a program is; None when it shall not run any more."""
        data = read_json(self.folder / f"{name}{_SPEC}")
        try:
            return Spec(**{**data, "argv": tuple(data["argv"])})
        except (KeyError, TypeError):
            return None

    def write(self, spec: Spec) -> None:
        """Write down that a program shall run."""
        _private(self.folder)
        write_json(self.folder / f"{spec.name}{_SPEC}", asdict(spec))

    def state(self, name: str) -> State:
        """How a program goes, as was written last."""
        data = read_json(self.folder / f"{name}{_STATE}")
        try:
            lives: dict[str, Any] = {each: Life(**data[each]) for each in ("keeper", "program")}
            return State(**{**data, **lives})
        except (KeyError, TypeError):
            return State()

    def tell(self, name: str, state: State) -> None:
        """Write down how it goes; not for one that was removed with all others."""
        try:
            write_json(self.folder / f"{name}{_STATE}", asdict(state), makes=False)
        except FileNotFoundError:
            return

    def unwanted(self, name: str) -> None:
        """A program shall not run any more."""
        (self.folder / f"{name}{_SPEC}").unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Nothing of a program is left."""
        self.unwanted(name)
        (self.folder / f"{name}{_STATE}").unlink(missing_ok=True)


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(folder, 0o700)  # noqa: PTH101 - the mode of one that was there
