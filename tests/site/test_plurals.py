"""The forms of words by number, against what a browser knows of languages."""

from __future__ import annotations

import json
import subprocess

import pytest

from deepcat_site import text
from deepcat_site.plurals import CATEGORIES, RULES, category

NUMBERS = [*range(130), 200, 1_000, 1_001, 1_000_000, 2_000_000]


@pytest.mark.starts("node")
@pytest.mark.system("node")
def test_the_table_says_what_a_browser_says() -> None:
    program = (
        f"const rules = (l) => new Intl.PluralRules(l); const n = {NUMBERS};"
        f"const all = {json.dumps(sorted(RULES))};"
        "console.log(JSON.stringify(Object.fromEntries(all.map((l) => [l, n.map((i) => rules(l)"
        ".select(i))]))))"
    )
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)
    assert {each: [category(each, n) for n in NUMBERS] for each in RULES} == theirs


def test_the_form_is_filled_in() -> None:
    words = text.Text({"of": {"one": "{n} module", "other": "{n} modules"}}, "en")
    assert [words["of"].counted(n) for n in (0, 1, 2)] == ["0 modules", "1 module", "2 modules"]
    assert words["of"].counted(1_234, n="1 234") == "1 234 modules"
    polish = text.Text({"few": "{n} moduły", "one": "{n} moduł", "other": "{n} modułów"}, "pl")
    assert [polish.counted(n) for n in (1, 3, 5)] == ["1 moduł", "3 moduły", "5 modułów"]
    assert set(words["of"]) <= CATEGORIES
