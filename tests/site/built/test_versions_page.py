"""What changed between two versions of a module is seen in two steps, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]
MODULE = "/modules/half-plus-two/"
PHONE = {"width": 390, "height": 844}


def test_what_changed_is_two_steps_away(visit: Any, broken: Callable[..., list[str]]) -> None:
    page = visit(MODULE)
    page.locator(".picker > summary").click()
    page.locator(".picker a").first.click()
    rows = page.locator(".differences tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.locator("del")).to_have_text('{"predictions": [2.5, 3.0, 5.5]}')
    expect(rows.locator("ins")).to_have_text('{"predictions": [2.5, 3.0, 4.5]}')
    text = page.locator(".step .text-changes")
    expect(text.locator("del")).to_have_text("It was <i>once</i> `wrong` of 7.")
    expect(text.locator("ins")).to_have_count(0)
    expect(text.locator(".skipped")).to_contain_text("that did not change")
    assert broken(page) == []


def test_any_two_stand_side_by_side_and_the_address_says_which(visit: Any) -> None:
    page = visit(f"{MODULE}versions/", viewport=PHONE)
    page.locator("select[name=to]").select_option("0.9.0")
    expect(page.locator("#differences")).to_contain_text("do not differ")
    page.locator("select[name=from]").select_option("1.0.0")
    table = page.locator("#differences .differences")
    expect(table.locator("ins")).to_contain_text("5.5")
    text = page.locator("#differences .text-changes")
    expect(text.locator("ins")).to_have_text("It was <i>once</i> `wrong` of 7.")
    expect(text.locator("i")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?from=1\.0\.0&to=0\.9\.0"))
    page.reload()
    expect(table.locator("ins")).to_contain_text("5.5")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_an_older_version_has_its_own_page(visit: Any, broken: Callable[..., list[str]]) -> None:
    page = visit(f"{MODULE}versions/0.9.0/", java_script_enabled=False)
    expect(page.locator("h1")).to_have_text("Half plus two")
    expect(page.locator(".note").first).to_contain_text("This is version 0.9.0")
    expect(page.locator("#deploy code")).to_contain_text('version: "0.9.0"')
    page = visit(f"{MODULE}versions/0.9.0/")
    assert broken(page) == []
