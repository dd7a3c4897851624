"""Finding a module: by typing, by facet, by address, by keyboard, and without scripts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
expect.set_options(timeout=30_000)

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]


def names(page: Any) -> list[str]:
    """Of the cards, in their order."""
    rows = page.locator(".results .cards > li")
    return [rows.nth(i).get_attribute("data-name") for i in range(rows.count())]


def count(page: Any, number: int) -> None:
    """Wait until so many modules are found."""
    words = "1 module" if number == 1 else f"{number} modules"
    expect(page.locator("#count")).to_have_text(words)


@pytest.fixture(scope="module")
def modules(site: Path) -> list[dict[str, Any]]:
    return json.loads((site / "api/v1/index.json").read_bytes())["modules"]


def test_by_typing(visit: Any) -> None:
    page = visit("/modules/")
    page.fill("#q", "denoise")
    count(page, 1)
    assert names(page) == ["photo-denoiser"]
    page.locator(".results .cards a").click()
    expect(page).to_have_url(re.compile("/modules/photo-denoiser/$"))
    expect(page.locator("h1")).to_have_text("Photo denoiser")


@pytest.mark.parametrize(
    "typed, found",
    [
        ("denoizer", "photo-denoiser"),
        ("digts", "digits-classifier"),
        ("diabetis", "diabetes-progression"),
        ("IRIS", "iris-classifier"),
    ],
)
def test_typing_errors_are_forgiven(visit: Any, typed: str, found: str) -> None:
    page = visit("/modules/")
    page.fill("#q", typed)
    expect(page.locator(".results .cards > li").first).to_have_attribute("data-name", found)


def test_by_a_word_of_the_summary_only(visit: Any, modules: list[dict[str, Any]]) -> None:
    assert [m["name"] for m in modules if "grey" in json.dumps(m)] == ["digits-classifier"]
    page = visit("/modules/")
    page.fill("#q", "grey")
    expect(page.locator(".results .cards > li").first).to_have_attribute(
        "data-name", "digits-classifier"
    )


def test_nothing_found_is_said(visit: Any) -> None:
    page = visit("/modules/?q=qqqqzzzzxxxx")
    count(page, 0)
    expect(page.locator("#note")).not_to_be_empty()
    assert names(page) == []


def test_by_facet(visit: Any, modules: list[dict[str, Any]]) -> None:
    def wanted(*tasks: str, data: str = "") -> set[str]:
        return {
            m["name"]
            for m in modules
            if {*tasks} & {*m["tasks"]} and (not data or data in m["data_types"])
        }

    page = visit("/modules/")
    page.hover(".results")  # what a reader does wakes the boxes
    box = '.facets input[data-key="{}"][data-value="{}"]'.format
    page.check(box("task", "Classification"))
    count(page, len(wanted("Classification")))
    assert {*names(page)} == wanted("Classification")
    page.check(box("task", "Regression"))  # OR inside a facet
    both = wanted("Classification", "Regression")
    count(page, len(both))
    assert {*names(page)} == both > wanted("Classification")
    page.check(box("data", "Image"))  # AND between facets
    few = wanted("Classification", "Regression", data="Image")
    count(page, len(few))
    assert {*names(page)} == few < both
    row = page.locator(".facets li", has=page.locator('[data-value="Classification"]'))
    expect(row.locator(".n")).to_have_text(str(len(wanted("Classification", data="Image"))))


def test_address_back_and_forward(visit: Any) -> None:
    page = visit("/modules/")
    page.fill("#q", "classifier")
    count(page, 2)
    expect(page).to_have_url(re.compile(r"/modules/\?q=classifier$"))
    page.check('.facets input[data-key="data"][data-value="Image"]')
    count(page, 1)
    shared = page.url
    assert "data=Image" in shared
    page.go_back()
    count(page, 2)
    expect(page.locator('.facets input[data-value="Image"]')).not_to_be_checked()
    page.go_back()
    count(page, 8)
    expect(page.locator("#q")).to_have_value("")
    page.go_forward()
    page.go_forward()
    count(page, 1)
    other = visit(shared)
    count(other, 1)
    assert names(other) == ["digits-classifier"]
    expect(other.locator("#q")).to_have_value("classifier")
    expect(other.locator('.facets input[data-value="Image"]')).to_be_checked()


def test_sorted_as_the_address_says(visit: Any, modules: list[dict[str, Any]]) -> None:
    page = visit("/modules/?sort=name")
    page.wait_for_selector(".facets input")
    assert names(page) == sorted(m["name"] for m in modules)
    expect(page.locator("#sort")).to_have_value("name")


def test_what_is_not_known_in_an_address_does_no_harm(visit: Any) -> None:
    page = visit(
        "/modules/?sort=%3Cscript%3E&task=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E&show=x"
    )
    count(page, 0)
    assert page.locator("img[onerror]").count() == 0
    page.get_by_role("button", name="<img").click()
    count(page, 8)


def test_by_keyboard_alone(visit: Any) -> None:
    page = visit("/modules/")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("classifier")
    count(page, 2)
    page.keyboard.press("ArrowDown")
    links = page.locator(".results .cards a")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    name = names(page)[0]
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/modules/{name}/$"))


def test_quick_search_of_every_page_by_keyboard(visit: Any) -> None:
    page = visit("/status/")
    page.keyboard.press("/")
    expect(page.locator("#top-q")).to_be_focused()
    page.keyboard.type("iriss")
    rows = page.locator("#top-q-list [role=option]")
    expect(rows.first).to_have_attribute("data-name", "iris-classifier")
    page.keyboard.press("ArrowDown")
    expect(rows.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/modules/iris-classifier/$"))


def test_the_menu_says_where_the_reader_is(visit: Any) -> None:
    for path, name in (("/status/digits/", "Status"), ("/modules/by/", "Modules"), ("/", "")):
        page = visit(path)
        page.wait_for_selector("input[role=combobox]", state="attached")
        current = page.locator(".menu a[aria-current]")
        assert current.all_inner_texts() == ([name] if name else [])


def test_home_leads_to_the_catalogue(visit: Any) -> None:
    page = visit("/")
    page.fill("#home-q", "classifier")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/modules/\?q=classifier$"))
    count(page, 2)


def test_without_scripts(visit: Any, modules: list[dict[str, Any]]) -> None:
    page = visit("/", java_script_enabled=False)
    page.locator(".menu a", has_text="Modules").click()
    assert {*names(page)} == {m["name"] for m in modules}
    expect(page.locator("#q")).to_be_hidden()
    page.locator(".facet a", has_text="Classification").click()
    shown = page.locator(".plain-list a").all_inner_texts()
    wanted = {m["title"] for m in modules if "Classification" in m["tasks"]}
    assert {*shown} == wanted
    page.locator(".plain-list a", has_text="Iris").click()
    expect(page.locator("h1")).to_have_text("Iris classifier")
    expect(page.locator("#try .needs-no-js")).to_be_visible()
    expect(page.locator("#tryit")).to_be_hidden()
    expect(page.locator("#call pre").first).to_be_visible()
