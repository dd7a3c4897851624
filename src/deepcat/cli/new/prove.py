"""A file that is to be written is held against its schema first."""

from __future__ import annotations

from deepcat.catalog.judging.schema import violations
from deepcat.catalog.judging.schema_findings import findings
from deepcat.catalog.reading.parse import read_yaml
from deepcat.catalog.reading.units import UnitKind
from deepcat.errors import UsageError


def prove_file(kind: UnitKind, path: str, text: str) -> None:
    """Hold a file's text against the schema of its kind.

    Raises:
        UsageError: it would not pass the check.
    """
    document, found = read_yaml(text, path)
    broken = [*found, *findings(violations(kind, document) if document else ())]
    if broken:
        said = "; ".join(f"{finding.message} ({finding.hint})" for finding in broken)
        raise UsageError(f"this would not pass the check: {said}", hint="give other answers")
