"""Which versions of a model should be served; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class Policy:
    """A version policy, as TensorFlow Serving's configuration has it.

    Attributes:
        latest: how many of the largest versions; 0 for all of them.
        specific: these versions and no others, when not None.
    """

    latest: int = 1
    specific: frozenset[int] | None = None

    def wanted(self, versions: Iterable[int]) -> list[int]:
        """The versions to serve out of those that are there, largest first."""
        ordered = sorted(set(versions), reverse=True)
        if self.specific is not None:
            return [version for version in ordered if version in self.specific]
        return ordered[: self.latest] if self.latest else ordered


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """One model to serve.

    Attributes:
        name: as clients call it.
        base_path: folder with one folder a version, or one SavedModel.
        policy: which versions.
        labels: label -> version.
    """

    name: str
    base_path: str
    policy: Policy = field(default_factory=Policy)
    labels: Mapping[str, int] = field(default_factory=dict)


def version_numbers(names: Iterable[str]) -> dict[int, str]:
    """Version -> folder name, for the names that are versions; leading zeros are allowed."""
    found: dict[int, str] = {}
    for name in sorted(names):
        if name.isascii() and name.isdigit() and int(name) < 2**63:
            found.setdefault(int(name), name)
    return found


def to_unload(serving: Collection[int], wanted: Collection[int]) -> list[int]:
    """The versions to end now.

    A version that is no longer wanted stays as long as no wanted one is available: requests find
    an answer at every moment, also where a folder has vanished.

    Args:
        serving: versions that are available.
        wanted: versions that the policy asks for.
    """
    ready = any(version in wanted for version in serving)
    return [version for version in serving if version not in wanted] if ready else []


class Due(Enum):
    """What is to be done with a version that is wanted."""

    NOTHING = "nothing"
    WAIT = "wait"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a version from before.

    Attributes:
        content: of its files when it was loaded, or when that was tried; None for never.
        stamp: of its files then, which moves also where the content does not.
        failed: whether it did not load.
        ended: whether it was loaded and has ended.
        retry: whether it is time to try once more what has failed.
    """

    content: bytes | None = None
    stamp: bytes = b""
    failed: bool = False
    ended: bool = False
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """What a version's folder holds now; attributes as those of a look at it.

    Attributes:
        content: of its files.
        stamp: the same, with times.
        lacking: what is lacking, in words.
        sure: whether its files say by themselves that they are whole.
        still: whether nothing has moved for long enough to believe the rest.
    """

    content: bytes
    stamp: bytes
    lacking: str = ""
    sure: bool = True
    still: bool = False


CHANGING = "its files still change"


def due(past: Past, present: Present, *, first: bool = False) -> tuple[Due, str]:
    """What is to be done with a version, and why it waits.

    Args:
        past: of it.
        present: its files now.
        first: whether the server begins; it then believes what it finds.
    """
    same = past.content == present.content and not past.ended
    if same and (not past.failed or (past.stamp == present.stamp and not past.retry)):
        return Due.NOTHING, ""
    if present.lacking:
        return Due.WAIT, present.lacking
    new = past.content is None or past.ended
    if present.still or first or (new and present.sure) or past.stamp == present.stamp:
        return Due.LOAD, ""
    return Due.WAIT, CHANGING
