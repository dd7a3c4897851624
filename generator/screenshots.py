"""Take the pictures of the website that the README and the guides show.

    make screenshots        (Chromium is needed; a deployment that runs is shown as running)
    python generator/screenshots.py guides      the guides' alone

The site that `deepcat site build` wrote to `_site/` is served on the loopback and looked at.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "screenshots"
PAGES = {
    "home": "",
    "catalog": "modules/",
    "module": "modules/digits-classifier/",
    "try-it": "modules/digits-classifier/#try",
    "compare": "compare/?m=iris-classifier,digits-classifier",
    "version": "modules/iris-classifier/versions/",
    "wizard": "deploy/?module=digits-classifier",
    "status": "status/",
}
# The guides show one part of a page each, in the light and as wide as a column of text.
GUIDES = ROOT / "site" / "pages" / "guides" / "pictures"
PARTS = {
    "home": ("", ""),
    "catalog": ("modules/", ""),
    "module": ("modules/iris-classifier/", ""),
    "try": ("modules/iris-classifier/#try", "#try"),
    "deploy": ("deploy/?module=iris-classifier", ""),
    "topology": ("modules/half-plus-two/", "#topology .drawing"),
}
COLUMN, LONG = {"width": 960, "height": 640}, {"width": 960, "height": 1200}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def main() -> None:
    """Serve the built site, look at each page in each way, and stop the server again."""
    TARGET.mkdir(parents=True, exist_ok=True)
    GUIDES.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-u", "-m", "deepcat", "site", "serve", "--no-build", "--port", "0"]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = next(iter(server.stdout or ())).split()[0]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=list(FLAGS)
                )
                if sys.argv[1:] != ["guides"]:
                    for name, path in PAGES.items():
                        look(browser, f"{address}{path}", name)
                for name, (path, part) in PARTS.items():
                    show(browser, f"{address}{path}", name, part)
                browser.close()
        finally:
            server.terminate()


def look(browser: Browser, url: str, name: str) -> None:
    """One page: light, dark, and on a phone."""
    for way, scheme, size in (
        ("light", "light", WIDE),
        ("dark", "dark", WIDE),
        ("phone", "light", PHONE),
    ):
        page = browser.new_page(viewport=size, color_scheme=scheme)
        answer = page.goto(url, wait_until="networkidle")
        if answer is None or not answer.ok:
            print(f"{name}: this catalog has no such page; its pictures stay as they are")
            page.close()
            return
        if name == "try-it":
            ask(page)
        page.screenshot(path=TARGET / f"{name}-{way}.png")
        page.close()
        print(TARGET.relative_to(ROOT) / f"{name}-{way}.png")


def show(browser: Browser, url: str, name: str, part: str) -> None:
    """One part of a page, or the top of it, for the guides."""
    size = LONG if part else COLUMN
    page = browser.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")
    page.goto(url, wait_until="networkidle")
    if name == "try":
        ask(page)
    file = GUIDES / f"{name}.png"
    if part:
        page.locator(part).screenshot(path=file)
    else:
        page.screenshot(path=file)
    page.close()
    print(file.relative_to(ROOT))


def ask(page: Page) -> None:
    """Press the button of the form, and wait for the answer."""
    page.get_by_role("button", name="Ask the model").click()
    page.locator("button:enabled", has_text="Ask the model").wait_for()


if __name__ == "__main__":
    main()
