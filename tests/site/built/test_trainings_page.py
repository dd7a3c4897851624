"""What trainings came to is found, sorted and held side by side, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]
MODULE = "/modules/half-plus-two/"
PAGE = f"{MODULE}trainings/"
PHONE = {"width": 390, "height": 844}


def test_a_module_leads_to_its_trainings(visit: Any, broken: Callable[..., list[str]]) -> None:
    page = visit(MODULE, java_script_enabled=False)
    expect(page.locator("#trainings tbody tr")).to_have_count(5)
    page.locator("#trainings > p a").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    page.locator("tbody a").first.click()
    expect(page.locator("svg.curve polyline")).to_have_count(1)
    expect(page.locator("article")).to_contain_text("<b>plain</b>")
    page = visit(f"{PAGE}{7:012x}/")
    assert broken(page) == []


def test_they_are_sorted_by_a_metric_among_all_and_not_those_shown_alone(visit: Any) -> None:
    page = visit(PAGE)
    page.get_by_role("button", name="mae").click()
    expect(page.locator("tbody th").first).to_have_text(f"{60:012x}")
    page.get_by_role("button", name="mae").click()
    expect(page.locator("tbody th").first).to_have_text(f"{1:012x}")
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    expect(page.locator("tbody tr").first).to_contain_text("ended well")


def test_some_stand_side_by_side_and_the_address_says_which(
    visit: Any, broken: Callable[..., list[str]]
) -> None:
    page = visit(PAGE, viewport=PHONE)
    boxes = page.locator("input[name=compare]")
    for at in (0, 3, 7):
        boxes.nth(at).check()
    together = page.locator("#together")
    expect(together.locator("figure")).to_have_count(2)
    expect(together.locator("figure").first.locator("polyline")).to_have_count(3)
    rows = together.locator("tbody th")
    expect(rows.first).to_contain_text("lr")
    expect(together.locator("tr.differs")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"\?compare=[0-9a-f]{12},[0-9a-f]{12},[0-9a-f]{12}$"))
    page.reload()
    expect(together.locator("figure")).to_have_count(2)
    expect(page.locator("input[name=compare]:checked")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert broken(page) == []


def test_one_that_failed_says_why_and_what_to_do(visit: Any) -> None:
    page = visit(f"{PAGE}{60:012x}/")
    expect(page.locator(".note")).to_have_text("It needed more memory. Ask for more.")
    expect(page.locator("svg.curve")).to_have_attribute(
        "aria-label", re.compile("loss over 20 steps")
    )
