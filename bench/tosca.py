"""How long templates take to read: our front end beside tosca-parser alone, on the same files.

    python bench/tosca.py [FOLDER ...]

Without folders: the templates of the demonstration modules, and those kept beside the project,
where there are any. Figures are milliseconds of processor time, which other programs disturb least,
and the best of several processes. "import" and "first" are a fresh interpreter that has imported
nothing of either: importing, then reading one template. "warm" is reading it again in the same
process, with nothing kept of the template itself. tosca-parser gets the types that our library has,
as files in a temporary folder, for it would fetch them; where it refuses a template that TOSCA
allows, the figure is the time until it did.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
OURS = """
import sys, time
start = time.process_time()
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.tosca.load import load_topology
from pathlib import Path
imported = time.process_time()
path = Path(sys.argv[1])
topology, findings = load_topology(work_tree(path.parent), path.name, None)
first = time.process_time()
warm = []
for _ in range(int(sys.argv[2])):
    begun = time.process_time()
    load_topology(work_tree(path.parent), path.name, None)
    warm.append(time.process_time() - begun)
print(imported - start, first - imported, min(warm), "read" if topology else "refused")
"""
THEIRS = """
import sys, time, io, contextlib, logging
start = time.process_time()
from toscaparser.tosca_template import ToscaTemplate
imported = time.process_time()
logging.disable(logging.CRITICAL)
def read():
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            ToscaTemplate(sys.argv[1])
    except Exception:
        return "refused"
    return "read"
said = read()
first = time.process_time()
warm = []
for _ in range(int(sys.argv[2])):
    begun = time.process_time()
    read()
    warm.append(time.process_time() - begun)
print(imported - start, first - imported, min(warm), said)
"""

CHECKED = """
import sys, time
from pathlib import Path
from deepcat.catalog.reading.open_tree import work_tree
begun = time.process_time()
from deepcat.tosca import tosca_parser
from deepcat.tosca.check import check_template
from deepcat.tosca.load import read_template
tree = work_tree(Path(sys.argv[1]))
paths = [entry.path for entry in tree.entries("modules") if entry.path.endswith("/tosca.yaml")]
for path in paths:
    if sys.argv[2] == "each":
        reading = read_template(tree, path, None)
        if reading.topology is not None:
            tosca_parser._RIGHT.clear()
            tosca_parser.validate(reading.topology, reading.types)
    else:
        check_template(tree, path, None)
print(time.process_time() - begun)
"""
OWN = """node_types:
  bench.Server: {derived_from: deepcat.nodes.ModelServer, properties: {motto: {type: string}}}
"""


def checked(runs: int, many: int = 200) -> None:
    """What tosca-parser's second opinion costs a check: asked of each template, and as it is."""
    with tempfile.TemporaryDirectory() as name:
        text = (ROOT / "modules/half-plus-two/tosca.yaml").read_text()
        mine = text.replace("topology_template:", f"{OWN}topology_template:")
        mine = mine.replace(
            "deepcat.nodes.ModelServer\n      properties:",
            "bench.Server\n      properties:\n        motto: x",
        )
        for title, template in (("library's types", text), ("types of its own", mine)):
            for number in range(many):
                folder = Path(name) / title[0] / "modules" / f"m{number}"
                folder.mkdir(parents=True)
                (folder / "model.tar.gz").write_bytes(b"x")
                (folder / "tosca.yaml").write_text(template.replace("half-plus-two", f"m{number}"))
            figures = [
                min(
                    float(
                        subprocess.run(
                            [
                                sys.executable,
                                "-W",
                                "ignore",
                                "-c",
                                CHECKED,
                                str(Path(name) / title[0]),
                                how,
                            ],
                            capture_output=True,
                            text=True,
                            check=True,
                        ).stdout
                    )
                    for _ in range(runs)
                )
                for how in ("each", "shape")
            ]
            print(
                f"{many} templates of {title}, judged: {figures[0]:.2f} s with tosca-parser asked "
                f"of each, {figures[1]:.2f} s as `deepcat check` asks it"
            )


