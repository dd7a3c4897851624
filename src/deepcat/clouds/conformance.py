"""What a kind of cloud passed of the suite that all must pass, as its package carries it.

The suite itself stands in `tests/clouds/conformance/`; it writes `conformance.json` beside a kind.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.catalog import cloud_kinds

FILE = "conformance.json"


@dataclass(frozen=True, slots=True)
class Conformance:
    """How a kind fared, case by case.

    Attributes:
        date: of the run, as ISO has it; empty when there is none.
        passed: case -> its figures by name, in seconds; how long it took is called ``seconds``.
        cannot: case -> why there is no such thing on clouds of this kind.
        fails: case -> why it is not met yet.
        open: cases that it has not passed as they are now: tried in vain, or not yet.
    """

    date: str = ""
    passed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)
    fails: Mapping[str, str] = field(default_factory=dict)
    open: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How many it passed, for a person."""
        if not self.date:
            return "never tried by the suite that all kinds must pass"
        due = len(self.passed) + len(self.fails) + len(self.open)
        more = f"; {len(self.cannot)} do not apply" if self.cannot else ""
        return f"passed {len(self.passed)} of {due} cases on {self.date}{more}"


def conformance(kind: str) -> Conformance:
    """What is known of a kind, by its name; nothing where its package carries no such file."""
    found = cloud_kinds.installed(kind)
    module = sys.modules.get(type(found.kind).__module__) if found and found.kind else None
    file = getattr(module, "__file__", None)
    return read(Path(file).with_name(FILE)) if file else Conformance()


def read(path: Path) -> Conformance:
    """What a file says; nothing when it is missing or says nothing that can be read."""
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        known = data["date"], data["passed"], data["cannot"], data["fails"]
        return Conformance(*known, tuple(data.get("open", ())))
    except (OSError, ValueError, TypeError, KeyError):
        return Conformance()
