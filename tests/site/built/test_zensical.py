"""The same pages and layout by Zensical, which reads our `mkdocs.yml` after MkDocs' end."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from tests.site.built.test_output import Page, leads

from deepcat_site.theme import rendering

pytestmark = pytest.mark.xdist_group("browser")


class Frame(HTMLParser):
    """What a page loads, and which parts stand around its content."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.parts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and given.get("type") != "application/ld+json":
            self.loads.append(given.get("src", "an inline script"))
        if tag in {"link", "img"} and given.get("rel") not in {"canonical", "search"}:
            self.loads.append(given.get("href") or given.get("src", ""))
        if tag == "style" or "style" in given or any(name.startswith("on") for name in given):
            self.loads.append(f"an inline style or handler on {tag}")
        if tag in {"header", "footer", "main", "nav", "form"} or given.get("id") == "content":
            self.parts.append(f"{tag} {given.get('class', '')} {given.get('id', '')}".strip())


@pytest.fixture(scope="module")
def by_zensical(
    make_catalog: Callable[..., Any],
    repository: Path,
    validators: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A website whose hand-written pages and layout Zensical rendered, all else as always."""
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat_site.build import build
    from deepcat_site.values import Settings, Source

    def render(stage: Path) -> None:
        done = validators("zensical", "build", "--strict", "--config-file", stage / "mkdocs.yml")
        assert done.returncode == 0, done.stdout + done.stderr

    catalog = make_catalog(repository, tmp_path_factory.mktemp("zensical") / "catalog")
    catalog.commit()
    tree = work_tree(catalog.root)
    settings = Settings(title="Tests", summary="S", site_url="https://catalog.example.org/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "_render", render)
        build(Source(tree, load(tree), settings=settings), catalog.root, catalog.out)
    return Path(catalog.out)


def pages(out: Path) -> dict[str, str]:
    found = {str(path.relative_to(out)): path for path in out.rglob("*.html")}
    # One stands for all of its kind.
    mine = {name: path for name, path in found.items() if not name.startswith("check/rules/")}
    return {name: path.read_text() for name, path in mine.items() if "broken" not in name}


def test_the_slots_survive(by_zensical: Path) -> None:
    for name, text in pages(by_zensical).items():
        assert "slot-" not in text, name
    text = (by_zensical / "modules/iris-classifier/index.html").read_text()
    assert "<title>Iris classifier · Tests</title>" in text
    assert re.search(
        r'<div class="page" id="content" tabindex="-1">\s*<article class="module"', text
    )
    assert '<meta http-equiv="Content-Security-Policy" content="default-src' in text
    assert '<meta name="description" content="Names the species' in text


def test_the_pages_are_those_that_mkdocs_makes(by_zensical: Path, site: Path) -> None:
    ours, theirs = pages(by_zensical), pages(site)
    hand_written = {name for name in theirs if name.startswith("guides/")}
    assert hand_written
    assert hand_written <= ours.keys()
    for name in [*hand_written, "index.html", "404.html", "modules/iris-classifier/index.html"]:
        assert Frame(ours[name]).parts == Frame(theirs[name]).parts, name


def test_the_contract_with_the_theme_is_narrow(repository: Path) -> None:
    """No plugin, no hook, nothing but blocks of one template overridden, and pins that hold."""
    config = yaml.safe_load((repository / "mkdocs.yml").read_text())
    assert config["plugins"] == []
    assert "hooks" not in config
    for path in (repository / "site/overrides").glob("*.html"):
        text = path.read_text()
        text = re.sub(r"{% macro .*?{% endmacro %}", "", text, flags=re.DOTALL)
        outside = re.sub(r"{% block \w+ %}.*?{% endblock %}", "", text, flags=re.DOTALL)
        assert re.fullmatch(r'\s*{% extends "(base|main)\.html" %}\s*', outside), path
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(each) for each in project["optional-dependencies"]["site"]]
    locked = dict(
        line.removesuffix(" \\").split("==")
        for line in (repository / "requirements.lock").read_text().splitlines()
        if line.startswith("mkdocs")
    )
    pins = {each.name: each.specifier for each in wanted if each.name.startswith("mkdocs")}
    assert set(pins) == {"mkdocs", "mkdocs-material"}
    for name, pin in pins.items():
        assert [each.operator for each in pin] == ["=="]
        assert pin.contains(locked[name])
        assert not pin.contains("2.0")
        assert not pin.contains("10.0")


def test_only_our_own_files_are_loaded(by_zensical: Path) -> None:
    ours = re.compile(r"(\./|/|(\.\./)*)?assets/[0-9a-f]+/[\w.-]+(#[\w-]+)?")
    for name, text in pages(by_zensical).items():
        for address in Frame(text).loads:
            local = ours.fullmatch(address) or re.fullmatch(
                r"[\w./-]*\.(xml|json|png|jpg|svg|css)|data:image/[a-z]+;.*", address
            )
            assert local, (name, address)


def test_every_address_leads_somewhere(by_zensical: Path) -> None:
    """As of the pages that MkDocs makes: every page, every address, and every part of a page."""
    made = {
        str(p.relative_to(by_zensical)): Page(p.read_text()) for p in by_zensical.rglob("*.html")
    }
    assert {"collections/index.html", "guides/reference/collection/index.html"} < made.keys()
    lost = [
        f"{name}: <{tag} {key}={address}>"
        for name, page in made.items()
        for tag, key, address in page.addresses
        # The theme's own way past the head leads nowhere, and is not shown.
        if address != "#__skip" and not leads(by_zensical, made, name, tag, address)
    ]
    assert lost == []
