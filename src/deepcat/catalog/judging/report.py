"""Findings for people and programs: text, JSON, GitHub's workflow commands, SARIF. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from deepcat import __version__
from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.codes import page_of
from deepcat.catalog.wording import count, visible
from deepcat.secrets.addresses import masked
from deepcat.secrets.mask import MASK

FORMAT = "deepcat-check/v1"
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_WIDTH = 100
# What these find is hidden from where it begins.
_SECRETS = ("/secret", "/credentials")

Lines = Callable[[str], Sequence[str]]
Paint = Callable[[str, str], str]


def _plain(text: str, _role: str) -> str:
    return text


def as_text(findings: Sequence[Finding], lines: Lines | None = None, paint: Paint = _plain) -> str:
    """What a person reads.

    Args:
        findings: in the order they are shown.
        lines: gives the lines of a file, to show the one that is meant; None shows none.
        paint: colours a text by its role: ``error``, ``hint``, ``place``, ``code``, ``margin``.
    """
    blocks = []
    for finding in findings:
        role = finding.severity.value
        head = f"{paint(str(finding.place), 'place')}: {paint(role, role)}: "
        block = [f"{head}{finding.message} {paint(f'[{finding.code}]', 'code')}"]
        if lines:
            block += _excerpt(finding, lines(finding.place.path), paint)
        if finding.hint:
            block.append(f"    {paint('mend:', 'code')} {finding.hint}")
        blocks.append("\n".join(block))
    return ("\n\n" if lines else "\n").join(blocks)


def _excerpt(finding: Finding, lines: Sequence[str], paint: Paint) -> list[str]:
    """The line that is meant, without what nobody else may read of it."""
    place = finding.place
    if not 0 < place.line <= len(lines):
        return []
    line, column = lines[place.line - 1], max(place.column - 1, 0)
    head = masked(line[:column])
    line = head + MASK if finding.code.endswith(_SECRETS) else masked(line)
    column = len(head)
    start = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    before = visible(line[start:column].expandtabs(1))
    shown = visible(line[start : start + _WIDTH].expandtabs(1))
    margin = f"{place.line:>6} | "
    rows = [paint(margin, "margin") + shown]
    if place.column:
        rows.append(paint(" " * 6 + " | ", "margin") + " " * len(before) + paint("^", "mark"))
    return rows


def summary(findings: Sequence[Finding], counted: str) -> str:
    """One sentence: how many errors and hints in what."""
    errors = sum(finding.is_error for finding in findings)
    hints = len(findings) - errors
    if not findings:
        return f"Nothing to mend in {counted}."
    return f"{count(errors, 'error')} and {count(hints, 'hint')} in {counted}."


def as_json(findings: Sequence[Finding]) -> str:
    """An object with `format`, `errors`, `hints` and `findings`."""
    rows = [
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "path": finding.place.path,
            "line": finding.place.line,
            "column": finding.place.column,
            "message": finding.message,
            "hint": finding.hint,
        }
        for finding in findings
    ]
    errors = sum(finding.is_error for finding in findings)
    body = {"format": FORMAT, "errors": errors, "hints": len(rows) - errors, "findings": rows}
    return json.dumps(body, indent=2)


def as_github(findings: Sequence[Finding]) -> str:
    """GitHub's workflow commands, which put annotations on the changed lines."""
    return "\n".join(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    place = finding.place
    properties = {
        "file": place.path,
        "line": place.line,
        "col": place.column,
        "title": finding.code,
    }
    given = ",".join(
        f"{key}={_escape(str(value), ':,')}" for key, value in properties.items() if value
    )
    text = f"{finding.message}\n{finding.hint}" if finding.hint else finding.message
    return f"::{'error' if finding.is_error else 'notice'} {given}::{_escape(text)}"


def _escape(text: str, also: str = "") -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def as_sarif(findings: Sequence[Finding]) -> str:
    """A SARIF 2.1.0 log with one run."""
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "deepcat",
        "version": __version__,
        "rules": [_sarif_rule(code) for code in codes],
    }
    results = [_sarif_result(finding, codes.index(finding.code)) for finding in findings]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "The catalog's root."}}},
        "results": results,
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2)


def _sarif_rule(code: str) -> dict[str, Any]:
    rule = page_of(code)
    return {
        "id": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join(rule.why.split())},
        "help": {"text": " ".join(rule.mend.split())},
    }


def _sarif_result(finding: Finding, index: int) -> dict[str, Any]:
    place = finding.place
    where: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(place.path), "uriBaseId": "ROOT"},
    }
    if place.line:
        where["region"] = {"startLine": place.line, "startColumn": place.column or 1}
    text = f"{finding.message}. {finding.hint}" if finding.hint else finding.message
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": "error" if finding.is_error else "note",
        "message": {"text": text},
        "locations": [{"physicalLocation": where}],
    }


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path, errors="surrogatepass")


def as_page(code: str) -> str:
    """A rule's page, for the terminal."""
    rule = page_of(code)
    parts = [f"{rule.code} ({rule.severity.value})", rule.title]
    texts = {
        "Why": rule.why,
        "How to mend it": rule.mend,
        "Not so": rule.bad,
        "But so": rule.good,
    }
    for name, text in texts.items():
        if text:
            parts.append(f"{name}\n{_indented(text)}")
    return "\n\n".join(parts)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
