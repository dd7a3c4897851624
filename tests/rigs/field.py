"""Templates that tests read: our own, which are always there, and others' beside the project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import case_files

_TESTS = Path(__file__).resolve().parents[1]
OWN = _TESTS / "tosca" / "templates"
OTHERS = _TESTS.parents[1] / "shared" / "data" / "tosca" / "templates"


def template(case: Path) -> Path:
    """The template that a case names."""
    said = case_files.read(case)["template"]
    return OWN / said if (OWN / said).is_file() else OTHERS / said


def present(cases: Iterable[Path]) -> list[Path]:
    """The cases whose template is there: without data beside the project our own alone."""
    return sorted(case for case in cases if template(case).is_file())


def named(cases: Iterable[Path]) -> set[str]:
    """The others' templates that cases name."""
    names = {case_files.read(case)["template"] for case in cases}
    return {name for name in names if not (OWN / name).is_file()}
