"""What a review found, as files: those for people, and the samples, which stage two reads. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.named_secrets import Named
from deepcat.foreign import read_json
from deepcat.plain import plain
from deepcat.review.shown import Shown
from deepcat.review.values import SampleResult

FORMAT = "deepcat-review/v1"
MAX_SAMPLES = 10_000
MAX_BYTES = 4_000_000
MAX_FINDINGS = 2_000
MAX_PLAN = 200_000
MAX_PLAYS = 20_000


@dataclass(frozen=True, slots=True)
class Report:
    """What a review found.

    Attributes:
        head: the commit that was reviewed.
        findings: of `deepcat check` and of the review.
        summary: the plan in one line; empty when there is none.
        plan: the plan for a terminal; empty when there is none.
        pictures: module -> its topology as a Mermaid diagram.
        shown: deployment -> where the plan would have it run.
        plays: what changes in the plays, as a unified diff; empty when nothing does.
        secrets: the references to secrets that the change adds.
    """

    head: str
    findings: tuple[Finding, ...] = ()
    summary: str = ""
    plan: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Shown] = field(default_factory=dict)
    plays: str = ""
    secrets: tuple[Named, ...] = ()


def to_json(report: Report) -> str:
    """The report as a file."""
    data = {
        "format": FORMAT,
        "head": report.head,
        "findings": [_finding_data(each) for each in report.findings[:MAX_FINDINGS]],
        "summary": report.summary,
        "plan": report.plan[:MAX_PLAN],
        "pictures": dict(report.pictures),
        "plays": report.plays[:MAX_PLAYS],
        "secrets": [
            {"path": s.place.path, "line": s.place.line, "secret": s.text, "for": s.getter}
            for s in report.secrets[:MAX_FINDINGS]
        ],
        "shown": {name: asdict(each) for name, each in report.shown.items()},
    }
    return json.dumps(data, indent=1) + "\n"


def samples_to_json(head: str, results: Iterable[SampleResult]) -> str:
    """How the samples of a commit's modules went, as a file."""
    rows = [
        {
            "module": each.module,
            "version": each.version,
            "passed": each.passed,
            "failed": dict(each.failed),
            **({"untried": each.untried} if each.untried else {}),
            **({"form": each.form} if each.form else {}),
        }
        for each in results
    ]
    return json.dumps({"format": FORMAT, "head": head, "samples": rows}, indent=1) + "\n"


def samples_from_json(text: str, head: str) -> tuple[SampleResult, ...] | None:
    """How the samples went; None when the file does not say it of this commit.

    Anyone may have written it: types and sizes are checked, and what is odd is left out.
    """
    data = _read(text)
    rows = data.get("samples")
    if data.get("format") != FORMAT or data.get("head") != head or not isinstance(rows, list):
        return None
    return tuple(_sample(row) for row in rows[:MAX_FINDINGS] if isinstance(row, dict))


def _sample(row: Mapping[str, Any]) -> SampleResult:
    passed, failed = row.get("passed"), row.get("failed")
    return SampleResult(
        module=_text(row.get("module"), 100),
        version=_text(row.get("version"), 100),
        passed=passed if type(passed) is int and 0 <= passed <= MAX_SAMPLES else 0,
        failed={
            _text(name, 200): _text(why, 500)
            for name, why in list(failed.items() if isinstance(failed, dict) else ())[:MAX_SAMPLES]
        },
        untried=_text(row.get("untried"), 500),
        form=_text(row.get("form"), 500),
    )


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "path": finding.place.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "code": finding.code,
        "message": finding.message,
        "hint": finding.hint,
        "severity": finding.severity.value,
    }


def _read(text: str) -> dict[str, Any]:
    try:
        data = read_json(text, MAX_BYTES)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _text(value: Any, most: int) -> str:
    return plain(value[:most])[:most] if isinstance(value, str) else ""
