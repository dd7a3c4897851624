"""What is known of one unit by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.findings import Finding, has_errors
from deepcat.catalog.reading.history import Carried
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one unit by itself; small, and plain enough to be kept as JSON.

    Attributes:
        findings: sorted by place, then code.
        facts: what rules of the catalog ask of it: plain JSON values.
        digest: of a module, over all its files; else empty.
        document: what was read of a module, where it was read just now.
        lasting: whether it will be the same on every day, as long as no file changes.
    """

    findings: tuple[Finding, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    document: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    lasting: bool = field(default=True, compare=False)

    @property
    def sound(self) -> bool:
        """Whether it has no errors, so that its value can be built."""
        return not has_errors(self.findings)


@dataclass(frozen=True, slots=True)
class Version:
    """A module as history had it.

    Attributes:
        carried: which.
        tree: where it lies, beside what else there is today.
        unit: its folder.
        verdict: what today's rules say of it.
    """

    carried: Carried
    tree: Tree
    unit: Unit
    verdict: Verdict
