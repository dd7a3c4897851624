"""Bring to a host what it lacks, by the first way that leads there."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deepcat.remote.ground import choose, scripts
from deepcat.remote.ground.choose import CACHE, INDEX, PUSH, THERE, GroundError
from deepcat.remote.ground.facts import Facts, parsed, script
from deepcat.remote.ground.shore import Said, Shore
from deepcat.runtime.values import Packed

_TRIES = 4
# As the tools of a host word it, in the language that is set for them.
_FULL = ("No space left", "Disk quota exceeded")
_HAVE = re.compile(r"^have=([0-9]{1,15})$", re.MULTILINE)
OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True, slots=True)
class Thing:
    """What may have to come.

    Attributes:
        target: where it lies below the base, as ``runtime/ID``.
        label: its archive's name, without what compressed it.
        unpacked: bytes of all its files.
        packed: how it is to be compressed -> its archive.
        index: the script that has the host itself fetch it from a package index, and what that is
            given; None where that does not lead there.
    """

    target: str
    label: str
    unpacked: int
    packed: Callable[[str], Packed]
    index: tuple[str, bytes] | None = None

    @property
    def id(self) -> str:
        """By which it is known."""
        return self.target.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Brought:
    """How a thing came to lie on a host.

    Attributes:
        path: where it lies, whole.
        way: that it came.
        sent: bytes that were sent for it.
    """

    path: str
    way: str
    sent: int = 0


@dataclass(slots=True)
class Host:
    """A host and what is known of it.

    Attributes:
        shore: its shell.
        base: the folder of ours there.
        cache: a folder that may hold things already; empty for none.
        version: of the Python that servers there need, as ``3.11``.
        order: ways in the order that they are tried; empty for the usual one.
        pythons: programs of the host that are asked before others.
        sent: bytes that were sent to it.
    """

    shore: Shore
    base: str
    cache: str = ""
    version: str = OWN
    order: Sequence[str] = ()
    pythons: Sequence[str] = ()
    sent: int = 0
    _facts: Facts | None = field(default=None)

    @property
    def facts(self) -> Facts:
        """What the host tells of itself; asked once.

        Raises:
            GroundError: it cannot be asked.
        """
        if self._facts is None:
            said = self.shore.run(script(self.base, self.version, self.cache, self.pythons))
            if said.rc:
                raise failed(said, "the host's shell cannot be asked")
            try:
                self._facts = parsed(said.out)
            except ValueError as error:
                message = f"the host's shell answers oddly: {error}"
                raise GroundError("cloud", "run/host", message, "mend the host") from None
        return self._facts

    def bring(self, thing: Thing) -> Brought:
        """Bring a thing, unless it lies there.

        Raises:
            GroundError: no way leads there, the last one's reason; there is no room
                (``run/disk-full``); the host cannot be reached.
        """
        facts = self.facts
        can = {INDEX: thing.index is not None, CACHE: bool(self.cache)}
        last: GroundError | None = None
        for way in choose.ways(facts, thing.target, self.order, can):
            try:
                found = self._by(way, facts, thing)
            except GroundError as error:
                if way == PUSH or error.failure["code"] == "run/disk-full":
                    raise
                last = error
                continue
            if found is not None:
                self.sent += found.sent
                return found
        message = f"no way that the cloud's file allows brings `{thing.label}` to the host"
        raise last or GroundError("cloud", "run/host", message, "add `push` to its `ways`")

    def _by(self, way: str, facts: Facts, thing: Thing) -> Brought | None:
        """By one way; None when it does not lead there."""
        whole = f"{facts.base}/{thing.target}"
        if way == THERE:
            return Brought(whole, way)
        if way == CACHE:
            return self._cached(facts, thing, whole)
        if way == INDEX and thing.index is not None:
            choose.require_room(facts, 3 * thing.unpacked)
            code, given = thing.index
            said = self.shore.run(code, given, patience_s=900.0)
            return Brought(whole, way, said.sent) if said.rc == 0 else self._raise(said, thing)
        return Brought(whole, way, self.push(thing))

    def _cached(self, facts: Facts, thing: Thing, whole: str) -> Brought | None:
        found = choose.cached(facts, self.cache, thing.label, thing.id)
        if found:
            return Brought(found, CACHE)
        for how in ("zst", "gz"):
            name = f"{thing.label}.tar.{how}"
            if name in facts.cached and (how == "gz" or scripts.compression(facts) == how):
                choose.require_room(facts, thing.unpacked)
                path, sum_ = f"{self.cache}/{name}", thing.packed(how).sha256
                said = self.shore.run(
                    scripts.lifting(facts, thing.target, path, sum_, how), patience_s=900.0
                )
                return Brought(whole, CACHE) if said.rc == 0 else self._raise(said, thing)
        return None

    def push(self, thing: Thing) -> int:
        """Send a thing as one stream, from where an earlier one was cut off; gives the bytes sent.

        Raises:
            GroundError: as `bring`.
        """
        facts = self.facts
        choose.require_tools(facts)
        how = scripts.compression(facts)
        return self.pour(thing.packed(how), thing.target, how, thing.unpacked)

    def pour(self, packed: Packed, target: str, how: str = "", unpacked: int = 0) -> int:
        """Send a file as one stream; see `push`.

        Args:
            packed: the file.
            target: where it comes to lie below the base, or by a whole path.
            how: it is compressed and to be unpacked; empty for a file that stays as it is.
            unpacked: bytes that it then takes besides.
        """
        facts, sent, broken = self.facts, 0, 0
        offset = facts.parts.get(packed.sha256, 0)
        choose.require_room(facts, max(packed.size - offset, 0) + unpacked)
        for _ in range(_TRIES):
            code = scripts.taking(facts, target, packed.sha256, packed.size, offset, how)
            said = self.shore.stream(code, packed.path, offset)
            sent += said.sent
            if said.rc == 0:
                return sent
            if said.rc == scripts.MOVED:
                offset = _told(said.out)
            elif said.rc == scripts.BROKEN and not broken:
                broken, offset = 1, 0  # what lay there in part was not of this file
            else:
                break
        raise failed(said, f"`{packed.path.name}` could not be brought to the host")

    def _raise(self, said: Said, thing: Thing) -> Brought:
        raise failed(said, f"`{thing.label}` could not be brought to the host")


def failed(said: Said, what: str) -> GroundError:
    """Why a script failed, as a failure that says who can do better."""
    why = _first(said.err)
    if said.rc == scripts.FULL or any(each in said.err for each in _FULL):
        return choose.no_room(why, "quota" if "uota" in why else "capacity")
    if said.rc in (scripts.CUT, scripts.BUSY):
        hint = "run the same command again: it goes on where it was cut off"
        return GroundError("cloud", "run/cut-off", f"{what}: {why}", hint)
    return GroundError("cloud", "run/host", f"{what}: {why}", "mend the host")


def _told(said: str) -> int:
    """How much of a file a host says that it has; nothing where it says no number."""
    found = _HAVE.findall(said)
    return int(found[-1]) if found else 0


def _first(text: str) -> str:
    """What was wrong first, for the rest follows from it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:500] if lines else "nothing was said"
