"""What a notebook's node asks of a host, and where it lies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.place import Place, read_json

# Ends the name of a notebook's program, which so is no server's.
SUFFIX = "~notebook"
# Of a deployment's place: node -> generation.
FOLDER = "notebooks"
# Beside the deployments: deployment -> node -> what outlives it.
KEPT = ".work"
# Of what is kept: the files that are worked on, what programs keep for somebody, the repository
# that the work is saved to, and what was saved last.
FILES, HOME, SAVED, TOLD = "files", "home", "saved.git", "saved.json"
# Of a notebook's folder: what it is, the token, what is known of it, and what somebody asks of it.
FILE, TOKEN, NOW, ASKED = "notebook.json", "token", "now.json", "asked.json"
# What it is, as is known of it.
RUNS, STOPPED = "runs", "stopped"
# What is asked where it is only told what became of a wish, and to save without any use of it.
TOLD_OF, KEEP = "told", "keep"
# In the notebook's own folder: where the editor listens, and nobody else reaches it.
SOCKET = "s"
# The program that keeps it, which alone needs asyncio.
PROGRAM = Path(__file__).with_name("keep.py")
# How many processes a notebook may have, threads among them.
TASKS = 4096
# Of the notebook's folder, too: what its box only reads.
SET = "set"
# The editors that there are, and the page of each that somebody opens.
JUPYTERLAB, CODE_SERVER = "jupyterlab", "code-server"
PAGES = {JUPYTERLAB: "lab", CODE_SERVER: ""}
# Beside the module's files, where none of its own may lie: what JupyterLab is made of.
OURS = ".deepcat"
LOCK = f"{OURS}/jupyter.lock"
LAB = f"{OURS}/lab"

_TIME = re.compile(r"([1-9][0-9]{0,5}) *(d|h|m|s)\Z")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_OFF = ("off", "false")


@dataclass(frozen=True)
class Wanted:
    """A notebook.

    Attributes:
        node: its node's name, fit for a folder's.
        lock: the file of the module's that pins the environment of its kernel; empty for the host's
            own Python with the packages that are there.
        address: to listen on.
        port: the same; 0 for any.
        fixed: ports that the wish itself names.
        idle_s: after how long without use it stops; 0 for never.
        environment: variables, sorted by name.
        memory_MiB: that the wish asks a host for; 0 for none.
        cards: how many of the host's graphics cards it has.
        part: of the parts of cards that it has; empty for whole cards.
        connects: whether it may call out.
        unboxed: whether it may run without a box where the host gives none.
        environments: lock -> where its environment was brought to, or the package index.
        editor: one of `PAGES`.
    """

    node: str
    lock: str
    address: str
    port: int
    fixed: tuple[int, ...] = ()
    idle_s: int = 0
    environment: tuple[tuple[str, str], ...] = ()
    memory_MiB: int = 0
    cards: int = 0
    part: str = ""
    connects: bool = False
    unboxed: bool = False
    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    editor: str = JUPYTERLAB


@dataclass(frozen=True)
class Running:
    """A notebook as it runs, or shall run.

    Attributes:
        program: its supervised program's name.
        folder: of its own, relative to the deployment's.
        address: that its door listens on.
        port: the same.
        environment: the name of the editor's; empty where it has none.
        kernel: the name of the module's; empty for the host's own packages.
        cards: UUIDs of the graphics cards that are its own.
        goal: what it stands for: all but where it listens.
    """

    program: str
    folder: str
    address: str
    port: int
    environment: str
    kernel: str
    cards: tuple[str, ...]
    goal: str


def running(data: Mapping[str, Any] | None) -> Running | None:
    """From plain data."""
    return Running(**{**data, "cards": tuple(data.get("cards") or ())}) if data else None


def left(place: Place) -> set[str]:
    """The programs of a deployment's notebooks that stopped, and hold no machine meanwhile."""
    return {name for name, told in _now(place).items() if told.get("left")}


def stopped(place: Place) -> dict[str, str]:
    """The programs of a deployment's notebooks that stopped, and why each did."""
    now = _now(place).items()
    return {name: str(told.get("why") or "") for name, told in now if told.get("state") == STOPPED}


def _now(place: Place) -> dict[str, dict[str, Any]]:
    """What is known of a deployment's notebooks, by their programs."""
    nodes: Mapping[str, Mapping[str, Any]] = place.state.get("notebooks") or {}
    live = [each for mine in nodes.values() if (each := running(mine.get("live")))]
    return {each.program: read_json(place.folder / each.folder / NOW) for each in live}


def kept_at(local: Path, deployment: str, node: str) -> Path:
    """Where lies what outlives a notebook.

    Args:
        local: the folder that holds a catalog's deployments on a host.
        deployment: its name.
        node: its node's, fit for a folder's.
    """
    return local / KEPT / deployment / node


def ref_of(deployment: str) -> str:
    """The ref that a deployment's work is saved to."""
    return f"refs/deepcat/work/{deployment}"


def base_of(deployment: str) -> str:
    """The ref of what the work began with."""
    return f"refs/deepcat/base/{deployment}"


def prefix_of(deployment: str) -> str:
    """What every path of its begins with."""
    return f"/n/{deployment}/"


def idle_seconds(text: str) -> int:
    """A time such as ``2h`` or ``2 h``; 0 for ``off``.

    Raises:
        StepError: it is none (``run/values``).
    """
    plain = text.strip().lower()
    if plain in _OFF:
        return 0
    found = _TIME.match(plain)
    if found is None:
        message, hint = f"{text[:40]!r} is no time", "write it as `90m` or `2h`, or `off`"
        raise StepError("module", "run/values", message, hint)
    return int(found[1]) * _SECONDS[found[2]]
