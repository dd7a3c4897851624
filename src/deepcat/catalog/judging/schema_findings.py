"""What breaks a schema, in the words of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from deepcat.catalog.findings import Finding, Severity
from deepcat.catalog.judging.keywords import rule_for
from deepcat.catalog.judging.rule_registry import all_rules
from deepcat.catalog.judging.schema import MOST, Violation


def findings(found: tuple[Violation, ...]) -> Iterator[Finding]:
    """The violations in the words of their rules."""
    rules = all_rules()
    for violation in found:
        rule = rules[rule_for(violation.keyword)]
        assert rule.find  # noqa: S101 - every schema rule words its violations
        for flaw in islice(rule.find(violation), MOST):
            yield Finding(flaw.place, rule.code, flaw.message, flaw.hint, Severity.ERROR)
