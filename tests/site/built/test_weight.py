"""What a page makes a reader fetch at first: 130 kB at most, but for the modules' own pictures."""

from __future__ import annotations

from typing import Any

import pytest
from tests.site.built.test_pages import KINDS

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]

MOST_BYTES = 130_000
PHONE = {"width": 390, "height": 844}


def fetched(visit: Any, kind: str) -> dict[str, float]:
    """Bytes on the wire of each kind of thing that a page of this kind takes."""
    page = visit("/404.html", viewport=PHONE)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def begun(event: Any) -> None:
        kinds[event["requestId"]] = event["type"]

    def ended(event: Any) -> None:
        what = kinds.get(event["requestId"], "Other")
        sizes[what] = sizes.get(what, 0) + event["encodedDataLength"]

    session.on("Network.responseReceived", begun)
    session.on("Network.loadingFinished", ended)
    path, ready = KINDS[kind]
    page.goto(path, wait_until="load")
    page.wait_for_selector(ready, state="attached")
    page.wait_for_load_state("networkidle")
    return sizes


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_light(visit: Any, kind: str) -> None:
    sizes = fetched(visit, kind)
    assert sizes["Document"] > 0
    assert sizes["Script"] > 0
    assert sum(size for what, size in sizes.items() if what != "Image") <= MOST_BYTES, sizes
