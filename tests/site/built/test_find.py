"""Finding a module: by typing, by facet, by address, by keyboard, and without scripts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from waiting import until

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

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


# Types, and waits for the mark that the page sets once the answer is in it.
TYPE = """async (text) => {
  const input = document.querySelector("#q");
  performance.clearMarks("deepcat-results");
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  while (!performance.getEntriesByName("deepcat-results").length) {
    await new Promise((done) => setTimeout(done));
  }
  return document.querySelector(".results .cards > li")?.dataset.name;
}"""


def test_by_sentences(visit: Any) -> None:
    page = visit("/modules/")
    lines = (Path(__file__).parent / "sentences.tsv").read_text().splitlines()
    wanted = dict(line.split("\t") for line in lines)
    assert {sentence: page.evaluate(TYPE, sentence) for sentence in wanted} == wanted


@pytest.mark.parametrize("text", ["founders", "Apache-2.0", "TensorFlow"])
def test_by_what_all_have(visit: Any, text: str) -> None:
    page = visit(f"/modules/?q={text}")
    count(page, 8)


@pytest.mark.parametrize("text", ["of the and with", "der die und das"])
def test_words_that_say_nothing_are_taken_for_nothing_else(visit: Any, text: str) -> None:
    page = visit("/modules/")
    page.fill("#q", f"{text} ")
    expect(page.locator("#count")).not_to_have_text("8 modules")
    expect(page.locator("#note")).not_to_contain_text("No module says")


@pytest.mark.parametrize("text", ["🌸", "?", "--", "C++"])
def test_signs_without_words_ask_for_nothing(visit: Any, text: str) -> None:
    page = visit("/modules/")
    page.fill("#q", "iris")
    count(page, 1)
    page.fill("#q", text)
    count(page, 8)


def test_the_reason_names_what_stands_there(visit: Any) -> None:
    """The module's own words are said, whatever the language, and of a word put together each."""
    page = visit("/modules/")
    assert page.evaluate(TYPE, "Bilder entrauschen") == "photo-denoiser"
    first = page.locator(".results .cards > li").first
    # A card is there before its words are.
    marks = until(first.locator("mark").all_inner_texts)
    assert {mark.lower() for mark in marks} <= {"photo", "denoiser", "image", "photograph"}
    assert page.evaluate(TYPE, "halfplustwo") == "half-plus-two"
    expect(first.locator("h3")).to_contain_text("Half plus two")
    expect(first.locator("h3 mark")).to_have_text(["Half", "plus", "two"])


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


SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) window.shifts += value;
}).observe({ type: "layout-shift" });
"""


@pytest.mark.parametrize("name", ["Classification", "Tabular", "Can be retrained", "Apache-2.0"])
def test_what_is_pressed_is_what_stood_there_when_the_pointer_came(visit: Any, name: str) -> None:
    page = visit("/modules/", viewport={"width": 1440, "height": 1800})
    page.wait_for_load_state("networkidle")  # cards' pictures come by themselves
    page.evaluate(SHIFTS)
    label = page.locator(".facets label", has_text=name).first
    place = label.bounding_box()
    x, y = place["x"] + 30, place["y"] + place["height"] / 2
    with page.expect_response("**/search/index.json"):
        page.mouse.move(x, y)
    page.evaluate(
        """async () => {
          while (!performance.getEntriesByName("deepcat-results").length) {
            await new Promise((done) => setTimeout(done));
          }
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        }"""
    )
    page.mouse.click(x, y)
    expect(page.locator(".facets input:checked")).to_have_count(1)
    expect(label.locator("input")).to_be_checked()
    # Input excuses nothing here: not a thing may move, when the pointer comes or when it presses.
    assert page.evaluate("window.shifts") == 0


def test_filters_are_there_before_anything_is_fetched(visit: Any) -> None:
    page = visit("/modules/")
    opened = page.locator("details.facet[open] > summary").all_inner_texts()
    assert opened == ["Task", "Data", "Licence", "Download", "GPU memory"]
    row = page.locator(".facets label", has_text="≤ 1 MB").locator(".n")
    assert row.inner_text() == "8"


def test_a_filter_that_is_unknown_is_said(visit: Any) -> None:
    page = visit("/modules/?task=Cooking&colour=red&utm_source=x")
    note = page.locator("#note")
    expect(note).to_contain_text("No module has “Cooking” under Task.")
    expect(note).to_contain_text("There is no filter “colour”.")
    expect(note).not_to_contain_text("utm_source")


def test_the_reason_is_shown_in_each_hit(visit: Any) -> None:
    page = visit("/modules/?q=sepals+of+flowers")
    card = page.locator(".results .cards > li").first
    expect(card).to_have_attribute("data-name", "iris-classifier")
    expect(card.locator(".card-why")).to_contain_text("in its description: sepals")
    page.fill("#q", "")
    count(page, 8)
    expect(page.locator(".cards mark, .card-why")).to_have_count(0)


def test_a_filtered_view_is_shared_in_one_step(visit: Any) -> None:
    page = visit("/modules/?q=flower", permissions=["clipboard-read", "clipboard-write"])
    page.check('.facets input[data-value="Classification"]')
    expect(page).to_have_url(re.compile("task=Classification"))
    page.click("#share")
    expect(page.locator("#share")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_address_back_and_forward(visit: Any) -> None:
    page = visit("/modules/")
    page.fill("#q", "classifier")
    count(page, 4)
    expect(page).to_have_url(re.compile(r"/modules/\?q=classifier$"))
    page.check('.facets input[data-key="data"][data-value="Image"]')
    count(page, 1)
    shared = page.url
    assert "data=Image" in shared
    page.go_back()
    count(page, 4)
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
    until(lambda: names(page) == sorted(m["name"] for m in modules))
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
    count(page, 4)
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
    places = {
        "/status/digits/": "Status",
        "/modules/by/": "Modules",
        "/guides/use/": "Guides",
        "/reference/types/": "Guides",
        "/": "",
    }
    for path, name in places.items():
        page = visit(path)
        page.wait_for_selector("input[role=combobox]", state="attached")
        current = page.locator(".menu a[aria-current]")
        assert current.all_inner_texts() == ([name] if name else [])


def test_home_leads_to_the_catalogue(visit: Any) -> None:
    page = visit("/")
    page.fill("#home-q", "classifier")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/modules/\?q=classifier$"))
    count(page, 4)


def test_home_asks_and_its_examples_are_answered(visit: Any) -> None:
    page = visit("/")
    expect(page.locator("h1")).to_have_text("What should the model do?")
    examples = page.locator(".hero-examples a")
    links = [examples.nth(i).get_attribute("href") for i in range(examples.count())]
    assert len(links) == 4
    found = []
    for link in links:
        page.goto(f"/{link.removeprefix('./')}")
        expect(page.locator(".results mark").first).to_be_visible()
        found.append(names(page)[0])
    assert found == ["digits-classifier", "photo-denoiser", "load-forecaster", "log-triage"]


def test_what_is_typed_before_the_script_is_there_is_asked(visit: Any) -> None:
    page = visit("/")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/catalog*.js*", hold)
    page.goto("/modules/", wait_until="commit")
    page.locator("#q").fill("setosa", force=True)
    page.wait_for_function("() => document.querySelector('#q').value === 'setosa'")
    for route in held:
        route.continue_()
    page.unroute("**/catalog*.js*")
    expect(page.locator(".results mark").first).to_be_visible()
    assert names(page)[0] == "iris-classifier"
    expect(page.locator("#q")).to_have_value("setosa")


def test_without_scripts(visit: Any, modules: list[dict[str, Any]]) -> None:
    page = visit("/", java_script_enabled=False)
    page.locator(".menu a", has_text="Modules").click()
    expect(page.locator(".results .cards > li")).to_have_count(len(modules))
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
