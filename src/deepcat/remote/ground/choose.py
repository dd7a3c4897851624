"""Which Python runs what on a host, by which way a thing comes there, whether it fits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deepcat.remote.ground.facts import OLDEST, RUNTIME, Facts, Python
from deepcat.remote.ground.scripts import compression, digesting

THERE, REGISTRY, CACHE, INDEX, PUSH = "there", "registry", "cache", "index", "push"
WAYS = (REGISTRY, CACHE, INDEX, PUSH)
_ENGINES = ("podman", "docker")
# Of what is written besides, and of what a disk loses to its own tables.
_SPARE = 64 << 20
_SHARE = 1.03


class GroundError(Exception):
    """A host cannot be given what it needs.

    Args:
        kind: of the failure: ``capacity``, ``quota`` or ``cloud``.
        code: stable.
        message: what is wrong, one sentence.
        hint: how to mend it, one sentence.
    """

    def __init__(self, kind: str, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.failure = {"kind": kind, "code": code, "message": message, "hint": hint}


@dataclass(frozen=True, slots=True)
class Pythons:
    """By what code of ours runs on a host.

    Attributes:
        steps: the host's own for steps; None: one that is brought.
        serving: the host's own for servers; None: one that is brought.
    """

    steps: Python | None
    serving: Python | None

    def brings(self, *, serves: bool) -> bool:
        """Whether a Python must come along for what is to run there."""
        return self.steps is None or (serves and self.serving is None)


def pythons(facts: Facts, version: str) -> Pythons:
    """The host's own Pythons, as far as they fit.

    Args:
        facts: the host's.
        version: that the runtime is for, as ``3.11``.
    """
    steps = next((each for each in facts.pythons if each.minor >= OLDEST), None)
    fitting = (each for each in facts.pythons if each.version == version and "c++" in each.has)
    return Pythons(steps, next(fitting, None))


def require_machine(facts: Facts, machine: str) -> None:
    """Raise GroundError unless the host has the processor that the runtime is for."""
    if facts.machine != machine:
        message = f"the host's processor is {facts.machine}, and the runtime here for {machine}"
        hint = "call deepcat on a machine like it, or name a package index that the host reaches"
        raise GroundError("cloud", "run/host", message, hint)


def require_tools(facts: Facts) -> None:
    """Raise GroundError unless the host can verify and unpack what comes."""
    for found, what in ((digesting(facts), "verifies"), (compression(facts), "unpacks")):
        if not found:
            message = f"nothing on the host {what} what is brought to it"
            raise GroundError("cloud", "run/host", message, "install `tar`, `gzip` and `sha256sum`")


def require_room(facts: Facts, size: int) -> None:
    """Raise GroundError unless so many bytes fit on the host's disk."""
    needed = int(size * _SHARE) + _SPARE
    if facts.free < needed:
        message = (
            f"{needed >> 20} MiB are needed in `{facts.base}`, {facts.free >> 20} MiB are free"
        )
        raise no_room(message)


def no_room(why: str, kind: str = "capacity") -> GroundError:
    """The error for a disk that is full."""
    hint = "free some space there, or choose another cloud"
    return GroundError(kind, "run/disk-full", f"no space is left on the host: {why}", hint)


def cached(facts: Facts, cache: str, label: str, digest: str) -> str:
    """Where a host's cache folder holds a thing unpacked; empty where it does not.

    Args:
        facts: the host's.
        cache: the folder, by its whole path.
        label: the archive's name.
        digest: the thing's id.
    """
    for name in (digest, label):
        if name in facts.cached:
            return f"{cache}/{name}"
    return ""


def ways(facts: Facts, target: str, order: Sequence[str], can: Mapping[str, bool]) -> list[str]:
    """The ways that a thing may come, in the order that they are tried.

    Args:
        facts: the host's.
        target: as ``runtime/ID``.
        order: as the cloud's file says it; all of `WAYS` when it is empty.
        can: way -> whether it leads there at all; one that is not named does.
    """
    if target in facts.there:
        return [THERE]
    return [way for way in (order or WAYS) if can.get(way, way != REGISTRY)]


def engine(facts: Facts, image: str, order: Sequence[str]) -> str:
    """The host's program that runs a server's image; empty where none is to be used.

    Args:
        facts: the host's.
        image: as the cloud's file names it; may be empty.
        order: of the ways, as the cloud's file says it.
    """
    if not image or (order and REGISTRY not in order):
        return ""
    return next((each for each in _ENGINES if each in facts.tools), "")


def runtime(digest: str) -> str:
    """The name of what is kept by its id among runtimes."""
    return f"{RUNTIME}/{digest}"
