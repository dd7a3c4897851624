"""What the search costs a reader of a large catalog: kB fetched, and ms to the first result.

    python bench/search.py [--modules N]        (Chromium is needed)

Two catalogs are built, one of few words and one of prose as varied as real READMEs (`prose.py`),
and served with compression, as a static host does. The reader opens the catalog's page with an
empty cache and asks; the browser's own clock and its own count of bytes are read. A time is from a
key until the cards, the counts and the facets are in the page and have been laid out and painted.
The first question is there at once, as one pasted; of later ones the last word is typed letter by
letter, and the words that it needs are fetched meanwhile.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))
import synthetic
from prose import Prose

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
QUERIES = (
    "whale",
    "leaf classifier",
    "detect anomalies in thermal images",
    "clasifier",
    "forecast electricity demand of a city",
    "zebra",
    "which model recognises handwritten digits",
)
BOUNDS = {"kB": 250.0, "first": 200.0, "later": 20.0, "facets": 20.0}
# Waits for the mark that the page sets once cards, counts and facets are in it, and adds what their
# layout takes.
UNTIL_SHOWN = """
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const shown = async (begin) => {
    let mark;
    while (!(mark = performance.getEntriesByName("deepcat-results")[0])) {
      await new Promise((done) => setTimeout(done));
    }
    const before = performance.now();
    document.body.getBoundingClientRect();
    return mark.startTime - begin + performance.now() - before;
  };
"""
# Sets the input as typing does.
ASK = f"""async (text) => {{ {UNTIL_SHOWN}
  const input = document.querySelector("#q");
  await painted();
  performance.clearMarks("deepcat-results");
  const begin = performance.now();
  input.value = text;
  input.dispatchEvent(new Event("input", {{ bubbles: true }}));
  const answer = await shown(begin);
  await painted();
  return [answer, performance.now() - begin];
}}"""
# Ticks one box: everything is counted anew, for every value of every facet.
TICK = f"""async () => {{ {UNTIL_SHOWN}
  const box = document.querySelector('.facets input[data-key="task"]');
  performance.clearMarks("deepcat-results");
  const begin = performance.now();
  box.click();
  return shown(begin);
}}"""


def serve(root: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-um", "deepcat", "site", "serve", "--no-build", "--port", "0"]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
    assert found
    return process, found[0]


def count_bytes(session: CDPSession) -> list[float]:
    """A list that grows by what each answer weighed on the wire."""
    sizes: list[float] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    return sizes


def fresh(browser: Any, address: str) -> tuple[Page, list[float]]:
    page = browser.new_context().new_page()
    sizes = count_bytes(page.context.new_cdp_session(page))
    page.goto(f"{address}/modules/", wait_until="networkidle")
    return page, sizes


def measure(browser: Any, address: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {
        name: [] for name in ("page", "kB", "first", "words", "later", "painted", "facets")
    }
    for query in QUERIES:
        page, sizes = fresh(browser, address)
        found["page"].append(sum(sizes) / 1000)
        first, _ = page.evaluate(ASK, query)
        page.wait_for_load_state("networkidle")
        found["kB"].append((sum(sizes) - found["page"][-1] * 1000) / 1000)
        found["first"].append(first)
        for other in QUERIES:
            if other == query:
                continue
            start = other.rpartition(" ")[0]
            found["words"].append(page.evaluate(ASK, start)[0] if start else 0)
            for end in range(len(start) + 1, len(other) + 1):
                shown, painted = page.evaluate(ASK, other[:end])
                found["later"].append(shown)
                found["painted"].append(painted)
        for _ in range(4):
            found["facets"].append(page.evaluate(TICK))
        page.context.close()
    return found


def report(count: int, found: dict[str, list[float]]) -> str:
    rows = (
        ("the catalog's page itself, kB", "page", None),
        ("fetched by the first query, kB", "kB", BOUNDS["kB"]),
        ("first result of the first query, ms", "first", BOUNDS["first"]),
        ("other words at once, all fetched, ms", "words", None),
        ("later, for each letter typed, ms", "later", BOUNDS["later"]),
        ("later, until painted, ms", "painted", None),
        ("one facet ticked, all counts anew, ms", "facets", BOUNDS["facets"]),
    )
    lines = [
        f"{count:,} modules, Chromium without a cache, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f}"
    ]
    for words, key, bound in rows:
        values = found[key]
        asked = f", at most {bound:g}" if bound else ""
        middle = statistics.median(values)
        lines.append(
            f"{words:40} {middle:8.1f}  (median of {len(values)}; worst {max(values):.1f}{asked})"
        )
    return "\n".join(lines) + "\n"


def run(place: Path, modules: int, say: synthetic.Sentence) -> dict[str, list[float]]:
    """Build a catalog whose sentences are written so, serve it, and measure."""
    synthetic.write(place, modules, say=say)
    subprocess.run([sys.executable, "-m", "deepcat", "site", "build"], cwd=place, check=True)
    process, address = serve(place)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
            found = measure(browser, address)
            browser.close()
    finally:
        process.terminate()
        process.wait()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=10_000)
    given = parser.parse_args()
    prose = Prose(random.Random(3))
    kinds = {
        "few words": synthetic.sentence,
        "prose as varied as real READMEs": lambda _, count: prose.sentence(count),
    }
    texts = []
    for words, say in kinds.items():
        with tempfile.TemporaryDirectory() as place:
            found = run(Path(place) / "catalog", given.modules, say)
        texts.append(f"{words}: {report(given.modules, found)}")
        print(texts[-1])
    (Path(__file__).parent / "RESULTS" / "search.txt").write_text("\n".join(texts))


if __name__ == "__main__":
    main()
