"""A place to develop, by the real code-server of this machine: `make code-server`."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import notebooks
import pytest
from waiting import until

pytestmark = [
    pytest.mark.starts("Ansible and code-server"),
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("code-server") is None, reason="no code-server in PATH"),
]

NAME = "desk"
PATIENCE_MS = 180_000


@pytest.fixture
def catalog(hub: Any) -> Iterator[Any]:
    hub.git("config", "deepcat.recordsRemote", "none")
    hub.wish(NAME, profile="develop", inputs={}, editor="code-server")
    try:
        yield hub
    finally:
        hub.deepcat("destroy", "--all", "--yes", "--discard", at=hub.clone, ok=None)


def asked(address: str, path: str, **headers: str) -> int:
    request = urllib.request.Request(address.partition("?")[0] + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as got:
            return int(got.status)
    except urllib.error.HTTPError as error:
        return error.code


def now(hub: Any) -> dict[str, Any]:
    place = Path(hub.clone, ".deepcat", "local", NAME, "notebooks", "notebook")
    return dict(json.loads(next(place.glob("*/now.json")).read_text()))


def test_it_opens_is_worked_in_and_stops_when_nobody_does(catalog: Any, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    assert "work in code-server" in catalog.deepcat("plan", at=catalog.clone)
    files = Path(catalog.clone, ".deepcat", "local", ".work", NAME, "notebook", "files")
    program = chromium.write(tmp_path / "chromium")
    with notebooks.opened(catalog.clone, NAME) as told, sync_playwright() as driver:
        address = told["address"]
        token = notebooks.token(address)
        shown = {"Authorization": f"token {token}"}
        assert asked(address, "healthz") == 403
        assert asked(address, "healthz", **shown) == 200
        assert asked(address, "healthz", **shown, Host="evil.example") == 403
        assert asked(address, "healthz", **shown, Origin="http://127.0.0.1:1") == 403
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address, wait_until="commit")
        page.locator(".explorer-folders-view", has_text="module.yaml").first.wait_for()
        assert "token" not in page.url
        page.keyboard.press("Control+`")
        page.locator(".terminal.xterm .xterm-rows", has_text="$").or_(
            page.locator(".terminal.xterm")
        ).first.wait_for()
        page.locator(".terminal.xterm").first.click()

        def writes() -> bool:
            page.keyboard.type("python -c 'print(6 * 7)' > made.txt; env > env.txt\n")
            page.wait_for_timeout(2000)
            return (files / "made.txt").is_file() and (files / "env.txt").stat().st_size > 0

        until(writes, PATIENCE_MS / 1000)
        if folder := os.environ.get("DEEPCAT_SCREENSHOTS"):
            page.wait_for_timeout(3000)
            page.screenshot(path=f"{folder}/code-server.png")
        assert (files / "made.txt").read_text() == "42\n"
        assert token not in (files / "env.txt").read_text()
        begun = now(catalog)["used"]
        until(lambda: now(catalog)["used"] > begun, 60)  # for a page is open
        page.keyboard.type("sleep 600\n")
        page.wait_for_timeout(1000)
        browser.close()
        left = now(catalog)["used"]
        until(lambda: now(catalog)["used"] > left + 10, 60)  # for a terminal is busy
        catalog.deepcat("develop", "stop", NAME, at=catalog.clone)
    listens = json.loads(catalog.deepcat("status", "--json", at=catalog.clone))[0]["endpoints"]
    assert asked(listens["notebook"], "") == 503
    with notebooks.opened(catalog.clone, NAME, "--idle", "5s") as told:
        assert notebooks.token(told["address"]) != token
        until(lambda: now(catalog)["why"] == "nobody used it", 120)
    catalog.deepcat("develop", "save", NAME, "-m", "By code-server", at=catalog.clone)
    branch = f"deepcat/develop/{NAME}"
    named = catalog.git("diff", "--name-only", "main", branch)
    assert "made.txt" in named
    assert ".local" not in named
