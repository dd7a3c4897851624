"""The form of a deployment that asks who calls: a key is pasted, sent to it, and kept nowhere."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from deepcat.serving.server.keys import new_key

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
NAME, VARIABLE = "half-plus-two", "DEEPCAT_WORKLOAD_ADA"
SEND = "#tryit button[type=submit]"
ANSWER_MS = 60_000
KEPT = (
    "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
)


@pytest.fixture(scope="module")
def guarded(
    repository: Any, tmp_path_factory: pytest.TempPathFactory, make_catalog: Any, show: Any
) -> Iterator[tuple[str, str]]:
    """The address of a website whose module asks who calls, and the key of one who may."""
    root = tmp_path_factory.mktemp("key") / "catalog"
    catalog = make_catalog(repository, root, NAME)
    for old in (root / "deployments").iterdir():
        old.unlink()
    wish = {
        "apiVersion": "deepcat/v1", "module": NAME, "version": "*", "profile": "serve",
        "inputs": {"rest_port": 0, "grpc_port": 0}, "placement": {"clouds": ["local"]},
        "access": {"keys": {"ada": {"secret": f"env:{VARIABLE}"}}},
    }  # fmt: skip
    catalog.write(f"deployments/{NAME}.yaml", yaml.safe_dump(wish))
    catalog.commit()
    key = new_key("ada")[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, key)
        try:
            catalog.deepcat("apply", "--yes", timeout_s=600)
            catalog.build()
            with show(catalog) as address:
                yield address, key
        finally:
            catalog.deepcat("destroy", "--all", "--yes")


def test_a_key_is_asked_for_sent_and_kept_nowhere(guarded: tuple[str, str], visit_at: Any) -> None:
    address, key = guarded
    with visit_at(address) as visit:
        page = visit(f"/modules/{NAME}/#try")
        page.wait_for_selector("#tryit[data-ready]")
        expect(page.locator("main")).to_contain_text("It asks for an API key.")
        field, note = page.locator("#try-key"), page.locator("#tryit p.note")
        expect(field).to_be_visible()
        page.click(SEND)
        expect(note).to_contain_text("asks who calls", timeout=ANSWER_MS)
        field.fill("dck_of_nobody")
        page.click(SEND)
        expect(note).to_contain_text("does not know this key", timeout=ANSWER_MS)
        field.fill(key)
        page.click(SEND)
        expect(page.locator("#tryit .answer")).to_be_visible(timeout=ANSWER_MS)
        assert key not in page.evaluate(KEPT)
        page.reload()
        page.wait_for_selector("#tryit[data-ready]")
        expect(field).to_have_value("")
        # Two calls were turned away, which a browser tells as errors.
        assert ["401" in each for each in visit.watch.errors] == [True, True]
        visit.watch.errors.clear()
