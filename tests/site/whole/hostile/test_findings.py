"""More than three hundred hostile modules: each has its finding, in the check and on the page."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("hostile")

NAMES = {"unit/name", "unit/same-name", "schema/form", "schema/length", "file/name", "file/clash"}
NAMES |= {"text/invisible", "text/bidi"}


@pytest.fixture(scope="module")
def found(attacked: Any) -> dict[str, set[str]]:
    """Folder as the check spells it -> codes of its findings."""
    done = attacked.deepcat("check", "--format", "json", code=1)
    codes: dict[str, set[str]] = defaultdict(set)
    for row in json.loads(done)["findings"]:
        if row["path"].startswith("modules/"):
            codes[row["path"].split("/")[1]].add(row["code"])
    return codes


def spelt(name: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def test_there_are_more_than_three_hundred(hostile: Any) -> None:
    assert len({one.folder for one in hostile}) == len(hostile) > 300


def test_each_has_its_finding(hostile: Any, found: dict[str, set[str]]) -> None:
    missed = {}
    for one in hostile:
        codes = found.get(spelt(one.folder), set())
        wanted = any(code.startswith(one.finds) for code in codes) if one.finds else codes & NAMES
        if not wanted:
            missed[one.folder] = (one.finds, codes)
    assert missed == {}


def test_no_rule_trips_and_the_good_module_has_none(found: dict[str, set[str]]) -> None:
    assert {name for name, codes in found.items() if "check/rule-failed" in codes} == set()
    assert "iris-classifier" not in found


def test_the_website_says_the_same(built: Any, hostile: Any, found: dict[str, set[str]]) -> None:
    rows = json.loads((built.out / "api/v1/findings.json").read_bytes())["findings"]
    told: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        told[row["path"].split("/")[1] if "/" in row["path"] else ""].add(row["code"])
    assert {name: codes - told[name] for name, codes in found.items() if codes - told[name]} == {}
    shown = {path.parent.name for path in (built.out / "modules").glob("*/ro-crate-metadata.json")}
    assert shown == {one.folder for one in hostile if one.shown} | {"iris-classifier"}
