"""What is known of one unit by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.findings import Finding, has_errors


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one unit by itself; small, and plain enough to be kept as JSON.

    Attributes:
        findings: sorted by place, then code.
        facts: what rules of the catalog ask of it: plain JSON values.
        digest: of a module, over all its files; else empty.
        document: what was read of a module, where it was read just now.
    """

    findings: tuple[Finding, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    document: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def sound(self) -> bool:
        """Whether it has no errors, so that its value can be built."""
        return not has_errors(self.findings)
