"""Which versions of a model should be served; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field


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


def to_unload(
    serving: Collection[int], wanted: Collection[int], pending: Collection[int]
) -> list[int]:
    """The versions to end now.

    A version that is no longer wanted stays as long as a wanted one may still become available
    and none is: requests find an answer at every moment.

    Args:
        serving: versions that are available.
        wanted: versions that the policy asks for.
        pending: wanted versions that are not available: loading, or failed.
    """
    leaving = [version for version in serving if version not in wanted]
    ready = any(version in wanted for version in serving)
    return leaving if ready or not pending else []
