"""What trainings came to is found, sorted and held side by side, with and without scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.site.built.conftest import environment, trained

from deepcat.records.store import Store
from deepcat_site.serve import server

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


def test_they_are_sorted_by_a_metric_among_all_and_not_those_shown_alone(
    visit: Any, broken: Callable[..., list[str]]
) -> None:
    page = visit(PAGE)
    page.get_by_role("button", name="mae").click()
    expect(page.locator("tbody th").first).to_have_text(f"{60:012x}")
    page.get_by_role("button", name="mae").click()
    expect(page.locator("tbody th").first).to_have_text(f"{1:012x}")
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    expect(page.locator("tbody tr").first).to_contain_text("ended well")
    assert broken(page) == []


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
    expect(together.locator("figure").first.locator("circle")).to_have_count(3)
    expect(together.locator(".curve-keys li")).to_have_count(3)
    titles = together.locator(".curve-all polyline title")  # what the pointer over a line says
    expect(titles).to_have_text([re.compile(r"[0-9a-f]{12}, \w+ .*, loss [\d.,]+")] * 3)
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


def test_the_page_of_one_that_runs_shows_how_it_goes_until_it_ends(
    fresh: Any, visit_at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, going = fresh("half-plus-two"), {"state": "running", "steps": 2}
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    made, message, curves = trained(1)
    Store(catalog.root).put_training(replace(made, state="running", progress=0.1), message, curves)
    catalog.build()

    def told(path: str) -> bytes | None:
        steps = int(going["steps"])
        state = {"state": going["state"], "progress": steps / 20, "message": f"<i>{steps}</i>"}
        state |= {"lasted": "9 s", "failure": "", "metrics": {"loss": 1 / steps}}
        points = {"loss": [[n, 1 / n] for n in range(1, steps + 1)]}
        return next(
            (
                json.dumps(what).encode()
                for name, what in (("state", state), ("curves", points))
                if path == f"{PAGE}{made.training}/{name}.json"
            ),
            None,
        )

    with server(catalog.out, dict, told=told) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        with visit_at(f"http://127.0.0.1:{running.server_address[1]}") as visit:
            page = visit(f"{PAGE}{made.training}/")
            for steps in (2, 3):
                going["steps"] = steps
                expect(page.locator("#goes")).to_contain_text(f"<i>{steps}</i>")
                expect(page.locator("#metrics")).to_contain_text(f"loss {1 / steps:.5g}")
            going |= {"state": "ended", "steps": 4}
            expect(page.locator(".badges")).to_contain_text("ended well")
            expect(page.locator("progress")).to_have_count(0)
            points = page.locator("#curves polyline").get_attribute("points") or ""
            assert len(points.split()) == 4
        running.shutdown()
