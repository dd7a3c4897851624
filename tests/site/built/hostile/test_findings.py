"""More than three hundred hostile modules: each has its finding, in the check and on the page."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from html import unescape
from typing import Any

import pytest
import yaml

from deepcat.catalog.judging.codes import explained, page_of
from deepcat.catalog.reading.paths import NAME

pytestmark = pytest.mark.xdist_group("hostile")

NAMING = {"unit/name", "unit/same-name", "schema/form", "schema/length", "file/name", "file/clash"}
NAMING |= {"text/invisible", "text/bidi"}


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
        wanted = any(code.startswith(one.finds) for code in codes) if one.finds else codes & NAMING
        if not wanted:
            missed[one.folder] = (one.finds, codes)
    assert missed == {}


def test_so_has_what_stands_beside_the_modules(built: Any, attacks: Any) -> None:
    rows = json.loads((built.out / "api/v1/findings.json").read_bytes())["findings"]
    told = {(row["path"], row["code"]) for row in rows}
    assert set(attacks("others")["finds"].items()) <= told
    home = (built.out / "index.html").read_text()
    assert "<title>" in home
    assert "<script>owned" not in home
    assert yaml.safe_load(attacks("others")["settings"])["title"] in unescape(home)


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


def test_every_module_with_findings_says_so_publicly(
    built: Any, found: dict[str, set[str]]
) -> None:
    pages = [built.out / "check/index.html", *built.out.glob("check/[0-9]*/index.html")]
    texts = [page.read_text() for page in pages]
    assert len(texts) > 3, "the pages of findings are several"
    sections = [part for text in texts for part in text.split('<section class="findings')[1:]]
    told: dict[str, set[str]] = {}
    for section in sections:
        heading = section.partition("<h2>")[2].partition("</h2>")[0].partition("<span")[0]
        name = unescape(re.sub("<[^>]*>", "", heading)).strip()
        told[name] = set(re.findall(r'/check/rules/([\w/-]+)/"', section))
    pages_of = {name: {page_of(code).code for code in codes} for name, codes in found.items()}
    missing = {name for name, codes in pages_of.items() if not told.get(name, set()) & codes}
    assert {name for name in missing if name.isascii() and NAME.fullmatch(name)} == set()
    assert len(told) >= len(found)
    for codes in told.values():
        for code in codes:
            assert (built.out / "check/rules" / code / "index.html").is_file(), code
    for code in explained():
        assert (built.out / "check/rules" / code / "index.html").is_file(), code
