"""What is refused, by name: a value that a plan, a check and a review word alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that a topology asks for and nothing carries out.

    Attributes:
        code: stable, such as ``plan/property``.
        message: what is asked for in vain, one sentence.
        hint: how to mend it, one sentence.
        where: keys below `topology_template` that lead to it; empty for the whole.
    """

    code: str
    message: str
    hint: str
    where: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.message} ({self.hint}) [{self.code}]"


def listed(names: Iterable[str]) -> str:
    """What is taken, as the end of a hint."""
    known = ", ".join(f"`{name}`" for name in sorted(names))
    return f"what is carried out here: {known}" if known else "nothing of the kind is carried out"
