"""What the search costs a reader of a large catalog: kB fetched, and ms to the first result.

    python bench/search.py [--modules N] [--repeat N] [--only few|found] [--catalog FOLDER]

Chromium is needed. Two catalogs are built, one of few words and one of real prose (`found.py`), and
served with compression, as a static host does. The reader opens the catalog's page with an empty
cache and asks; the browser's own clock and its own count of bytes are read. A time is from a key
until the cards, the counts and the facets are in the page and have been laid out. The first
question is there at once, as one pasted; of later ones the last word is typed letter by letter, and
the words that it needs are fetched meanwhile.

Whatever else runs on the machine delays the reader, so that each reading is repeated with an empty
cache and the least is taken. Beside it stands the CPU time of the page's thread, from the key until
all is painted and the cards are in place, as the browser's profiler counts it.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))
import found
import synthetic

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
QUERIES = {
    "few": (
        "whale",
        "leaf classifier",
        "detect anomalies in thermal images",
        "clasifier",
        "forecast electricity demand of a city",
        "zebra",
        "which model recognises handwritten digits",
    ),
    "found": (
        "encryption",
        "convert a picture to another format",
        "how do I list the users of a database",
        "retreive metrics",
        "which layer normalises the activations of a neural network",
        "zebra",
        "parse the options of the command line",
    ),
}
NAMES = {"few": "few words", "found": "real prose, found on this machine"}
# So many other questions are typed after the first.
OTHERS = 2
# Waits for the mark that the page sets once cards, counts and facets are in it, and adds what their
# layout takes.
UNTIL_SHOWN = """
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const marked = () => new Promise((done, fail) => {
    setTimeout(() => fail(new Error("no answer within a minute")), 60_000);
    const observer = new PerformanceObserver((list) => {
      const [mark] = list.getEntriesByName("deepcat-results");
      if (mark) { observer.disconnect(); done(mark); }
    });
    observer.observe({ type: "mark" });
  });
  const shown = async (begin, mark) => {
    const { startTime } = await mark;
    const before = performance.now();
    document.body.getBoundingClientRect();
    return startTime - begin + performance.now() - before;
  };
