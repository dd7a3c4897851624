"""The build: cost grows with the change, and every address in it leads somewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest

pytestmark = pytest.mark.xdist_group("browser")

SITE_URL = "https://catalog.example.org/"
OLD_S = 1_000_000_000


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def age(folder: Path) -> None:
    """Make every file old, so that what is written again shows."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (OLD_S, OLD_S))


def rewritten(folder: Path) -> set[str]:
    """Files that are no longer old; the mark of the build itself is left out."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_mtime > OLD_S + 1 and path.name != ".deepcat-site"
    }


def test_a_build_grows_with_the_change(fresh: Callable[..., Any]) -> None:
    catalog = fresh()
    catalog.build()
    before = contents(catalog.out)

    age(catalog.out)
    assert "0 made anew; 0 files written, 0 deleted" in catalog.build()
    assert rewritten(catalog.out) == set()

    module = catalog.root / "modules" / "iris-classifier"
    page = (module / "README.md").read_text()
    (module / "README.md").write_text(f"{page}\nA further remark.\n")
    assert "8 modules, 1 made anew" in catalog.build()
    changed = rewritten(catalog.out)
    assert "modules/iris-classifier/index.html" in changed
    assert b"A further remark." in (catalog.out / "modules/iris-classifier/index.html").read_bytes()
    others = {path for path in changed if "iris-classifier" not in path}
    assert not [p for p in others if p.startswith(("modules/", "api/v1/modules/", "assets/"))]
    assert len(changed) < len(before) / 10

    (module / "README.md").write_text(page)
    catalog.build()
    after = contents(catalog.out)
    assert {p for p in before if p != ".deepcat-site"} == {p for p in after if p != ".deepcat-site"}
    assert [p for p in before if p != ".deepcat-site" and before[p] != after[p]] == []


def test_a_deleted_module_leaves(fresh: Callable[..., Any]) -> None:
    catalog = fresh("iris-classifier", "half-plus-two")
    catalog.build()
    gone = catalog.root / "modules" / "iris-classifier"
    for path in sorted(gone.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    gone.rmdir()
    (catalog.root / "deployments" / "iris-classifier.yaml").unlink()
    assert "1 module, 0 made anew" in catalog.build()
    left = contents(catalog.out)
    assert [path for path in left if "iris" in path] == []
    about = ("check/rules/", "guides/", "search/", "assets/")  # they may name it as an example
    said = {path for path, content in left.items() if b"iris-classifier" in content}
    assert {path for path in said if not path.startswith(about)} == set()
    assert b"iris-classifier" not in left["search/index.json"]
    assert [p for p in catalog.out.rglob("*") if p.is_dir() and not any(p.iterdir())] == []


def test_the_same_catalog_gives_the_same_website(fresh: Callable[..., Any]) -> None:
    one, two = (fresh("iris-classifier", "half-plus-two", name=name) for name in ("one", "two"))
    one.build()
    two.build()
    first, second = contents(one.out), contents(two.out)
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] in ([], [".deepcat-site"])


def test_a_folder_of_other_files_is_not_touched(fresh: Callable[..., Any]) -> None:
    catalog = fresh("half-plus-two")
    other = catalog.root / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    with pytest.raises(AssertionError, match="site/folder"):
        catalog.deepcat("site", "build", "--out", str(other))
    assert [path.name for path in other.iterdir()] == ["mine.txt"]


class Page(HTMLParser):
    """Addresses, names and policies of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.policies: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        for name in ("href", "src", "action", "data-src"):
            if name in given:
                self.addresses.append((tag, name, given[name]))
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(given["content"])
        if tag == "style" or any(n == "style" or n.startswith("on") for n in given):
            self.inline.append(tag)
        if tag == "script" and "src" not in given and "json" not in given.get("type", ""):
            self.inline.append(tag)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {str(p.relative_to(site)): Page(p.read_text()) for p in site.rglob("*.html")}


def test_every_page_has_the_strict_policy(pages: dict[str, Page]) -> None:
    for path, page in pages.items():
        assert len(page.policies) == 1, path
        rules = dict(rule.strip().split(" ", 1) for rule in page.policies[0].split(";"))
        assert rules["default-src"] == "'none'", path
        assert rules["script-src"] == rules["style-src"] == "'self'", path
        assert "unsafe" not in page.policies[0], path
        assert page.inline == [], path


def test_no_page_shows_a_backtick(site: Path) -> None:
    code = re.compile(r"<(pre|code|script|svg)\b.*?</\1>", re.DOTALL)
    shown = {
        str(path.relative_to(site)): re.sub(r"<[^>]*>", "", code.sub("", path.read_text()))
        for path in site.rglob("*.html")
    }
    assert {
        name: found for name, text in shown.items() if (found := re.findall(".*`.*", text))
    } == {}


def test_headers_say_the_same(site: Path) -> None:
    text = (site / "_headers").read_text()
    assert "unsafe" not in text
    found = re.findall(r"Content-Security-Policy: (.*)", text)
    assert len(found) == 2, "of all pages, and of the one that others may embed"
    for policy in found:
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "frame-ancestors 'none'" in found[0]
    assert "https://digits.example.org" in found[0], "where a deployment runs may be called"
    assert "nosniff" in text


def test_every_address_leads_somewhere(site: Path, pages: dict[str, Page]) -> None:
    wrong = [
        f"{path}: <{tag} {name}={address}>"
        for path, page in pages.items()
        for tag, name, address in page.addresses
        if not leads(site, pages, path, tag, address)
    ]
    assert wrong == []


def leads(site: Path, pages: dict[str, Page], path: str, tag: str, address: str) -> bool:
    """Whether an address of a page is there, or is a link to elsewhere."""
    whole = urlsplit(urljoin(f"{SITE_URL}{path}", address))
    here = urlsplit(SITE_URL)
    if tag == "img" and address.startswith("data:image/"):
        return True
    if whole.netloc != here.netloc:
        return tag in ("a", "link") and whole.scheme in ("https", "http", "mailto")
    inside = unquote(whole.path)
    # The page of what is not there is shown at any depth, so its own addresses start at the root.
    if not inside.startswith(here.path):
        return path == "404.html"
    target = inside.removeprefix(here.path)
    file = f"{target}index.html" if target == "" or target.endswith("/") else target
    if not (site / file).is_file():
        return False
    page = pages.get(file)
    return not whole.fragment or page is None or unquote(whole.fragment) in page.ids


def test_names_in_a_page_are_unique(pages: dict[str, Page]) -> None:
    twice = {
        path: sorted({name for name in page.ids if page.ids.count(name) > 1})
        for path, page in pages.items()
    }
    assert {path: names for path, names in twice.items() if names} == {}


def test_styles_load_nothing_from_elsewhere(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets

    def addresses() -> Iterator[str]:
        for sheet in sheets:
            yield from re.findall(r"url\(\s*['\"]?([^)'\"]+)", sheet.read_text())

    assert [a for a in addresses() if not a.startswith(("data:", "#"))] == []
    assert [s for s in sheets if "@import" in s.read_text()] == []


def test_words_in_backticks_are_code_in_the_list_of_rules(
    fresh: Callable[..., Any],
) -> None:
    catalog = fresh("half-plus-two")
    catalog.build()
    page = (catalog.out / "check/rules/index.html").read_text()
    assert "A key in <code>keys</code> of <code>deepcat.yaml</code> belongs" in page
    assert "`" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
