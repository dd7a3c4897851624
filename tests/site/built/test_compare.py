"""Choosing by evidence: what cards say, ticking some of them, and what stands side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]

DIGITS, IRIS = "digits-classifier", "iris-classifier"


def test_a_card_says_what_people_choose_by(visit: Any) -> None:
    page = visit("/modules/?q=digits")
    card = page.locator(f'.card[data-name="{DIGITS}"]')
    for kind, words in (
        ("metric", "Accuracy 98.9 %"),
        ("metric", "higher is better"),
        ("metric", "Digits, as packaged"),
        ("license", "Apache-2.0"),
        ("size", "61.2 kB"),
        ("cpu", "CPU, 512 MiB"),
        ("proved", "2026-01-02"),
        ("runs", "runs now"),
    ):
        expect(card.locator(f".fact-{kind}")).to_contain_text(words)
    assert card.locator(".look img").evaluate("async img => (await img.decode(), img.naturalWidth)")
    # What has no picture shows its first sample: a curve, a sentence, the values of a row.
    page.goto("/modules/?q=forecaster")
    expect(page.locator(".look-drawn svg.drawn-curve")).to_be_visible()


def test_a_photograph_comes_in_the_size_that_is_shown(visit: Any) -> None:
    page = visit("/modules/?q=denoiser")
    picture = page.locator(".look img[src*=photo-denoiser]")
    picture.evaluate("async img => img.decode()")
    assert picture.evaluate("img => img.currentSrc").endswith("-360.avif")


def test_ticks_lead_to_the_comparison_by_keyboard_and_stand_in_the_address(visit: Any) -> None:
    page = visit("/modules/")
    bar = page.locator(".compare-bar")
    expect(bar).to_be_hidden()
    for name in (DIGITS, IRIS):
        tick = page.locator(f'.tick input[value="{name}"]')
        tick.focus()
        page.keyboard.press("Space")
        expect(tick).to_be_checked()
    expect(bar.get_by_role("status")).to_contain_text("2 modules chosen")
    page.fill("#q", "classifier")  # what is asked besides keeps what is ticked
    expect(page).to_have_url(
        f"{page.url.split('/modules/')[0]}/modules/?q=classifier&m={DIGITS},{IRIS}"
    )
    page.reload()
    expect(page.locator(f'.tick input[value="{DIGITS}"]')).to_be_checked()
    bar.get_by_role("link", name="Compare 2").press("Enter")
    expect(page.locator("#compare")).to_have_attribute("data-ready", "2")
    assert page.url.endswith(f"/compare/?m={DIGITS},{IRIS}")


def test_what_is_compared_stands_side_by_side(visit: Any, broken: Any) -> None:
    page = visit(f"/compare/?m={DIGITS},{IRIS}")
    expect(page.locator("#compare")).to_have_attribute("data-ready", "2")

    def row(label: str) -> list[str]:
        line = page.locator(".compared tr", has=page.locator(f'th[scope="row"]:text-is("{label}")'))
        return line.locator("td").all_inner_texts()

    assert row("Licence") == ["Apache-2.0", "Apache-2.0"]
    assert row("Download") == ["61.2 kB", "6 kB"]
    assert row("Runs") == ["runs now", "–"]
    assert row("institute") == ["0.50 EUR (shelf)", "0.50 EUR (shelf)"]
    assert row("input") == ["images float32 ? × 8 × 8", "flowers float32 ? × 4"]
    # Two accuracies on two data sets are two lines, and neither is the better one.
    accuracy = page.locator(".compared tr", has_text="Accuracy")
    assert accuracy.count() == 2
    assert page.locator(".compared .best").count() == 0
    assert broken(page) == []
    page.get_by_role("button", name="Remove Iris classifier").click()
    expect(page.locator("#compare")).to_have_attribute("data-ready", "1")
    page.go_back()
    expect(page.locator("#compare")).to_have_attribute("data-ready", "2")


def test_one_input_is_sent_to_those_that_run(visit: Any, broken: Any) -> None:
    page = visit(f"/compare/?m={DIGITS},{IRIS}")
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.post_data)
        known = {"digit": 7, "probabilities": [0.0] * 7 + [1.0, 0.0, 0.0]}
        body = json.dumps({"predictions": [known]})
        headers = {"access-control-allow-origin": "*", "content-type": "application/json"}
        route.fulfill(body=body, headers=headers)

    page.route("https://digits.example.org/**", answer)
    out = page.locator(".together-answers")
    expect(out).to_have_attribute("data-able", "1")
    expect(out.locator(f'[data-name="{IRIS}"]')).to_contain_text("It takes another input")
    page.get_by_role("button", name="Ask the one that can answer").click()
    expect(out.locator(f'[data-name="{DIGITS}"]')).to_contain_text("Answer of digits, after")
    assert len(asked) == 1
    assert "instances" in json.loads(asked[0])
    assert broken(page) == []
    visit.watch.requests = [u for u in visit.watch.requests if "digits.example.org" not in u]


def test_what_the_catalog_compares_needs_no_script(visit: Any, site: Path, broken: Any) -> None:
    page = visit("/compare/", java_script_enabled=False)
    page.get_by_role("link", name="Digits classifier · Iris classifier").click()
    table = page.locator(".compared")
    expect(table.locator("thead th")).to_have_count(2)
    expect(table).to_contain_text("98.9 %")
    expect(table).to_contain_text("Stored answer")
    assert (site / f"compare/{DIGITS}_{IRIS}/index.html").is_file()
    other = visit(f"/compare/{DIGITS}_{IRIS}/")
    assert broken(other) == []
