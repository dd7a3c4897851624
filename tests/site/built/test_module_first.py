"""A module's page leads with what it answers, and with the form to ask it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]
PAGE = "/modules/digits-classifier/"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def test_the_answer_and_the_form_stand_above_the_fold(visit: Any) -> None:
    page = visit(PAGE, viewport=WIDE)
    page.wait_for_selector("#tryit[data-ready]")
    answer, form = (page.locator(each).bounding_box() for each in ("#answer", "#try"))
    assert answer["x"] + answer["width"] <= form["x"]
    assert form["y"] == answer["y"]
    button = page.locator("#tryit button[type=submit]").bounding_box()
    assert button["y"] + button["height"] <= WIDE["height"]
    assert page.locator("#answer .drawn-label").inner_text() == "7"
    assert page.locator("#answer .drawn-picture").evaluate("image => image.naturalWidth") == 8


def test_a_phone_shows_the_form_within_one_scroll(visit: Any) -> None:
    page = visit(PAGE, viewport=PHONE)
    assert page.locator("#try").bounding_box()["y"] <= 2 * PHONE["height"]
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    inside = page.locator("#answer").bounding_box()
    for bar in page.locator("#answer .num").all():
        assert bar.bounding_box()["x"] + bar.bounding_box()["width"] <= inside["width"]


def test_the_answer_is_drawn_without_scripts(visit: Any) -> None:
    page = visit(PAGE, java_script_enabled=False)
    assert page.locator("#answer .drawn-label").inner_text() == "7"
    assert page.locator("#answer .drawn-bars li").count() == 3


def test_checksums_are_whole_wherever_they_stand(site: Path) -> None:
    page = (site / PAGE.strip("/") / "index.html").read_text("utf-8")
    known = re.search(r"sha256sum", page) and re.findall(r"[0-9a-f]{40,}", page)
    assert known
    assert {len(each) for each in known} == {64}
    assert not re.search(r"[0-9a-f]{20,}…", page)


def test_the_model_can_be_downloaded(visit: Any) -> None:
    page = visit(PAGE)
    link = page.locator("#download a.button")
    assert link.inner_text() == "model.tar.gz"
    assert link.get_attribute("href") == (
        "https://github.com/example/catalog/raw/main/modules/digits-classifier/model.tar.gz"
    )
    assert "61.2 kB" in page.locator("#download").inner_text()
