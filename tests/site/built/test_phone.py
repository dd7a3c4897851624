"""On a phone nothing of the frame is cut, and a page that is short needs no scrolling."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("path", ["/", "/modules/", "/deploy/", "/guides/", "/clouds/institute/"])
def test_every_entry_of_the_menu_is_whole(visit: Any, path: str) -> None:
    page = visit(path, viewport=PHONE)
    for link in page.locator(".menu a").all():
        box = link.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"], link.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("path", ["/", "/modules/", "/status/"])
def test_the_head_of_a_page_takes_few_lines(visit: Any, path: str) -> None:
    page = visit(path, viewport={"width": 360, "height": 740})

    def middle(selector: str) -> set[int]:
        boxes = [each.bounding_box() for each in page.locator(selector).all()]
        return {round(box["y"] + box["height"] / 2) for box in boxes}

    name, *others = (middle(each) for each in (".brand", ".language", ".theme"))
    assert all(abs(min(name) - min(each)) <= 2 for each in others)
    assert len(middle(".menu a")) == 1
    # It leaves the screen to the page as that is scrolled.
    page.evaluate("scrollTo(0, 300)")
    assert page.locator(".top").bounding_box()["y"] < -50


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1440, "height": 900}])
def test_a_short_page_fits_with_its_foot_at_the_bottom(visit: Any, viewport: Any) -> None:
    page = visit("/404.html", viewport=viewport)
    assert page.evaluate("document.documentElement.scrollHeight") == viewport["height"]
    foot = page.locator(".foot").bounding_box()
    assert foot["y"] + foot["height"] == viewport["height"]
