"""Findings: what is wrong, where, and how to mend it; the same words wherever they are shown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters. Only errors fail a check."""

    ERROR = "error"
    HINT = "hint"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a finding points to.

    Attributes:
        path: POSIX path relative to the catalog's root.
        line: from 1; 0 when the whole file is meant.
        column: from 1; 0 when the whole line is meant.
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong, or could be better.

    Attributes:
        place: where.
        code: stable, `room/what`, such as ``module/licence``; names the rule's page.
        message: what is wrong, one sentence.
        hint: how to mend it, one sentence.
        severity: error or hint.
    """

    place: Place
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """Whether the finding fails a check."""
        return self.severity is Severity.ERROR


def in_order(finding: Finding) -> tuple[object, ...]:
    """The key that sorts findings as they compare, and much quicker than comparing them."""
    place = finding.place
    words = (finding.code, finding.message, finding.hint, finding.severity)
    return place.path, place.line, place.column, *words


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any of the findings fails a check."""
    return any(finding.is_error for finding in findings)


NOTHING = "[]"
_json = json.JSONEncoder(separators=(",", ":")).encode


def dump(findings: Iterable[Finding]) -> str:
    """Findings as JSON, to be kept; `NOTHING` when there are none."""
    return _json(
        [
            [*astuple(finding.place), finding.code, finding.message, finding.hint, finding.severity]
            for finding in findings
        ]
    )


def undump(text: str) -> list[Finding]:
    """Findings that were kept.

    Raises:
        ValueError, TypeError, KeyError: the text is not what `dump` gave.
    """
    if text == NOTHING:
        return []
    return [
        Finding(Place(path, line, column), code, message, hint, _SEVERITIES[severity])
        for path, line, column, code, message, hint, severity in json.loads(text)
    ]


_SEVERITIES = {severity.value: severity for severity in Severity}
