"""Every code that the program can say has its page, and no page is of a code that it cannot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deepcat.catalog.judging.codes import explained, others, page_of
from deepcat.catalog.judging.rule_registry import all_rules

ROOMS = (
    "adopt|catalog|clouds|data|deepcat|demo|develop|disk|edit|export|extra|forge|git|import|job|logs|machine"
    "|match|metrics|notify|output|plan|policy|predict|propose|records|registry|remote|render|reproduce|review"
    "|rollback|run|runtime|serving|site|ssh|store|training|tree|tunnel|upload"
)
CODE = re.compile(rf'"((?:{ROOMS})/[a-z-]+)"')
# Put together from a kind: `plan/{kind}` of a refusal; a page that repairs share; a branch's name.
MADE = {"plan/bounds", "import/repair", "deepcat/train"}


def said(repository: Path) -> set[str]:
    """The codes that stand in the sources."""
    folders = ("src", "generator/deepcat_site", "playbooks")
    files = [file for folder in folders for file in (repository / folder).rglob("*.py")]
    return {code for file in files for code in CODE.findall(file.read_text("utf-8"))}


def test_every_code_has_its_page_and_every_page_a_code(repository: Path) -> None:
    assert said(repository) - MADE - set(all_rules()) == set(others()) - MADE
    assert not set(others()) & set(all_rules())
    assert set(explained()) == {*others(), *all_rules()}


def test_every_page_says_what_holds_and_how_to_mend_it() -> None:
    for code, rule in others().items():
        assert rule.title.endswith("."), code
        assert rule.mend, code
        assert page_of(code) is rule


def test_a_repair_has_the_page_of_repairs() -> None:
    assert page_of("import/licence").code == "import/repair"
    assert page_of("tosca/unknown-key").code == "tosca/template"
    with pytest.raises(KeyError):
        page_of("module/none")