"""
# Sets the input as typing does.
ASK = f"""async (text) => {{ {UNTIL_SHOWN}
  const input = document.querySelector("#q");
  await painted();
  const mark = marked();
  const begin = performance.now();
  input.value = text;
  input.dispatchEvent(new Event("input", {{ bubbles: true }}));
  const answer = await shown(begin, mark);
  await painted();
  return [answer, performance.now() - begin];
}}"""
# Ticks one box: everything is counted anew, for every value of every facet.
TICK = f"""async () => {{ {UNTIL_SHOWN}
  const box = document.querySelector('.facets input[data-key="task"]');
  const mark = marked();
  const begin = performance.now();
  box.click();
  return shown(begin, mark);
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


class Reader:
    """A page with an empty cache, and what it costs."""

    def __init__(self, browser: Any, address: str) -> None:
        self.page: Page = browser.new_context().new_page()
        self._session = self.page.context.new_cdp_session(self.page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.sizes = count_bytes(self._session)
        self.page.goto(f"{address}/modules/", wait_until="networkidle")

    def cpu(self) -> tuple[float, float]:
        """What the page's thread has worked so far, ms: all of it, and what layout took."""
        rows = self._session.send("Performance.getMetrics")["metrics"]
        facts = {row["name"]: 1000 * row["value"] for row in rows}
        return facts["TaskDuration"], facts["LayoutDuration"] + facts["RecalcStyleDuration"]

    def do(self, script: str, text: str = "") -> tuple[Any, tuple[float, float]]:
        """Run a script; its answer and what it cost."""
        before = self.cpu()
        answer = self.page.evaluate(script, text)
        after = self.cpu()
        return answer, (after[0] - before[0], after[1] - before[1])


Readings = dict[str, list[float]]


def measure(browser: Any, address: str, queries: tuple[str, ...], at: int) -> Readings:
    """All readings of one reader, who asks one question first and then types some others."""
    read: Readings = {name: [] for name, _, _ in ROWS}
    reader = Reader(browser, address)
    read["page"].append(sum(reader.sizes) / 1000)
    (first, _), (all_of_it, layout) = reader.do(ASK, queries[at])
    reader.page.wait_for_load_state("networkidle")
    read["kB"].append(sum(reader.sizes) / 1000 - read["page"][0])
    read["first"].append(first)
    read["first CPU"].append(all_of_it)
    read["first layout"].append(layout)
    for step in range(1, OTHERS + 1):
        other = queries[(at + step) % len(queries)]
        start = other.rpartition(" ")[0]
        read["words"].append(reader.do(ASK, start)[0][0] if start else 0)
        for end in range(len(start) + 1, len(other) + 1):
            (shown, painted), (all_of_it, layout) = reader.do(ASK, other[:end])
            read["later"].append(shown)
            read["painted"].append(painted)
            read["later CPU"].append(all_of_it)
            read["later layout"].append(layout)
    for _ in range(4):
        read["facets"].append(reader.do(TICK)[0])
    reader.page.context.close()
    return read


ROWS: tuple[tuple[str, str, float | None], ...] = (
    ("page", "the catalog's page itself, kB", None),
    ("kB", "fetched by the first query, kB", 250),
    ("first", "first result of the first query, ms", 200),
    ("first CPU", "the page's CPU for it, all painted, ms", None),
    ("first layout", "of that, styles and layout, ms", None),
    ("words", "other words at once, all fetched, ms", None),
    ("later", "later, for each letter typed, ms", 20),
    ("later CPU", "the page's CPU for it, all painted, ms", None),
    ("later layout", "of that, styles and layout, ms", None),
    ("painted", "later, until painted, ms", None),
    ("facets", "one facet ticked, all counts anew, ms", 20),
)


def report(heading: str, read: Readings) -> str:
    lines = [heading]
    for key, words, bound in ROWS:
        values = read[key]
        asked = f", at most {bound:g}" if bound else ""
        middle = statistics.median(values)
        lines.append(
            f"{words:40} {middle:8.1f}  (median of {len(values)}; worst {max(values):.1f}{asked})"
        )
    return "\n".join(lines) + "\n"


def run(root: Path, queries: tuple[str, ...], repeat: int) -> Readings:
    """Serve a catalog that was built, and measure: of readings that were repeated the least."""
    process, address = serve(root)
    read: Readings = {name: [] for name, _, _ in ROWS}
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
            for at in range(len(queries)):
                turns = [measure(browser, address, queries, at) for _ in range(repeat)]
                for key in read:
                    read[key] += map(min, zip(*(turn[key] for turn in turns), strict=True))
            browser.close()
    finally:
        process.terminate()
        process.wait()
    return read


def build(root: Path, modules: int, texts: str) -> None:
    """A catalog of sentences of one kind, built."""
    synthetic.write(root, modules, found=found.documents(modules) if texts == "found" else ())
    subprocess.run([sys.executable, "-m", "deepcat", "site", "build"], cwd=root, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=10_000)
    parser.add_argument(
        "--repeat", type=int, default=3, help="readings, of which the least is kept"
    )
    parser.add_argument("--only", choices=NAMES, help="one of the two catalogs; nothing is kept")
    parser.add_argument("--catalog", type=Path, help="with --only: one that was built before")
    given = parser.parse_args()
    texts = []
    for kind in [given.only] if given.only else NAMES:
        with tempfile.TemporaryDirectory() as place:
            root = given.catalog or Path(place) / "catalog"
            if not given.catalog:
                build(root, given.modules, kind)
            read = run(root, QUERIES[kind], given.repeat)
        count = sum(1 for _ in (root / "modules").iterdir()) if given.catalog else given.modules
        heading = (
            f"{NAMES[kind]}: {count:,} modules, {date.today()}, Chromium without a cache,"
            f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, least of {given.repeat}"
        )
        texts.append(report(heading, read))
        print(texts[-1], flush=True)
    if not given.only:
        (Path(__file__).parent / "RESULTS" / "search.txt").write_text("\n".join(texts))


if __name__ == "__main__":
    main()
