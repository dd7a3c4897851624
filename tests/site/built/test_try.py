"""The form on a module's page calls deployments that really run, and shows their answers."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = [
    pytest.mark.system("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.tensorflow,
    pytest.mark.skipif(
        importlib.util.find_spec("tensorflow") is None
        or importlib.util.find_spec("ansible_runner") is None,
        reason="needs the extra `local`",
    ),
]
NAME = "half-plus-two"
DEPLOYED = (NAME, "digits-classifier", "iris-classifier", "load-forecaster", "photo-denoiser")
ALONE = "log-triage"  # is in the catalog and runs nowhere
SEND = "#tryit button[type=submit]"
ANSWER_MS = 60_000


@pytest.fixture(scope="module")
def running(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, make_catalog: Any, show: Any
) -> Iterator[str]:
    """The address of a website whose modules are deployed here; taken down at the end."""
    root = tmp_path_factory.mktemp("try") / "catalog"
    catalog = make_catalog(repository, root, *DEPLOYED, ALONE)
    for old in (root / "deployments").iterdir():
        old.unlink()
    for name in DEPLOYED:
        wish = {"apiVersion": "deepcat/v1", "module": name, "version": "*", "profile": "serve"}
        wish |= {"inputs": {"rest_port": 0, "grpc_port": 0}, "placement": {"clouds": ["local"]}}
        catalog.write(f"deployments/{name}.yaml", yaml.safe_dump(wish))
    catalog.commit()
    try:
        catalog.deepcat("apply", "--yes", timeout_s=600)
        catalog.build()
        with show(catalog) as address:
            yield address
    finally:
        catalog.deepcat("destroy", "--all", "--yes")


def opened(visit: Any, name: str, **options: Any) -> Any:
    """A module's page with its form."""
    page = visit(f"/modules/{name}/#try", **options)
    page.wait_for_selector("#tryit[data-ready]")
    expect(page.locator("#try-where")).to_contain_text(name)
    return page


def answered(page: Any) -> Any:
    """Ask, and wait for the answer."""
    page.click(SEND)
    answer = page.locator("#tryit .answer")
    expect(answer).to_be_visible(timeout=ANSWER_MS)
    expect(page.locator("#tryit .note-warn")).to_have_count(0)
    return answer


