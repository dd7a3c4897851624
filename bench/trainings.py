"""The website of a module that was trained ten thousand times: its weight, and how quick it is.

    python bench/trainings.py [N]        (Chromium and playwright are needed)

The records are made here and given to the build as it would read them; all are of one module, which
is the worst case. A reader on a phone opens the list, sorts all of them by a metric, and puts some
side by side.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import sync_playwright

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.records.trainings import Training
from deepcat_site.build import build
from deepcat_site.serve import server
from deepcat_site.values import Settings, Source

ROOT = Path(__file__).resolve().parents[1]
MODULE = "digits-classifier"
PAGE = f"/modules/{MODULE}/trainings/"
MOST_BYTES = 300_000
PHONE = {"width": 390, "height": 844}


def training(number: int) -> Training:
    """One of many, each tenth of which was begun by a sweep of ten."""
    chance = hashlib.sha256(str(number).encode()).digest()
    rate = 0.0001 * (number % 97 + 1)
    accuracy, loss, val_loss = (int.from_bytes(chance[at : at + 4]) / 2**32 for at in (6, 10, 14))
    return Training(
        chance[:6].hex(),
        "learn",
        module=MODULE,
        version="1.0.0",
        state="failed" if number % 50 == 0 else "ended",
        inputs={
            "epochs": number % 40 + 1,
            "lr": rate,
            "optimiser": "adam" if number % 3 else "sgd",
        },
        metrics={"accuracy": accuracy, "loss": loss, "val_loss": val_loss},
        metric="accuracy",
        sweep=f"{number // 100:08x}" if number % 100 < 10 else "",
        failure={"detail": "It needed more memory.", "hint": "Ask for more."}
        if number % 50 == 0
        else {},
        began=f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T10:{number % 60:02}:00+00:00",
        seconds=40.0 + number % 1000,
        output=({"path": "model.tar.gz", "bytes": 5213, "sha256": "0" * 64},),
    )


def curves(blobs: Any) -> dict[str, Any]:
    """What each told, a hundred values of two metrics."""
    steps = range(1, 101)
    return {
        blob: {
            "loss": [[n, n, 1 / n] for n in steps],
            "accuracy": [[n, n, 1 - 1 / n] for n in steps],
        }
        for blob in blobs
    }


def built(root: Path, out: Path, made: dict[str, Training]) -> float:
    """Seconds that a build took."""
    tree, begun = work_tree(root), time.perf_counter()
    settings = Settings(title="Bench", summary="A catalog.", site_url="https://example.org/")
    build(
        Source(
            tree,
            load(tree),
            settings=settings,
            trainings=made,
            curve_ids={name: name for name in made},
            curves=curves,
        ),
        root,
        out,
    )
    return time.perf_counter() - begun


def seen(address: str) -> list[str]:
    """What a reader waits for, and what came over the wire."""
    lines = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_context(base_url=address, viewport=PHONE).new_page()
        page.goto("/404.html")
        session, sizes = page.context.new_cdp_session(page), [0.0]
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on(
            "Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"])
        )

        def step(what: str, deed: Any) -> None:
            sizes.clear()
            begun = time.perf_counter()
            deed()
            page.wait_for_load_state("networkidle")
            waited = time.perf_counter() - begun - 0.5  # what counts as idle
            lines.append(f"  {what:42}{sum(sizes) / 1000:9.1f} kB {max(waited, 0):7.2f} s")

        step("the list, nothing cached", lambda: page.goto(PAGE))
        session.send("Network.setCacheDisabled", {"cacheDisabled": False})
        if sum(sizes) > MOST_BYTES:
            sys.exit(f"the list takes {sum(sizes):.0f} bytes")

        def sort() -> None:
            page.get_by_role("button", name="accuracy").click()
            page.wait_for_selector("th[aria-sort=descending]")

        def compare() -> None:
            for at in range(3):
                page.locator("input[name=compare]").nth(at).check()
            page.wait_for_selector("#together figure")

        step("all sorted by a metric", sort)
        step("three side by side", compare)
        step(
            "a sweep",
            lambda: (
                page.goto(f"{PAGE}?sweep=00000001"),
                page.wait_for_selector("#together table"),
            ),
        )
        browser.close()
    return lines


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    made = {each.training: each for each in map(training, range(1, number + 1))}
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder) / "catalog", Path(folder) / "out"
        (root / "modules").mkdir(parents=True)
        shutil.copytree(ROOT / "modules" / MODULE, root / "modules" / MODULE)
        shutil.copytree(ROOT / "datasets", root / "datasets")
        (root / "deepcat.yaml").write_text(
            "apiVersion: deepcat/v1\ntitle: Bench\nsummary: A catalog.\n"
        )
        lines = [
            f"{number:,} trainings of one module; {os.cpu_count()} cores,"
            f" load {os.getloadavg()[0]:.1f}"
        ]
        lines.append(f"  the website built from nothing {built(root, out, made):8.1f} s")
        lines.append(f"  built again after nothing changed {built(root, out, made):5.1f} s")
        more = training(number + 1)
        made |= {more.training: more}
        lines.append(f"  built again after one more {built(root, out, made):12.1f} s")
        whole = (out / PAGE[1:] / "all.json").read_bytes()
        sent = len(gzip.compress(whole))
        lines.append(f"  all.json {len(whole) / 1000:.0f} kB, {sent / 1000:.0f} kB as it is sent")
        with server(out, dict) as running:
            Thread(target=running.serve_forever, daemon=True).start()
            lines += seen(f"http://127.0.0.1:{running.server_address[1]}")
            running.shutdown()
    text = "\n".join(lines) + "\n"
    print(text)
    if number >= 10_000:
        (ROOT / "bench" / "RESULTS" / "trainings.txt").write_text(text)


if __name__ == "__main__":
    main()
