"""Which findings stop a merge: the rules that only hint, as a list that a person reads."""

from __future__ import annotations

from pathlib import Path

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule_registry import all_rules


def test_the_rules_that_only_hint_are_these() -> None:
    """A rule that is not in `hints.txt` is an error, and stops a merge."""
    listed = Path(__file__).with_name("hints.txt").read_text("utf-8").split()
    found = sorted(code for code, rule in all_rules().items() if rule.severity is Severity.HINT)
    assert found == sorted(listed)
