"""A small catalog for the parts of the build, and Chromium; `whole/` takes the real catalog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import chromium
import pytest

WAIT_MS = 120_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def module_yaml(name: str, title: str, task: str) -> str:
    return (
        f"apiVersion: deepcat/v1\nname: {name}\nversion: 1.0.0\ntitle: {title}\n"
        f"summary: {title} for tests\ndescription: Plain words.\n"
        f"links: {{source_code: 'https://example.org/{name}'}}\n"
        f"libraries: [TensorFlow]\ntasks: [{task}]\ncategories: [AI4 inference]\n"
        "tags: [test]\ndata-type: [Image]\nlicense: Apache-2.0\n"
    )


def write_catalog(root: Path) -> Path:
    root.mkdir(parents=True)
    (root / "deepcat.yaml").write_text(
        "apiVersion: deepcat/v1\ntitle: Tests\nsummary: A catalog.\n"
    )
    rows = (
        ("leaf-finder", "Leaf finder", "Classification"),
        ("wave-reader", "Wave reader", "Regression"),
    )
    for name, title, task in rows:
        folder = root / "modules" / name
        folder.mkdir(parents=True)
        (folder / "module.yaml").write_text(module_yaml(name, title, task))
        (folder / "README.md").write_text(f"# {title}\n\nHello `there`.\n")
    return root


def make(root: Path, out: Path, **more: Any) -> Any:
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat_site.build import build
    from deepcat_site.values import Settings, Source

    tree = work_tree(root)
    settings = Settings(title="Tests", summary="A catalog.", site_url="https://example.org/")
    return build(Source(tree, load(tree), settings=settings, **more), root, out)


@pytest.fixture
def site_tools() -> SimpleNamespace:
    return SimpleNamespace(write_catalog=write_catalog, make=make, module_yaml=module_yaml)


@pytest.fixture(scope="session")
def quiet_chromium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Chromium, which does not break off what it loads when tests beside it make hosts."""
    return chromium.write(tmp_path_factory.mktemp("chromium") / "chromium")


@pytest.fixture(scope="module")
def browser(quiet_chromium: Path) -> Iterator[Any]:
    """Chromium; for one file at a time, since its driver's event loop lives as long as it does."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=quiet_chromium, args=FLAGS)
        yield made
        made.close()
