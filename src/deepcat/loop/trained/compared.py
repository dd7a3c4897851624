"""A module that was trained again, held against what its catalog has. Pure but for reading."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from deepcat.loop.trained.values import Answered, Figure

# TensorFlow stamps each save with a random number.
_RANDOM = "fingerprint.pb"


class Alike(StrEnum):
    """How far the two agree, the most first."""

    IDENTICAL = "identical"
    SAMPLES = "samples"
    METRICS = "metrics"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Reproduced:
    """What came of training a version of a module again.

    Attributes:
        module: its name.
        version: that was trained again.
        verdict: how far the two agree.
        at: ISO 8601 instant, UTC.
        seconds: that the training took.
        commit: the version was taken from; empty for the files as they lie.
        training: the one that made the version, or one that stands for it.
        hardware: of this machine.
        figures: its metrics.
        samples: how many were asked.
        differing: of them, sample -> how the answer differs.
    """

    module: str
    version: str
    verdict: Alike
    at: str
    seconds: float
    commit: str
    training: str
    hardware: Mapping[str, Any]
    figures: Sequence[Figure] = ()
    samples: int = 0
    differing: Mapping[str, str] = field(default_factory=dict)


def verdict(
    old: Mapping[str, str],
    new: Mapping[str, str],
    figures: Sequence[Figure],
    answers: Sequence[Answered],
) -> Alike:
    """How far a model agrees with the one that was made before.

    Args:
        old: the files of the one, by path -> sha256.
        new: of the other.
        figures: the metrics; each that the module states has to be near, or it differs.
        answers: of the new one to the module's samples.
    """
    if old and old == new:
        return Alike.IDENTICAL
    is_near = bool(figures) and all(each.after is not None and _is_near(each) for each in figures)
    is_told = answers and not any(each.differs for each in answers)
    if figures and not is_near:
        return Alike.DIFFERS
    if is_told:
        return Alike.SAMPLES
    return Alike.METRICS if is_near else Alike.DIFFERS


def _is_near(figure: Figure) -> bool:
    # The stated value was rounded, and so was this one.
    return abs(figure.change) <= figure.tolerance * (1 + 1e-9)


def sums(folder: Path) -> dict[str, str]:
    """The files of a model's folder, by path -> sha256, without what is random."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _RANDOM
    }
