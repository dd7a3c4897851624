"""Take the pictures of the website that the README shows.

    make screenshots        (Chromium is needed; a deployment that runs is shown as running)

The site that `deepcat site build` wrote to `_site/` is served on the loopback and looked at.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "screenshots"
PAGES = {
    "home": "",
    "catalog": "modules/",
    "module": "modules/iris-classifier/",
    "try-it": "modules/iris-classifier/#try",
    "status": "status/",
}
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
    argv = [sys.executable, "-u", "-m", "deepcat", "site", "serve", "--no-build", "--port", "0"]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = next(iter(server.stdout or ())).split()[0]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=list(FLAGS)
                )
                for name, path in PAGES.items():
                    look(browser, f"{address}{path}", name)
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
        page.goto(url, wait_until="networkidle")
        if name == "try-it":
            page.get_by_role("button", name="Ask the model").click()
            page.locator("button:enabled", has_text="Ask the model").wait_for()
        page.screenshot(path=TARGET / f"{name}-{way}.png")
        page.close()
        print(TARGET.relative_to(ROOT) / f"{name}-{way}.png")


if __name__ == "__main__":
    main()
