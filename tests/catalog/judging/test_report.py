"""The same findings for people, GitHub and SARIF; hostile words stay words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from deepcat.catalog.check import examine
from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.judging.report import as_github, as_json, as_page, as_sarif, as_text, summary
from deepcat.catalog.judging.rule_registry import all_rules

ONE = Finding(Place("modules/a/module.yaml", 3, 7), "module/licence", "wrong", "mend it")
TWO = Finding(Place("modules/b"), "readme/missing", "missing", "", Severity.HINT)


def test_text_names_place_severity_code_and_mending() -> None:
    assert as_text([ONE, TWO]) == (
        "modules/a/module.yaml:3:7: error: wrong [module/licence]\n    mend: mend it\n"
        "modules/b: hint: missing [readme/missing]"
    )


def test_text_shows_the_line_that_is_meant() -> None:
    shown = as_text([ONE], lambda _: ["a", "b", "title: \x1b[31mx\u202e"])
    assert "     3 | title: \\x1b[31mx\\u202e\n" in shown
    assert "\n       |       ^\n" in shown
    assert "\x1b" not in shown


def test_a_long_line_is_cut_around_the_column() -> None:
    far = Finding(Place("a", 1, 500), "yaml/syntax", "wrong", "mend it")
    rows = as_text([far], lambda _: ["x" * 499 + "HERE" + "x" * 500]).split("\n")
    assert rows[1][rows[2].index("^") :].startswith("HERE")
    assert len(rows[1]) < 120


def test_a_place_beyond_the_file_shows_no_line() -> None:
    assert " | " not in as_text([ONE], lambda _: ["only one"])


def test_json_counts_and_lists() -> None:
    data = json.loads(as_json([ONE, TWO]))
    assert (data["format"], data["errors"], data["hints"]) == ("deepcat-check/v1", 1, 1)
    assert data["findings"][0] == {
        "code": "module/licence", "severity": "error", "path": "modules/a/module.yaml",
        "line": 3, "column": 7, "message": "wrong", "hint": "mend it",
    }  # fmt: skip


def test_github_commands_cannot_be_forged() -> None:
    forged = Finding(Place("a,b:c\n::error::x", 1, 2), "yaml/syntax", "50%\n::stop", "b\r\n")
    assert as_github([forged, TWO]) == (
        "::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax,line=1,col=2,title=yaml/syntax"
        "::50%25%0A::stop%0Ab%0D%0A\n"
        "::notice file=modules/b,title=readme/missing::missing"
    )


def test_sarif_has_rules_results_and_places() -> None:
    log = json.loads(as_sarif([ONE, TWO]))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["module/licence", "readme/missing"]
    first, second = run["results"]
    assert (first["level"], second["level"]) == ("error", "note")
    assert rules[first["ruleIndex"]] == first["ruleId"]
    region = first["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 7}
    assert "region" not in second["locations"][0]["physicalLocation"]


@pytest.mark.parametrize("write", [as_text, as_json, as_github, as_sarif])
def test_what_is_found_in_broken_names_can_be_encoded(
    write: Callable[[Any], str], memory_tree: Callable[..., Any]
) -> None:
    tree = memory_tree({"modules/plain/\udcff\u202e.md": "<script>", "modules/\udcfe/x": ""})
    findings = examine(tree).findings
    assert {"file/name", "markdown/html", "unit/name"} <= {finding.code for finding in findings}
    assert write(findings).encode()


def test_every_rule_has_a_page_to_print() -> None:
    for code, rule in all_rules().items():
        page = as_page(code)
        assert page.startswith(f"{code} ({rule.severity})\n\n{rule.title}")
        assert "\n\nHow to mend it\n    " in page


def test_summaries() -> None:
    assert summary([], "2 modules") == "Nothing to mend in 2 modules."
    assert summary([ONE, TWO], "2 modules") == "1 error and 1 hint in 2 modules."
