"""The interface in another language, as its reader chose it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.site.built.test_pages import KINDS

from deepcat_site import text
from deepcat_site.html.assets import flat

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]

PHONE = {"width": 360, "height": 740}
# What a page shows, but for what people of the catalog wrote and what programs read.
TEXTS = """() => {
  const kept = "script, style, pre, code, textarea, select.language, .prose, .mono, [dir=auto]";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.closest(kept)) found.push(node.data.trim());
  }
  return found;
}"""


def test_the_reader_chooses_the_language_of_the_interface(visit: Any, broken: Any) -> None:
    page = visit("/modules/digits-classifier/")
    choice = page.get_by_label("Language")
    expect(choice.locator("option")).to_have_text(["English", "Deutsch"])
    title = page.locator("h1").inner_text()
    with page.expect_navigation():
        choice.select_option("de")
    html = page.locator("html")
    expect(html).to_have_attribute("lang", "de")
    expect(html).not_to_have_class(re.compile("swapping"))
    expect(page.locator("nav.menu a").first).to_have_text("Module")
    expect(page.locator("#samples h2, #versions h2").first).to_have_text(
        re.compile("Beispiele|Versionen")
    )
    page.wait_for_selector("#tryit[data-ready]")
    expect(page.locator("#tryit button[type=submit]")).to_have_text("Das Modell fragen")
    # What people of the catalog wrote stays, and says in which language it is.
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("h1")).to_have_attribute("lang", "en")
    assert "Reads a handwritten digit" in page.locator(".lead").inner_text()
    assert broken(page) == []
    page.goto("/deploy/?module=half-plus-two")
    page.wait_for_selector("#wizard[data-ready]")
    expect(page.locator("h1")).to_have_text("Ein Modul bereitstellen")
    page.locator("label.choice", has_text="Neu trainieren").click()
    expect(page.locator("h1")).to_have_text("Ein Modul neu trainieren")
    page.locator("label.choice", has_text="Betreiben").click()
    expect(page.locator("h1")).to_have_text("Ein Modul bereitstellen")
    expect(page).to_have_title(re.compile("^Ein Modul bereitstellen"))
    assert page.title().startswith("Ein Modul bereitstellen · ")
    page.fill("#w-name", "Mein Name!")
    expect(page.locator(".faults li").first).to_contain_text("ist kein Name")
    page.goto("/status/")
    expect(page.locator(".lead")).to_have_text(
        re.compile(r"^Jede Bereitstellung, .* kennen\. Nachgesehen (vor|jetzt).*\.$")
    )
    page.goto("/modules/")
    expect(page.locator("#count")).to_have_text(re.compile(r"^\d+ Module$"))
    with page.expect_navigation():
        page.get_by_label("Sprache").select_option("en")
    expect(html).to_have_attribute("lang", "en")
    expect(page.locator("h1").first).to_have_text("Modules")


def test_in_another_language_nothing_of_the_interface_stays_english(visit: Any) -> None:
    page = visit("/", viewport=PHONE)
    page.evaluate("localStorage.setItem('deepcat-language', 'de')")
    said = {w for w in flat(text.load()).values() if " " in w and "{" not in w}
    same = set(flat(text.load("de")).values())
    left, wide = {}, {}
    for path, ready in KINDS.values():
        page.goto(path)
        page.wait_for_selector(ready, state="attached")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("html")).not_to_have_class(re.compile("swapping"))
        shown = set(page.evaluate(TEXTS))
        left[path] = shown & said - same
        wide[path] = page.evaluate("document.documentElement.scrollWidth")
    assert {path: each for path, each in left.items() if each} == {}
    # Longer words fit a phone, too.
    assert {path: each for path, each in wide.items() if each > PHONE["width"]} == {}
