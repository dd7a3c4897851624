"""The form on a module's page calls a deployment that really runs, and shows its answer."""

from __future__ import annotations

import importlib.util
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


@pytest.fixture(scope="module")
def running(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, make_catalog: Any, show: Any
) -> Iterator[str]:
    """The address of a website whose module is deployed on this machine; taken down at the end."""
    catalog = make_catalog(repository, tmp_path_factory.mktemp("try") / "catalog", NAME)
    path = catalog.root / "deployments" / f"{NAME}.yaml"
    for other in path.parent.iterdir():
        if other != path:
            other.unlink()
    wish = yaml.safe_load(path.read_text())
    catalog.write(
        f"deployments/{NAME}.yaml",
        yaml.safe_dump(wish | {"inputs": {"rest_port": 0, "grpc_port": 0}}),
    )
    catalog.commit()
    try:
        catalog.deepcat("apply", NAME, "--yes", timeout_s=600)
        catalog.build()
        with show(catalog) as address:
            yield address
    finally:
        catalog.deepcat("destroy", NAME, "--yes")


def test_try_it_and_see_the_real_answer(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        page = visit(f"/modules/{NAME}/#try")
        page.wait_for_selector("#tryit[data-ready]")
        expect(page.locator("#try-where")).to_contain_text(NAME)

        def send(*numbers: str) -> None:
            page.click("#tryit button[type=submit]")
            expect(page.locator("#tryit .answer dd")).to_have_text(list(numbers), timeout=60_000)

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
        page.click("#tryit button[type=submit]")
        expect(page.locator("#tryit .note-warn")).to_be_visible()
        expect(page.locator("#tryit .answer")).to_have_count(0)

        page.goto("/status/")
        expect(page.locator("main")).to_contain_text(NAME)
        page.goto("/")
        expect(page.locator("main table")).to_contain_text(NAME)


def test_what_is_not_deployed_is_not_reached(visit_at: Any, running: str) -> None:
    with visit_at(running) as visit:
        page = visit("/404.html")
        ask = page.request
        assert ask.get(f"{running}/serve/{NAME}/v1/models/{NAME}").ok
        assert ask.get(f"{running}/serve/other/v1/models/{NAME}").status == 404
        assert ask.get(f"{running}/serve/{NAME}/monitoring").status == 404
        assert ask.get(f"{running}/serve/", headers={"Host": "evil.example"}).status == 421
