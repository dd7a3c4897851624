"""The website in headless Chromium: found by typing, facet, address and keyboard; nothing foreign."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.system("chromium")


@pytest.fixture
def page(browser, address):
    context = browser.new_context()
    made = context.new_page()
    made.set_default_timeout(20_000)
    wrong: list[str] = []
    made.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    made.on("pageerror", lambda e: wrong.append(str(e)))
    made.on(
        "request", lambda r: None if r.url.startswith((address, "data:")) else wrong.append(r.url)
    )
    yield made
    context.close()
    assert wrong == []


def names(page) -> list[str]:
    return page.locator(".results .card").evaluate_all("all => all.map((c) => c.dataset.name)")


def test_find_by_typing_and_go_back(page, address) -> None:
    page.goto(f"{address}/modules/")
    page.keyboard.press("/")
    page.keyboard.type("wvae")
    page.wait_for_function("document.querySelectorAll('.results .card').length === 1")
    assert names(page) == ["wave-reader"]
    assert "q=wvae" in page.url
    page.go_back()
    page.wait_for_function("document.querySelectorAll('.results .card').length === 2")


def test_find_by_facet_and_by_address(page, address) -> None:
    page.goto(f"{address}/modules/?task=Classification")
    page.wait_for_selector("[data-key=task]:checked")
    assert names(page) == ["leaf-finder"]
    page.locator("[data-key=task][data-value=Regression]").check()
    page.wait_for_function("document.querySelectorAll('.results .card').length === 2")
    assert "task=Classification&task=Regression" in page.url


def test_keyboard_only(page, address) -> None:
    page.goto(f"{address}/modules/?q=leaf")
    page.wait_for_function("document.querySelectorAll('.results .card').length === 1")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/modules/leaf-finder/")


def test_every_kind_of_page_is_quiet(page, address) -> None:
    for path in (
        "",
        "modules/leaf-finder/",
        "deploy/",
        "status/",
        "clouds/",
        "check/",
        "api/",
        "guides/",
    ):
        page.goto(f"{address}/{path}")
        assert page.locator("h1").count() == 1


def test_without_javascript(browser, address) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/modules/by/task/classification/")
    page.get_by_role("link", name="Leaf finder").click()
    assert page.locator("h1").inner_text() == "Leaf finder"
    context.close()


def test_dark_and_phone(browser, address) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{address}/modules/leaf-finder/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 18, 20)"
    context.close()