def test_numbers_and_json_get_the_real_answer(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        page = opened(visit, NAME)

        def send(*numbers: str) -> None:
            page.click(SEND)
            cells = "#tryit .answer dd" if len(numbers) == 1 else "#tryit .answer td"
            expect(page.locator(cells)).to_have_text(list(numbers), timeout=ANSWER_MS)

        page.select_option("#try-sample", "by-column")
        send("0")  # the form takes one number: the sample's first, which is -4
        page.select_option("#try-sample", "three-numbers")
        send("2.5")
        page.fill('#tryit input[inputmode="decimal"]', "9")
        send("6.5")

        page.check("#tryit input[type=checkbox]")
        send("2.5", "3", "4.5")  # of 1, 2 and 5, as the sample says
        page.fill("#tryit textarea", '{"instances": [-4, 100]}')
        send("0", "52")
        page.fill("#tryit textarea", "{")
        page.click(SEND)
        expect(page.locator("#tryit .note-warn")).to_be_visible()
        expect(page.locator("#tryit .answer")).to_have_count(0)

        page.goto("/status/")
        expect(page.locator("main")).to_contain_text(NAME)
        page.goto("/")
        expect(page.locator("main table")).to_contain_text(NAME)


def test_json_goes_on_when_another_signature_is_chosen(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        page = opened(visit, NAME)
        page.check("#tryit input[type=checkbox]")
        answered(page)
        page.select_option("#try-signature", "regress_x_to_y")
        expect(page.locator("#tryit .answer")).to_have_count(0)  # it was another signature's
        answered(page)
        expect(page.locator("#tryit .answer td")).to_have_text(["2.5", "3"])
        page.select_option("#try-signature", "regress_x_to_y2")  # no sample shows how it is asked
        begin = json.loads(page.locator("#tryit textarea").input_value())
        assert begin == {"signature_name": "regress_x_to_y2", "examples": [{}]}
        begin["examples"] = [{"x": 2.0}]
        page.fill("#tryit textarea", json.dumps(begin))
        answered(page)
        expect(page.locator("#tryit .answer dd")).to_have_text(["4"])
        page.uncheck("#tryit input[type=checkbox]")
        page.select_option("#try-signature", "classify_x_to_y")
        expect(page.locator("#tryit textarea, #tryit input[inputmode]").first).to_be_visible()


def test_what_the_model_refuses_is_said(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        page = opened(visit, NAME)
        page.check("#tryit input[type=checkbox]")
        page.fill("#tryit textarea", '{"instances": ["<img src=x onerror=alert(1)>"]}')
        page.click(SEND)
        note = page.locator("#tryit .note-warn")
        expect(note).to_contain_text("400")
        assert page.locator("#tryit img").count() == 0
        page.uncheck("#tryit input[type=checkbox]")
        page.fill('#tryit input[inputmode="decimal"]', "many")
        page.click(SEND)
        expect(note).to_contain_text("needs a number")
        # The browser writes a refused request into its console itself; nothing else stands there.
        errors = visit.watch.errors
        assert all("status of 400" in error for error in errors), errors
        errors.clear()


def test_classes_are_bars_with_their_names(visit_at: Any, running: str, broken: Any) -> None:
    with visit_at(running) as visit:
        page = opened(visit, "iris-classifier", color_scheme="light")
        for box, number in zip(
            page.locator(".tryit-numbers input").all(), ("6.3", "3.3", "6.0", "2.5"), strict=True
        ):
            box.fill(number)
        answer = answered(page)
        bars = answer.locator(".class-bars li")
        expect(bars).to_have_count(3)
        expect(bars.first).to_contain_text(re.compile("virginica.*%"))
        assert float(bars.first.locator("meter").get_attribute("value")) > 0.5
        assert broken(page) == []
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert broken(page, ["color-contrast"]) == []
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_digit_is_drawn(visit_at: Any, running: str, broken: Any) -> None:
    with visit_at(running) as visit:
        page = opened(visit, "digits-classifier")
        pad = page.locator("#tryit canvas")
        before = pad.evaluate("canvas => canvas.toDataURL()")
        page.get_by_role("button", name="Clear").click()
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        x, top, bottom = (
            box["x"] + box["width"] / 2,
            box["y"] + box["height"] * 0.1,
            box["y"] + box["height"] * 0.9,
        )
        page.mouse.move(x, top)
        page.mouse.down()
        page.mouse.move(x, bottom, steps=8)
        page.mouse.up()
        assert pad.evaluate("canvas => canvas.toDataURL()") != before
        bars = answered(page).locator(".class-bars li")
        expect(bars).to_have_count(10)
        expect(bars.first.locator("span").first).to_have_text("1")
        assert broken(page) == []


def test_a_picture_is_sent_and_comes_back(
    visit_at: Any, running: str, repository: Path, broken: Any
) -> None:
    sample = json.loads(
        (repository / "modules/photo-denoiser/samples/a-png.request.json").read_bytes()
    )
    picture = base64.b64decode(sample["instances"][0]["b64"])
    with visit_at(running) as visit:
        page = opened(visit, "photo-denoiser")
        page.set_input_files(
            "#tryit input[type=file]",
            {"name": "a.png", "mimeType": "image/png", "buffer": picture},
        )
        shown = answered(page).locator("img")
        expect(shown).to_have_attribute("src", re.compile("^data:image/png;base64,"))
        assert shown.evaluate("image => image.naturalWidth") > 8
        assert broken(page) == []

        address = page.locator("#tryit input[type=url]")
        address.fill(f"{running}/modules/photo-denoiser/image.jpg")
        address.press("Tab")
        expect(page.locator("#tryit .tryit-picture img")).to_have_js_property("complete", True)
        answered(page)
        address.fill(f"{running}/404.png")
        address.press("Tab")
        expect(page.locator("#tryit .tryit-picture [role=status]")).not_to_be_empty()
        visit.watch.errors.clear()  # the browser's own line about the picture that is not there


def test_lines_are_drawn(visit_at: Any, running: str, broken: Any) -> None:
    with visit_at(running) as visit:
        page = opened(visit, "load-forecaster")
        answer = answered(page)
        expect(answer.locator("svg polyline")).to_have_count(3)
        expect(answer.locator("figcaption")).to_contain_text("forecast")
        assert broken(page) == []


def test_what_runs_nowhere_says_so(visit_at: Any, running: str, broken: Any) -> None:
    with visit_at(running) as visit:
        page = visit(f"/modules/{ALONE}/#try")
        page.wait_for_selector("#tryit[data-ready]")
        expect(page.locator("#tryit .note")).to_contain_text(f"No deployment of {ALONE} runs now")
        expect(page.locator(SEND)).to_be_disabled()
        page.check("#tryit input[type=checkbox]")
        assert broken(page) == []


def test_what_is_not_deployed_is_not_reached(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        page = visit("/404.html")
        ask = page.request
        assert ask.get(f"{running}/serve/{NAME}/v1/models/{NAME}").ok
        assert ask.get(f"{running}/serve/other/v1/models/{NAME}").status == 404
        assert ask.get(f"{running}/serve/{NAME}/monitoring").status == 404
        assert ask.get(f"{running}/serve/", headers={"Host": "evil.example"}).status == 421
