"""What stage one found, as JSON that stage two reads without trusting it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.review.values import SampleResult

FORMAT = "deepcat-review/v1"
MAX_BYTES = 4_000_000
MAX_FINDINGS = 2_000
MAX_PLAN = 200_000
_LONG = 2_000


@dataclass(frozen=True, slots=True)
class Report:
    """What stage one found.

    Attributes:
        head: the commit that was reviewed.
        findings: of `deepcat check` and of the review.
        summary: the plan in one line; empty when there is none.
        plan: the plan for a terminal; empty when there is none.
        pictures: module -> its topology as a Mermaid diagram.
        shown: deployment -> {"cloud", "accelerator", "price_hour", "price_most"} in the plan; the
            last one is of its dearest fallback.
    """

    head: str
    findings: tuple[Finding, ...] = ()
    summary: str = ""
    plan: str = ""
    pictures: Mapping[str, str] | None = None
    shown: Mapping[str, Mapping[str, Any]] | None = None


def to_json(report: Report) -> str:
    """The report as a file."""
    data = {
        "format": FORMAT,
        "head": report.head,
        "findings": [_finding_data(each) for each in report.findings[:MAX_FINDINGS]],
        "summary": report.summary,
        "plan": report.plan[:MAX_PLAN],
        "pictures": dict(report.pictures or {}),
        "shown": {name: dict(offer) for name, offer in (report.shown or {}).items()},
    }
    return json.dumps(data, indent=1) + "\n"


def from_json(text: str) -> Report | None:
    """What the file says as far as it has the form; None when it has not.

    Anyone may have written it: types and sizes are checked, and what is odd is left out.
    """
    data = _read(text)
    if data.get("format") != FORMAT:
        return None
    rows = data.get("findings")
    found = [_finding(row) for row in (rows if isinstance(rows, list) else ())[:MAX_FINDINGS]]
    pictures = data.get("pictures")
    return Report(
        head=_text(data.get("head"), 64),
        findings=tuple(sorted(each for each in found if each is not None)),
        summary=_text(data.get("summary"), 400),
        plan=_text(data.get("plan"), MAX_PLAN),
        pictures={
            _text(name, 100): _text(picture, 20_000)
            for name, picture in (pictures.items() if isinstance(pictures, dict) else ())
        },
        shown=read_offers(data.get("shown")),
    )


def read_offers(data: Any) -> dict[str, dict[str, Any]]:
    """Deployment -> where the plan would have it run, as far as the data has that form."""
    found = {}
    for name, offer in data.items() if isinstance(data, dict) else ():
        if isinstance(name, str) and len(name) <= 100 and isinstance(offer, dict):
            found[name] = {
                "cloud": _text(offer.get("cloud"), 100),
                "accelerator": _text(offer.get("accelerator"), 100),
                "price_hour": _price(offer.get("price_hour")),
                "price_most": _price(offer.get("price_most")),
            }
    return found


def samples_to_json(results: Iterable[SampleResult]) -> str:
    """How the samples went, as a file."""
    rows = [
        {
            "module": each.module,
            "version": each.version,
            "passed": each.passed,
            "failed": dict(each.failed),
        }
        for each in results
    ]
    return json.dumps({"format": FORMAT, "samples": rows}, indent=1) + "\n"


def samples_from_json(text: str) -> tuple[SampleResult, ...] | None:
    """How the samples went; None when the file does not say it."""
    data = _read(text)
    rows = data.get("samples")
    if data.get("format") != FORMAT or not isinstance(rows, list):
        return None
    results = []
    for row in rows[:MAX_FINDINGS]:
        if not isinstance(row, dict):
            continue
        passed, failed = row.get("passed"), row.get("failed")
        results.append(
            SampleResult(
                module=_text(row.get("module"), 100),
                version=_text(row.get("version"), 100),
                passed=passed if isinstance(passed, int) and passed >= 0 else 0,
                failed={
                    _text(name, 200): _text(why, 500)
                    for name, why in (failed.items() if isinstance(failed, dict) else ())
                },
            )
        )
    return tuple(results)


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


def _finding(row: Any) -> Finding | None:
    if not isinstance(row, dict) or row.get("severity") not in set(Severity):
        return None
    place = Place(_text(row.get("path"), 500), _count(row.get("line")), _count(row.get("column")))
    return Finding(
        place,
        _text(row.get("code"), 100),
        _text(row.get("message"), _LONG),
        _text(row.get("hint"), _LONG),
        Severity(row["severity"]),
    )


def _read(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        return {}
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def _price(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 10**7 else 0