def library(folder: Path) -> dict[str, str]:
    """Our library's types in TOSCA's own grammar, as files for tosca-parser; name -> file."""
    from deepcat.tosca.reading import library

    files = {}
    for name in ("deepcat", "indigo"):
        data = {
            kind: {one: library.definition(name, kind, one) for one in types}
            for kind, types in library.library(name).items()
            if types
        }
        path = folder / f"{name}.yaml"
        head = {"tosca_definitions_version": "tosca_simple_yaml_1_3"}
        path.write_text(json.dumps({**head, **data}))
        files[name] = str(path)
    return files


def for_parser(template: Path, folder: Path, files: dict[str, str]) -> Path:
    """A template whose imports are files that tosca-parser finds."""
    from deepcat.tosca.reading.library import library_of

    data = yaml.load(template.read_text(), Loader=yaml.CSafeLoader)
    imports = []
    for item in data.get("imports") or []:
        target = item if isinstance(item, str) else next(iter(item.values()))
        imports.append(files[library_of(target) or "deepcat"])
    data["imports"] = [{f"i{index}": path} for index, path in enumerate(imports)]
    copy = folder / f"{template.parent.name}-{template.stem}.yaml"
    copy.write_text(yaml.safe_dump(data, sort_keys=False))
    return copy


def best(script: str, template: Path, runs: int, again: int) -> tuple[float, float, float, str]:
    """Import, first reading and warm reading in ms, the best of several processes."""
    rows = []
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script, str(template), str(again)],
            capture_output=True,
            text=True,
            check=True,
        )
        imported, first, warm, said = done.stdout.split()
        rows.append((float(imported) * 1e3, float(first) * 1e3, float(warm) * 1e3))
    cold = min(rows, key=lambda row: row[0] + row[1])
    return cold[0], cold[1], min(row[2] for row in rows), said


def main() -> None:
    parser = argparse.ArgumentParser(description="Reading templates, side by side.")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--again", type=int, default=10)
    options = parser.parse_args()
    folders = options.folders or [ROOT / "modules", ROOT.parent / "shared/data/tosca/templates"]
    templates = sorted(
        path
        for folder in folders
        for path in folder.rglob("*.y*ml")
        if path.name == "tosca.yaml" or ROOT / "modules" not in path.parents
    )
    print(f"{'ms of CPU, best of ' + str(options.runs):40} {'deepcat':>26} {'tosca-parser':>26}")
    print(f"{'':40} {'import':>8} {'first':>8} {'warm':>8} {'import':>8} {'first':>8} {'warm':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = library(folder)
        rows = []
        for template in templates:
            ours = best(OURS, template, options.runs, options.again)
            theirs = best(THEIRS, for_parser(template, folder, files), options.runs, 3)
            rows.append((ours, theirs))
            label = f"{template.parent.name}/{template.name}"[-39:]
            figures = " ".join(f"{figure:8.1f}" for figure in (*ours[:3], *theirs[:3]))
            note = "" if theirs[3] == "read" else "  tosca-parser refuses it"
            print(f"{label:40} {figures}{note}", flush=True)
    for title, pick in (("median", statistics.median), ("worst", max)):
        figures = [pick([row[side][part] for row in rows]) for side in (0, 1) for part in range(3)]
        print(f"{title:40} " + " ".join(f"{figure:8.1f}" for figure in figures))
    cold = [sum(row[0][:2]) for row in rows]
    other = [sum(row[1][:2]) for row in rows]
    for title, sums in (("deepcat", cold), ("tosca-parser", other)):
        middle, worst = statistics.median(sums), max(sums)
        print(f"cold (import and first), {title}: median {middle:.0f}, worst {worst:.0f}")
    checked(options.runs)


main()
