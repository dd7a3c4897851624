"""Errands of a reader, each in few steps; `test_try.py` has those that need a running model."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect
from tests.site.built.reader import Reader

from deepcat.catalog.check import examine
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.loop.templates import topologies

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]
PHONE = {"width": 390, "height": 844}
SIZES = [{"width": 1440, "height": 900}, PHONE]
BOX = '.facets input[data-key="{}"][data-value="{}"]'.format


def test_an_image_classifier_under_a_licence_without_gpu_is_three_steps(visit: Any) -> None:
    reader = Reader(visit("/", viewport=SIZES[0]))
    page = reader.page
    reader.type(page.locator("#home-q"), "image classifier", "Enter")
    expect(page).to_have_url(re.compile("/modules/"))
    reader.press(page.locator(BOX("license", "Apache-2.0")))
    reader.press(page.locator(BOX("gpu", "none")))
    first = page.locator(".results .cards > li").first
    expect(first).to_have_attribute("data-name", "digits-classifier")
    expect(first.locator(".fact-cpu")).to_be_visible()
    expect(first.locator(".fact-license")).to_contain_text("Apache-2.0")
    expect(page).to_have_url(
        re.compile("license=Apache-2.0.*gpu=none|gpu=none.*license=Apache-2.0")
    )
    assert reader.steps <= 3


def test_a_file_that_passes_the_check_is_five_steps(
    visit: Any, catalog: Any, tmp_path: Path
) -> None:
    reader = Reader(visit("/modules/iris-classifier/"))
    page = reader.page
    reader.press(page.get_by_role("link", name="Deploy", exact=True).last)
    page.wait_for_selector("#wizard[data-ready]")
    reader.type(page.locator("#w-owner"), "ada")
    with page.expect_download() as saved:
        reader.press(page.locator("#w-save"))
    assert reader.steps <= 5
    for part in ("modules", "clouds", "datasets", "deployments"):
        shutil.copytree(catalog.root / part, tmp_path / part)
    shutil.copy(catalog.root / "deepcat.yaml", tmp_path)
    shutil.rmtree(tmp_path / "modules" / "broken")
    path = f"deployments/{saved.value.suggested_filename}"
    assert not (tmp_path / path).exists()
    shutil.copy(saved.value.path(), tmp_path / path)
    said = examine(work_tree(tmp_path), topologies()).findings
    assert [str(each) for each in said if each.place.path == path] == []


@pytest.mark.parametrize("viewport", SIZES)
def test_citing_is_two_steps(visit: Any, viewport: Any) -> None:
    reader = Reader(visit("/modules/iris-classifier/", viewport=viewport))
    page = reader.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.press(page.locator("nav.sections a[href='#cite']"))
    reader.press(page.locator("#cite .copy").first)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@software{")
    assert "Iris classifier" in copied
    assert reader.steps <= 2


def test_what_changed_between_two_versions_is_two_steps(visit: Any) -> None:
    reader = Reader(visit("/modules/half-plus-two/"))
    page = reader.page
    reader.press(page.locator(".picker > summary"))
    reader.press(page.locator(".picker a").first)
    expect(page.locator(".differences ins")).to_have_text('{"predictions": [2.5, 3.0, 4.5]}')
    expect(page.locator(".text-changes del")).to_contain_text("It was <i>once</i> `wrong` of 7.")
    assert reader.steps <= 2


def test_why_a_module_is_not_shown_is_two_steps(visit: Any) -> None:
    reader = Reader(visit("/modules/"))
    page = reader.page
    reader.press(page.locator(".foot a", has_text="Checks"))
    group = page.locator("section.findings", has_text="broken").first
    expect(group).to_contain_text("not shown")
    reader.press(group.locator("a.mono").first)
    expect(page.locator("h1, h2").first).to_be_visible()
    assert "/check/rules/" in page.url
    assert reader.steps <= 2


def entries(visit: Any, page: Any, link: Any) -> set[str]:
    """The titles in the feed that a link leads to."""
    answer = page.request.get(link.evaluate("a => a.href"))
    assert answer.ok
    feed = ElementTree.fromstring(answer.body())
    atom = "{http://www.w3.org/2005/Atom}"
    return {str(each.findtext(f"{atom}title")) for each in feed.iter(f"{atom}entry")}


def test_a_feed_of_a_task_is_two_steps(visit: Any) -> None:
    reader = Reader(visit("/modules/", viewport=SIZES[0]))
    page = reader.page
    link = page.locator("#feed")
    assert len(entries(visit, page, link)) == 8
    reader.press(page.locator(BOX("task", "Classification")))
    expect(link).to_have_accessible_name("Feed: Classification")
    few = reader.do(lambda: entries(visit, page, link))
    assert len(few) == 3
    assert any("Iris" in each for each in few)
    assert reader.steps <= 2
    page.locator(BOX("task", "Regression")).click()  # of two tasks there is none
    expect(link).to_have_accessible_name("Feed")

    plain = Reader(visit("/modules/", java_script_enabled=False))
    plain.press(plain.page.locator(".facet a", has_text="Classification"))
    found = plain.do(
        lambda: entries(visit, plain.page, plain.page.get_by_role("link", name="Feed").first)
    )
    assert found == few
    assert plain.steps <= 2


def test_sharing_a_filtered_view_is_one_step(visit: Any) -> None:
    grant = ["clipboard-read", "clipboard-write"]
    reader = Reader(visit("/modules/?q=flower&task=Classification", permissions=grant))
    page = reader.page
    expect(page.locator(BOX("task", "Classification"))).to_be_checked()
    reader.press(page.locator("#share"))
    expect(page.locator("#share")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert reader.steps <= 1
