"""Hostile modules, made from the rows under `attacks/`, and the two websites that hold them."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.catalog.check import examine
from deepcat.catalog.load import load_module
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.reading.paths import NAME
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.values import Catalog
from deepcat_site.build import build
from deepcat_site.values import Settings, Source

ATTACKS = Path(__file__).parent / "attacks"
SOUND: dict[str, Any] = yaml.safe_load((ATTACKS / "sound.yaml").read_text())
TOPOLOGY = """tosca_definitions_version: tosca_simple_yaml_1_3
imports: {imports}
topology_template:
  node_templates: {{{nodes}}}
"""
FILES: dict[str, bytes] = {
    "README.md": b"# A module\n\nWords.\n",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>',
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "train.py": b"",
    "tosca.yaml": TOPOLOGY.format(
        imports="[deepcat]", nodes="h: {type: tosca.nodes.Compute}"
    ).encode(),
}
# What the page must survive even should a rule miss it; without its form a document has no page.
MISSED = ("markdown/", "readme/", "text/", "file/svg", "file/name", "tosca/", "module/image")


@dataclass(frozen=True)
class Hostile:
    """One hostile module: its folder, what must be found, and what its files are.

    Attributes:
        finds: a rule's code, or the beginning of one.
        shown: whether its page is shown all the same, since nothing in it is an error.
        files: name -> content; None for none.
        links: name -> target of a symbolic link.
    """

    folder: str
    finds: str
    shown: bool = False
    files: dict[str, bytes | None] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


def rows(name: str) -> Any:
    return yaml.safe_load((ATTACKS / f"{name}.yaml").read_text("utf-8"))


def document(name: str, /, **put: Any) -> bytes:
    """A sound module.yaml but for some values."""
    data = copy.deepcopy(SOUND) | {"name": name}
    for path, value in put.items():
        at: Any = data
        *outer, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        for key in outer:
            at = at[key]
        at[last] = value
    return yaml.safe_dump(data, allow_unicode=False, sort_keys=False).encode()


def body(row: Any) -> bytes:
    """A text, or one many times."""
    if isinstance(row, str):
        return row.encode("utf-8", "surrogatepass")
    whole = f"{row.get('start', '')}{row['text'] * row.get('times', 1)}{row.get('end', '')}"
    return whole.encode("utf-8", "surrogatepass")


def fields() -> Iterator[Hostile]:
    table = rows("fields")
    for kind, text in table["texts"].items():
        free = [*table["long"], *(() if text.get("long") else table["free"])]
        for path in [*free, *(() if text.get("long") else table["formed"])]:
            name = f"field-{kind}-{re.sub('[._]', '-', path)}"
            is_free = path in free
            finds = text["finds"] if is_free or text.get("anywhere") else table["formed"][path]
            yield Hostile(
                name,
                finds,
                is_free and finds in {"text/markup", "text/template"},
                {"module.yaml": document(name, **{path: text["text"]})},
            )


def pages() -> Iterator[Hostile]:
    for kind in ("pages", "large"):
        for row in rows(kind):
            name = f"{kind}-{row['name']}"
            text = body(row) if kind == "large" else b"# A module\n\n" + body(row["text"]) + b"\n"
            put = {"description": row["document"]} if "document" in row else {}
            files = {"module.yaml": document(name, **put), "README.md": text}
            if "hostile.svg" in str(row["text"]):
                files["hostile.svg"] = b'<svg xmlns="http://www.w3.org/2000/svg" onload="owned=1"/>'
            yield Hostile(name, row["finds"], row.get("hint", False), files)


def documents() -> Iterator[Hostile]:
    for row in rows("documents"):
        name = f"document-{row['name']}"
        text = body(row.get("before", "")) + document(name) + body(row.get("after", ""))
        if "whole" in row:
            text = body(row["whole"])
        if "bytes" in row:
            text += b"# " + bytes.fromhex(row["bytes"]) + b"\n"
        yield Hostile(name, row["finds"], False, {"module.yaml": text})
    table = rows("links")
    for kind in table["kinds"]:
        for what, address in table["addresses"].items():
            name = f"link-{kind.replace('_', '-')}-{what}"
            text = document(name, **{f"links.{kind}": address})
            yield Hostile(name, table["finds"], False, {"module.yaml": text})


def others() -> Iterator[Hostile]:
    for row in rows("files"):
        name = f"file-{row['name']}"
        data = yaml.safe_load(document(name, **row.get("set", {})))
        if "drop" in row:
            del data["samples"][0]["request"]
        files: dict[str, bytes | None] = {"module.yaml": yaml.safe_dump(data).encode()}
        if "file" in row:
            files[row["file"]] = body(row["text"]) if "text" in row else None
        links = {row["file"]: row["link"]} if "link" in row else {}
        yield Hostile(name, row["finds"], row.get("hint", False), files, links)
    for row in rows("topologies"):
        name = f"topology-{row['name']}"
        whole = TOPOLOGY.format(imports=row.get("imports", "[deepcat]"), nodes=row.get("nodes", ""))
        text = body(row.get("text", whole))
        yield Hostile(name, row["finds"], True, {"module.yaml": document(name), "tosca.yaml": text})
    table = rows("names")
    for name in table["folders"]:
        yield Hostile(name, "", False, {"module.yaml": document(name)})
    for number, given in enumerate(table["given"]):
        name = f"named-{number}"
        yield Hostile(name, "", False, {"module.yaml": document(given)})


@pytest.fixture(scope="session")
def attacks() -> Callable[[str], Any]:
    """Reads the rows of one kind."""
    return rows


@pytest.fixture(scope="session")
def hostile() -> tuple[Hostile, ...]:
    """Every hostile module."""
    return (*fields(), *pages(), *documents(), *others())


@pytest.fixture(scope="session")
def attacked(
    hostile: tuple[Hostile, ...],
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
    make_catalog: Callable[..., Any],
) -> Any:
    """A catalog of one good module among the hostile ones; not built yet."""
    root = tmp_path_factory.mktemp("hostile") / "catalog"
    catalog = make_catalog(repository, root, "iris-classifier")
    for one in hostile:
        for path, content in {**FILES, **one.files}.items():
            if content is not None and path not in one.links:
                catalog.write(f"modules/{one.folder}/{path}", content)
        for path, target in one.links.items():
            (root / "modules" / one.folder / path).symlink_to(target)
    others = rows("others")
    for path, text in others["files"].items():
        catalog.write(path, text)
    settings = root / "deepcat.yaml"
    settings.write_text(re.sub("(?m)^(title|summary):.*\n", "", settings.read_text()))
    settings.write_text(settings.read_text() + others["settings"])
    catalog.commit()
    return catalog


@dataclass(frozen=True)
class Shown:
    """A built website beside its catalog, in the shape that `show` takes."""

    root: Path
    out: Path


@pytest.fixture(scope="session")
def let_through(attacked: Any, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The same catalog, built as if the check had missed what it found in the modules' texts."""
    tree = work_tree(attacked.root)
    seen = examine(tree, cached=False)
    caught = {
        finding.place.path.split("/")[1]
        for finding in seen.findings
        if finding.is_error
        and finding.place.path.startswith("modules/")
        and not finding.code.startswith(MISSED)
    }
    modules = {}
    for path, unit in seen.units.items():
        if unit.kind is UnitKind.MODULE and unit.name not in caught and NAME.match(unit.name):
            digest = seen.verdicts.digest(path)
            modules[unit.name] = load_module(tree, unit, digest)
    digests = {name: module.digest for name, module in modules.items()}
    settings = Settings(
        title="Tests",
        repository="https://github.com/example/catalog",
        site_url="https://catalog.example.org/",
    )
    place = tmp_path_factory.mktemp("through")
    (place / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: Tests\n")
    found = Catalog(modules, {}, {}, seen.findings, digests)
    build(Source(tree, found, settings=settings), place, place / "_site")
    return Shown(place, place / "_site")


@dataclass(frozen=True)
class Built(Shown):
    """The same with the log of what its build did."""

    log: Path


@pytest.fixture(scope="session")
def built(attacked: Any) -> Built:
    """The website as people get it, built by the command under an audit hook."""
    log, scratch = attacked.root.parent / "log", attacked.root.parent / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, Path(__file__).parent / "audited.py", log, "site", "build"],
        cwd=attacked.root,
        env={
            **os.environ,
            "TMPDIR": str(scratch),
            "XDG_CACHE_HOME": str(attacked.root / ".deepcat" / "machine"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Built(attacked.root, attacked.root / "_site", log)
