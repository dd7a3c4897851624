"""The card in another website's frame, from a host that reads `_headers` as static hosts do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from waiting import until

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = [pytest.mark.system("chromium"), pytest.mark.xdist_group("browser")]


def headers(text: str, path: str) -> list[tuple[str, str]]:
    """What a `_headers` file says of a path: each matching block adds; `! Name` takes away."""
    found: list[tuple[str, str]] = []
    matches = False
    for line in text.splitlines():
        if not line.startswith(" "):
            matches = fnmatch(path, line.strip())
        elif matches and line.strip().startswith("!"):
            name = line.strip().removeprefix("!").strip()
            found = [row for row in found if row[0] != name]
        elif matches:
            name, _, value = line.strip().partition(":")
            found.append((name, value.strip()))
    return found


class Host(SimpleHTTPRequestHandler):
    """A static host."""

    def end_headers(self) -> None:
        file = Path(self.directory) / "_headers"
        if file.is_file():
            for name, value in headers(file.read_text(), self.path.partition("?")[0]):
                self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_block_replaces_what_it_takes_away() -> None:
    text = "/*\n  A: 1\n  B: 2\n/x/*\n  ! A\n  A: 3\n"
    assert headers(text, "/y") == [("A", "1"), ("B", "2")]
    assert headers(text, "/x/y") == [("B", "2"), ("A", "3")]


def test_other_websites_may_frame_the_card_and_nothing_else(
    site: Path, browser: Any, tmp_path: Path
) -> None:
    with hosted(site) as ours, hosted(tmp_path) as theirs:
        (tmp_path / "index.html").write_text(
            f'<iframe id="card" src="{ours}/embed/?module=iris-classifier"></iframe>'
            f'<iframe id="page" src="{ours}/modules/iris-classifier/"></iframe>'
        )
        page = browser.new_page()
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text))
        page.goto(theirs)
        card = page.frame_locator("#card")
        link = card.locator("h3 a")
        # A busy browser draws a frame later than it knows what stands there.
        expect(link).to_have_text("Iris classifier", use_inner_text=True)
        assert link.get_attribute("target") == "_top"
        assert link.evaluate("link => link.href") == f"{ours}/modules/iris-classifier/"
        assert card.locator(".card").evaluate("() => top !== self")
        assert page.frame_locator("#page").locator("article.module").count() == 0

        def is_refused() -> bool:
            page.wait_for_timeout(20)  # while it waits, it hears what the console says
            return any("frame-ancestors 'none'" in each for each in refused)

        until(is_refused)
        link.click()
        page.wait_for_url(f"{ours}/modules/iris-classifier/")
        page.close()


def test_every_page_works_under_the_headers_of_a_static_host(site: Path, visit_at: Any) -> None:
    with hosted(site) as address, visit_at(address) as visit:
        page = visit("/")
        for path in ("modules/?q=iris", "modules/iris-classifier/", "deploy/", "check/", "api/"):
            page.goto(f"{address}/{path}")
            page.wait_for_selector("#top-q[role=combobox]", state="attached")
