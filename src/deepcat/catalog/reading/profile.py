"""What a YAML file may hold: the strict profile, its bounds, and how its values are pointed at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

MAX_DEPTH = 64
MAX_NODES = 200_000

Pointer: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of file may hold beyond the strict core.

    Attributes:
        same_twice: a key that stands twice with the same value is a hint, no error.
    """

    aliases: bool = False
    yaml11_booleans: bool = False
    same_twice: bool = False


STRICT = Profile()
TOSCA = Profile(aliases=True, yaml11_booleans=True, same_twice=True)


@dataclass(frozen=True, slots=True)
class Written:
    """What a document's text tells beyond its data.

    Attributes:
        marks: the line and column of each value; of a mapping's value, of its key.
        texts: what was written for each scalar that is not text.
    """

    marks: dict[Pointer, tuple[int, int]] = field(default_factory=dict)
    texts: dict[Pointer, str] = field(default_factory=dict)
