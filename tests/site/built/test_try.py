"""The form on a module's page calls deployments that really run, and shows their answers."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.site.built.reader import Reader
from tests.site.built.strokes import DIGITS

from deepcat.catalog.beginning.sample import NewSample, add_sample

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
TWIN = "iris-twin"  # what `iris-classifier` is, under another name
LONG = "fifteen thousand"
SEND = "#tryit button[type=submit]"
ANSWER_MS = 60_000
WIDE = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def running(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, make_catalog: Any, show: Any
) -> Iterator[str]:
    """The address of a website whose modules are deployed here; taken down at the end."""
    root = tmp_path_factory.mktemp("try") / "catalog"
    catalog = make_catalog(repository, root, *DEPLOYED, ALONE)
    for old in (root / "deployments").iterdir():
        old.unlink()
    _with_a_twin(root / "modules")
    for name in (*DEPLOYED, TWIN):
        wish = {"apiVersion": "deepcat/v1", "module": name, "version": "*", "profile": "serve"}
        wish |= {"inputs": {"rest_port": 0, "grpc_port": 0}, "placement": {"clouds": ["local"]}}
        catalog.write(f"deployments/{name}.yaml", yaml.safe_dump(wish))
    _with_a_long_sample(root / "modules" / NAME)
    catalog.commit()
    try:
        catalog.deepcat("apply", "--yes", timeout_s=600)
        catalog.build()
        with show(catalog) as address:
            yield address
    finally:
        catalog.deepcat("destroy", "--all", "--yes")


def _with_a_twin(modules: Path) -> None:
    """A module that takes the same input as another."""
    shutil.copytree(modules / "iris-classifier", modules / TWIN)
    for path in (modules / TWIN).glob("*.*"):
        if path.suffix in (".yaml", ".md"):
            path.write_text(path.read_text().replace("iris-classifier", TWIN))
    document = modules / TWIN / "module.yaml"
    document.write_text(
        re.sub(r"(?m)^title: .*$", "title: Twin of the irises", document.read_text())
    )


def _with_a_long_sample(folder: Path) -> None:
    """One whose request is so long that the website publishes it by itself."""
    numbers = [float(number) for number in range(8, 15_008)]
    answers = {"predictions": [number / 2 + 2 for number in numbers]}
    new = NewSample(LONG, "predict", {"instances": numbers}, answers, 0.0001)
    files = {"module.yaml": (folder / "module.yaml").read_bytes()}
    for path, content in add_sample(NAME, files, new).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)


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


@pytest.mark.starts("curl")
def test_a_line_of_curl_is_copied_and_run_in_two_steps(
    visit_at: Any, running: str, tmp_path: Path
) -> None:
    with visit_at(running) as visit:
        reader = Reader(visit("/modules/iris-classifier/"))
        page = reader.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        reader.press(page.locator("#call .copy").first)
        line = page.evaluate("navigator.clipboard.readText()")
        shell = ["bash", "-c", line]
        ran = reader.do(
            lambda: subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=True)
        )
        assert reader.steps <= 2
        found = [row["species"] for row in json.loads(ran.stdout)["predictions"]]
        assert found == ["setosa", "versicolor", "virginica"]


def test_how_long_it_was_up_is_said_as_far_as_it_is_known(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        page = visit("/status/")
        row = page.locator("tr", has_text=NAME)
        expect(row).to_contain_text(re.compile(r"up for (less than a minute|\d+ minutes?)"))
        assert "100 %" not in page.locator("table").inner_text()


def test_a_long_request_comes_when_its_sample_is_chosen(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        page = opened(visit, NAME)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        with page.expect_response(re.compile(r"/half-plus-two/samples/\d+\.request\.json$")):
            page.select_option("#try-sample", LONG)
        field = page.locator('#tryit input[inputmode="decimal"]')
        expect(field).to_have_value("8")
        page.click(SEND)
        expect(page.locator("#tryit .answer dd")).to_have_text(["6"], timeout=ANSWER_MS)
        page.select_option("#try-sample", "three-numbers")
        page.select_option("#try-sample", LONG)
        expect(field).to_have_value("8")
        assert len([url for url in asked if "/samples/" in url]) == 1
        page.locator("#samples summary", has_text=LONG).click()
        whole = page.locator("#samples a", has_text="The whole of it").first
        assert page.request.get(whole.evaluate("a => a.href")).json()["instances"][0] == 8


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


def drawn(page: Any, digit: int, size: float, left: float, top: float) -> None:
    """Draw a digit on the emptied pad, its box so large a share of it, and at that place."""
    page.get_by_role("button", name="Clear").click()
    pad = page.locator("#tryit .pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    for line in DIGITS[digit]:
        points = [
            (
                box["x"] + box["width"] * (left + size * x),
                box["y"] + box["height"] * (top + size * y),
            )
            for x, y in line
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def test_a_drawn_digit_is_tried_in_three_steps(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        reader = Reader(visit("/modules/digits-classifier/", viewport=WIDE))
        page = reader.page
        page.wait_for_selector("#tryit[data-ready]")
        reader.do(lambda: None)  # the pad is emptied, which `drawn` does first
        reader.do(lambda: drawn(page, 3, 0.6, 0.2, 0.2))
        reader.press(page.locator(SEND))
        best = page.locator("#tryit .answer .class-bars li").first
        expect(best).to_contain_text("3", timeout=ANSWER_MS)
        assert reader.steps <= 3


def test_two_models_answer_one_input_in_four_steps(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        reader = Reader(visit("/modules/", viewport=WIDE))
        page = reader.page
        for name in ("iris-classifier", TWIN):
            reader.press(page.locator(f'.tick:has(input[value="{name}"])'))
        reader.press(page.locator(".compare-bar").get_by_role("link", name="Compare 2"))
        reader.press(page.locator(".together").get_by_role("button", name=re.compile("^Ask ")))
        out = page.locator(".together-answers")
        for name in ("iris-classifier", TWIN):
            answer = out.locator(f'[data-name="{name}"]')
            expect(answer).to_contain_text(f"Answer of {name}, after", timeout=ANSWER_MS)
            expect(answer).to_contain_text("setosa")
        assert reader.steps <= 4


@pytest.mark.parametrize(
    ("size", "left", "top"),
    [(0.6, 0.2, 0.2), (0.35, 0.6, 0.05)],
    ids=["three fifths", "small, above on the right"],
)
def test_a_digit_is_read_wherever_and_however_large_it_is_drawn(
    visit_at: Any, running: str, size: float, left: float, top: float
) -> None:
    with visit_at(running) as visit:
        page = opened(visit, "digits-classifier")
        read = {}
        for digit in DIGITS:
            drawn(page, digit, size, left, top)
            best = answered(page).locator(".class-bars li").first
            read[digit] = int(best.locator("span").first.inner_text())
        assert read == {digit: digit for digit in DIGITS}


def test_what_was_sent_is_said_and_nothing_older_is_sent(
    visit_at: Any, running: str, broken: Any
) -> None:
    with visit_at(running) as visit:
        page = opened(visit, "digits-classifier")
        answer = answered(page)  # the sample's
        expect(answer.locator(".class-bars li").first).to_contain_text("7")
        expect(answer.locator(".answer-sent canvas")).to_have_count(1)
        body = json.loads(answer.locator("pre").first.text_content())
        assert (len(body["instances"]), len(body["instances"][0])) == (1, 8)
        assert broken(page) == []

        page.locator("#tryit input[type=url]").fill("https://elsewhere.example/seven.png")
        page.locator("#tryit input[type=url]").press("Enter")
        expect(page.locator("#tryit .tryit-picture [role=status]")).to_contain_text("cannot be")
        page.click(SEND)
        expect(page.locator("#tryit .note-warn")).to_contain_text("cannot be fetched")
        expect(page.locator("#tryit .answer")).to_have_count(0)

        page.set_input_files(
            "#tryit input[type=file]",
            {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"},
        )
        page.click(SEND)
        expect(page.locator("#tryit .note-warn")).to_contain_text("a.png")
        page.get_by_role("button", name="Clear").click()
        page.click(SEND)
        expect(page.locator("#tryit .note-warn")).to_contain_text("Draw something")
        expect(page.locator("#tryit .answer")).to_have_count(0)
        # The browser tells of what it kept from that address when it comes to it.
        assert all("https://elsewhere.example/" in each for each in visit.watch.violations)
        visit.watch.violations.clear()
        visit.watch.errors.clear()


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
        shown = answered(page).locator(".answer-part img")
        expect(shown).to_have_attribute("src", re.compile("^data:image/png;base64,"))
        shown_width = shown.evaluate("image => image.naturalWidth")
        assert shown_width > 8
        assert broken(page) == []

        address = page.locator("#tryit input[type=url]")
        mine = (
            "[...document.images].map(image => image.src).find(src => /photo-denoiser/.test(src))"
        )
        address.fill(page.evaluate(mine))
        address.press("Tab")
        seen = answered(page).locator(".answer-part img")
        assert seen.evaluate("image => image.naturalWidth") > shown_width
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
