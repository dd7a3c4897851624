"""Every kind of page: what it shows, that it loads only its own, and that everyone can use it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]

# One address of each kind of page, and what is there once its scripts have run.
KINDS = {
    "home": ("/", "#home-q[role=combobox]"),
    "catalog": ("/modules/?q=classifier", ".facets input"),
    "module": ("/modules/digits-classifier/", "#tryit[data-ready]"),
    "compare": ("/compare/?m=digits-classifier,iris-classifier", ".compared"),
    "pair": ("/compare/digits-classifier_iris-classifier/", ".compared"),
    "versions": ("/modules/half-plus-two/versions/?from=0.9.0&to=1.0.0", "#differences ins"),
    "version": ("/modules/half-plus-two/versions/0.9.0/", "#top-q[role=combobox]"),
    "lists": ("/modules/by/", "#top-q[role=combobox]"),
    "list": ("/modules/by/task/classification/", "#top-q[role=combobox]"),
    "author": ("/modules/by/author/the-deepcat-founders/", "#top-q[role=combobox]"),
    "organisation": ("/modules/by/organisation/the-deepcat-founders/", "#top-q[role=combobox]"),
    "licence": ("/modules/by/license/apache-2-0/", "#top-q[role=combobox]"),
    "data set": ("/modules/by/dataset/generated-log-lines/", "#top-q[role=combobox]"),
    "trees": ("/modules/by/base/", "#top-q[role=combobox]"),
    "collections": ("/collections/", "#top-q[role=combobox]"),
    "deploy": ("/deploy/?module=half-plus-two", "#wizard[data-ready]"),
    "faults": ("/deploy/?module=half-plus-two&profile=train", ".faults li"),
    "retrain": ("/deploy/?module=digits-classifier&profile=train", "#w-data-digits"),
    "trainings": ("/modules/half-plus-two/trainings/", "#trainings button.sort"),
    "training": (f"/modules/half-plus-two/trainings/{7:012x}/", "#top-q[role=combobox]"),
    "datasets": ("/datasets/", "#top-q[role=combobox]"),
    "dataset": ("/datasets/digits/", "#top-q[role=combobox]"),
    "clouds": ("/clouds/", "#top-q[role=combobox]"),
    "cloud": ("/clouds/institute/", "#top-q[role=combobox]"),
    "status": ("/status/", "#top-q[role=combobox]"),
    "history": ("/history/", "#top-q[role=combobox]"),
    "deployment": ("/status/digits/", "#top-q[role=combobox]"),
    "failed": ("/status/forecast/", "#top-q[role=combobox]"),
    "planned": ("/status/digits-classifier/", "#top-q[role=combobox]"),
    "check": ("/check/", "#top-q[role=combobox]"),
    "rules": ("/check/rules/", "#top-q[role=combobox]"),
    "rule": ("/check/rules/yaml/alias/", "#top-q[role=combobox]"),
    "api": ("/api/", "#top-q[role=combobox]"),
    "guides": ("/guides/", "#top-q[role=combobox]"),
    "guide": ("/guides/add-a-module/", "#top-q[role=combobox]"),
    "reference": ("/guides/reference/module/", "#top-q[role=combobox]"),
    "embed": ("/embed/?module=iris-classifier", "#card li"),
    "lost": ("/404.html", "#top-q[role=combobox]"),
}


def opened(visit: Any, kind: str, **options: Any) -> Any:
    """A page of a kind, with all of it scrolled past once."""
    path, ready = KINDS[kind]
    page = visit(path, **options)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    if kind == "module":
        page.locator("#try").scroll_into_view_if_needed()
    page.wait_for_selector(ready, state="attached")
    page.evaluate("scrollTo(0, 0)")
    return page


@pytest.mark.parametrize("kind", KINDS)
def test_everyone_can_use_it_in_light_and_dark(visit: Any, broken: Any, kind: str) -> None:
    page = opened(visit, kind, color_scheme="light")
    assert broken(page) == []
    light = page.evaluate("getComputedStyle(document.body).color")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    # Nothing but colours differs in the dark.
    assert broken(page, ["color-contrast", "link-in-text-block"]) == []
    assert page.evaluate("getComputedStyle(document.body).color") != light


@pytest.mark.parametrize("kind", KINDS)
def test_a_phone_shows_it_whole(visit: Any, broken: Any, kind: str) -> None:
    page = opened(visit, kind, viewport={"width": 360, "height": 740})
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide == [360, 360]
    assert broken(page) == []


def test_phone_facets_and_cards(visit: Any, broken: Any) -> None:
    page = visit("/modules/?q=classifier", viewport={"width": 360, "height": 740}, has_touch=True)
    expect(page.locator("#count")).to_have_text("4 modules")
    button = page.locator(".facets-toggle")
    assert button.get_attribute("aria-expanded") == "false"
    box = page.locator('.facets input[data-value="Image"]')
    expect(box).to_be_hidden()
    button.tap()
    assert button.get_attribute("aria-expanded") == "true"
    page.locator(".facets summary").get_by_text("Data", exact=True).tap()
    box.check()
    expect(page.locator("#count")).to_have_text("1 module")
    assert broken(page) == []


def test_the_reader_chooses_light_or_dark(visit: Any) -> None:
    page = visit("/", color_scheme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    button = page.locator("button.theme")
    button.click()
    dark = page.evaluate(colour)
    assert dark != light
    assert button.get_attribute("aria-pressed") == "true"
    page.goto("/modules/")
    assert page.evaluate(colour) == dark  # it stays so
    page.locator("button.theme").click()
    assert page.evaluate(colour) == light


def test_module_page_has_all_its_sections(visit: Any, site: Path) -> None:
    page = opened(visit, "module")
    for name in (
        "about",
        "try",
        "call",
        "interfaces",
        "samples",
        "metrics",
        "resources",
        "topology",
        "runs",
    ):
        assert page.locator(f"section#{name} h2").count() == 1, name
    assert page.locator("section#versions li").count() >= 1
    for link in page.locator("nav.sections a").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    document = json.loads((site / "api/v1/modules/digits-classifier.json").read_bytes())
    expect(page.locator("h1")).to_have_text(document["title"])
    expect(page.locator(".lead")).to_have_text(document["summary"])
    languages = page.locator("#call details > summary").all_inner_texts()
    assert len(languages) >= 5, "curl, Python, JavaScript, gRPC and DEEPaaS"
    assert "https://digits.example.org/v1/models/digits-classifier" in page.content()
    rows = page.locator("#interfaces tbody tr").all_inner_texts()
    for path in (
        "POST /v1/models/NAME:predict",
        "POST /v2/models/NAME/predict/",
        "/v2/models/NAME/infer",
    ):
        assert sum(path.replace("NAME", document["name"]) in row for row in rows) == 1
    assert page.locator("#samples details.sample").count() == len(document["samples"])
    assert page.locator("#metrics svg").count() >= 1
    assert page.locator("#topology svg [class]").count() > 1
    assert "institute" in page.locator("#resources").inner_text()
    # The box is held by a deployment, so the shelf could take it now, and the page says why.
    taken = page.locator("#resources tbody tr", has_text="institute")
    assert {*taken.locator("td:nth-child(2)").all_inner_texts()} == {"shelf"}
    page.locator("#resources details.why summary").first.click()
    expect(page.locator("#resources .why li").first).to_contain_text(
        "0 of the 1 host needed free now"
    )
    assert "0.50" in page.locator("#resources").inner_text().replace(",", ".")
    page.get_by_text("APA", exact=True).click()
    assert document["title"] in page.locator("#cite details[open] code").inner_text()
    prefix = "https://github.com/example/catalog/"
    for words in ("Edit", "Report", "Source"):
        link = page.locator(".facts-links a", has_text=re.compile(words, re.I)).first
        assert link.get_attribute("href").startswith(prefix), words


def test_what_the_quick_search_opens_can_be_used_by_everyone(visit: Any, broken: Any) -> None:
    for typed in ("classifier", "qqqqzzzzxxxx"):
        page = visit("/status/")
        page.fill("#top-q", typed)
        expect(page.locator("#top-q-list")).to_be_visible()
        page.keyboard.press("ArrowDown")
        assert broken(page) == []


def test_a_citation_is_copied(visit: Any) -> None:
    page = visit("/modules/digits-classifier/", permissions=["clipboard-read", "clipboard-write"])
    for name, begins in (("BibTeX", "@software{"), ("APA", "The deepcat"), ("CITATION.cff", "cff")):
        if name != "BibTeX":  # which is open from the start
            page.locator("#cite summary", has_text=name).click()
        button = page.locator("#cite details[open]").get_by_role("button", name="Copy")
        button.focus()
        page.keyboard.press("Enter")
        expect(
            page.locator("#cite details[open]").get_by_role("button", name="Copied")
        ).to_have_count(1)
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(begins)
        assert copied == page.locator("#cite details[open] code").text_content()


def test_a_module_page_on_paper(visit: Any) -> None:
    page = opened(visit, "module", color_scheme="dark")
    page.emulate_media(media="print")
    for gone in (".top", ".foot", ".sections", "#try", ".buttons", ".copy", ".facts-links"):
        expect(page.locator(gone).first, gone).to_be_hidden()
    for there in ("h1", "#about", "#call pre", "#metrics svg", "#topology svg", ".facts dl"):
        expect(page.locator(there).first, there).to_be_visible()
    # What is folded on the screen is open on paper: ways to call it, samples, citations.
    for block in page.locator("#call pre, #samples pre, #cite pre").all():
        assert block.bounding_box()["height"] > 10
    dark = page.evaluate("getComputedStyle(document.body).color")
    assert dark == "rgb(0, 0, 0)"
    # A4 between its margins, at 96 pixels an inch.
    page.set_viewport_size({"width": 700, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_try_says_where_the_browser_may_not_call(visit: Any) -> None:
    page = visit("/modules/iris-classifier/#try")
    page.wait_for_selector("#tryit[data-ready]")
    expect(page.locator("#tryit .note")).to_contain_text("iris-classifier")
    expect(page.locator("#tryit button[type=submit]")).to_be_disabled()


def test_try_says_that_a_deployment_elsewhere_does_not_answer(visit: Any) -> None:
    page = opened(visit, "module")
    page.context.route("https://digits.example.org/**", lambda route: route.abort())
    page.click("#tryit button[type=submit]")
    expect(page.locator("#tryit .note-warn")).to_contain_text("https://digits.example.org")
    expect(page.locator("#tryit .note-warn")).to_contain_text("does not answer")
    # The page's own policy lets it ask this deployment, and no other address.
    assert visit.watch.violations == []
    model = "https://digits.example.org/v1/models/digits-classifier"
    assert set(visit.watch.foreign) == {f"{model}:predict", model}
    visit.watch.requests[:] = [page.url]
    visit.watch.errors.clear()


def test_the_wizard_writes_the_file_and_opens_the_forge(visit: Any) -> None:
    page = opened(visit, "deploy")
    page.fill("#w-name", "mine")
    page.fill("#w-count", "1")
    page.fill("#w-memory", "40")
    page.fill("#w-price", "2,5")
    page.fill("#w-lifetime", "12h")
    page.fill("#w-owner", "@ada")
    page.check('.wizard [name="cloud"][value="institute"]')
    expect(page.locator(".wizard-side")).to_contain_text("institute")
    address = urlsplit(page.locator("#w-open").get_attribute("href"))
    assert (address.netloc, address.path) == ("github.com", "/example/catalog/new/main")
    query = {key: values[0] for key, values in parse_qs(address.query).items()}
    assert query["filename"] == "deployments/mine.yaml"
    assert yaml.safe_load(query["value"]) == {
        "apiVersion": "deepcat/v1",
        "module": "half-plus-two",
        "version": "^1.0.0",
        "profile": "serve",
        "accelerator": {"count": 1, "memory": "40GiB"},
        "placement": {"clouds": ["institute"], "max_price": 2.5},
        "lifetime": "12h",
        "owner": "ada",
    }
    assert query["value"] == page.locator(".wizard-side pre code").inner_text() + "\n" or (
        query["value"].strip() == page.locator(".wizard-side pre code").inner_text().strip()
    )


def test_the_wizard_says_who_could_take_it_and_why_not(visit: Any, broken: Any) -> None:
    page = opened(visit, "deploy")
    page.fill("#w-count", "8")
    page.fill("#w-memory", "80")
    side = page.locator(".fits")
    expect(side.locator("details.why")).to_be_visible()
    side.locator("summary").click()
    expect(side.locator("li", has_text="box")).to_contain_text("institute")
    assert broken(page) == []
    page.fill("#w-name", "../../etc/passwd")
    expect(page.locator("#w-open")).to_be_hidden()


def test_the_wizard_keeps_what_was_typed_and_says_what_cannot_be(visit: Any, broken: Any) -> None:
    page = opened(visit, "deploy")
    faults = page.locator(".faults li")
    expect(page.locator("#w-name")).to_have_value("half-plus-two-2")  # the name itself is taken
    page.fill("#w-owner", "ada")
    expect(faults).to_have_count(0)
    page.fill("#w-count", "3")
    page.fill("#w-input-rest_port", "7")
    page.check('.wizard [name="profile"][value="train"]')
    expect(page.locator("#w-count")).to_have_value("3")
    expect(page.locator("#w-input-rest_port")).to_have_count(0)  # a training has other inputs
    expect(faults).to_have_count(0)
    page.check('.wizard [name="profile"][value="develop"]')
    expect(faults).to_have_text([re.compile("no notebook.*plan/profile")])
    page.check('.wizard [name="profile"][value="serve"]')
    expect(page.locator("#w-input-rest_port")).to_have_value("7")
    page.fill("#w-price", "abc")
    page.fill("#w-memory", "141")
    file = page.locator(".wizard-side pre code")
    expect(file).to_contain_text("max_price: abc")
    expect(file).to_contain_text("memory: 141GiB")
    expect(faults).to_have_text([re.compile("placement.max_price must be of the type number")])
    for name in ("#w-open", "#w-save", "#w-copy"):
        expect(page.locator(name)).to_be_hidden()
    assert broken(page) == []
    faults.locator("a").click()
    expect(page.locator("h1")).to_have_text(re.compile("schema/type|type"))
    page.go_back()
    page.wait_for_selector("#wizard[data-ready]")
    page.fill("#w-input-rest_port", "0")
    expect(file).to_contain_text("rest_port: 0")
    with page.expect_download() as saved:
        page.click("#w-save")
    assert saved.value.suggested_filename == "half-plus-two-2.yaml"
    assert yaml.safe_load(Path(saved.value.path()).read_text())["inputs"] == {"rest_port": 0}


def test_status_plan_and_check_pages(visit: Any) -> None:
    page = visit("/status/")
    row = page.locator("tr", has=page.locator("a", has_text=re.compile("^digits$")))
    expect(row).to_contain_text("100 % up")
    expect(row.locator("svg.days")).to_have_attribute("aria-label", "100 % up in the last 30 days")
    expect(row.locator("td.num")).to_have_text(re.compile(r"^\d+\.\d\d EUR$"))
    # What was known is known as of then.
    expect(page.locator(".lead")).to_contain_text(re.compile("Looked at .*(ago|now)"))
    page.locator("main a", has_text="forecast").first.click()
    expect(page.locator(".why-list").first).to_contain_text("<b>no</b> host is free")
    expect(page.locator(".plan")).to_contain_text("It will be taken down")  # it has no file
    expect(page.locator(".history li")).to_have_count(1)
    page.goto("/status/digits-classifier/")  # merged, and not applied yet
    expect(page.locator(".plan")).to_contain_text("It will be brought up")
    expect(page.locator(".plan")).to_contain_text("local/host")
    expect(page.locator(".plan details.why")).to_contain_text("institute")
    expect(page.locator(".facts-row a.mono")).to_have_attribute(
        "href",
        "https://github.com/example/catalog/edit/main/deployments/digits-classifier.yaml",
    )
    page.goto("/check/")
    section = page.locator("section.findings", has_text="broken").first
    section.locator("a.mono").first.click()
    expect(page).to_have_url(re.compile("/check/rules/"))
    expect(page.locator("h1")).to_be_visible()


def test_an_address_that_is_not_there(visit: Any, address: str) -> None:
    page = visit("/404.html")
    assert page.request.get(f"{address}/modules/nobody/").status == 404
    assert page.request.get(f"{address}/../../etc/passwd").status == 404
    assert page.request.get(f"{address}/%2e%2e/deepcat.yaml").status == 404
