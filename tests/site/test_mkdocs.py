"""`mkdocs.yml` by hand: `mkdocs build` and `mkdocs serve`, here and in a catalog of one's own."""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.errors import DeepcatError
from deepcat_site.theme.configuration import merged
from deepcat_site.values import Settings

# MkDocs as its own command runs it, in a process that may reach nobody.
OFFLINE = """
import sys
def hook(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo"}:
        raise SystemExit(f"asked the network: {event} {arguments}")
sys.addaudithook(hook)
from mkdocs.__main__ import cli
cli()
"""


def mkdocs(root: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr


def deepcat(root: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deepcat", *words],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def ours(repository: Path, tmp_path: Path) -> Path:
    root = tmp_path / "ours"
    shutil.copytree(repository / "site", root / "site")
    for name in ("mkdocs.yml", "deepcat.yaml"):
        shutil.copyfile(repository / name, root / name)
    return root


@pytest.fixture
def own(tmp_path: Path) -> Path:
    deepcat(tmp_path, "new", "catalog", "own", "--title", 'Own: "models" & more')
    return tmp_path / "own"


class Loads(HTMLParser):
    """What a page makes a browser fetch, and what it says."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.texts: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"script", "img", "iframe", "source"} and "src" in given:
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") in {"stylesheet", "icon", "preconnect", "preload"}:
            self.loads.append(given["href"])

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def opened(root: Path) -> dict[str, Loads]:
    """Every page below `_site/`, whose every fetch has been found beside it."""
    out = root / "_site"
    pages = {path.relative_to(out).as_posix(): Loads(path) for path in out.rglob("*.html")}
    for name, page in pages.items():
        for address in page.loads:
            base = out if address.startswith("/") else (out / name).parent
            assert (base / address.lstrip("/")).is_file(), (name, address)
    for style in out.rglob("*.css"):
        outside = re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)]*", style.read_text())
        assert outside == [], style
    return pages


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".deepcat-site"
    }


@pytest.mark.starts("mkdocs")
def test_by_hand_it_gives_the_hand_written_pages_in_our_theme(ours: Path) -> None:
    before = files(ours / "site")
    mkdocs(ours, "build")
    pages = opened(ours)
    assert {"index.html", "404.html", "guides/index.html", "guides/use/index.html"} <= pages.keys()
    assert "Skip to content" in pages["guides/use/index.html"].texts
    assert any("deepcat.css" in address for address in pages["guides/use/index.html"].loads)
    assert not [name for name in pages if "slot-" in (ours / "_site" / name).read_text()]
    assert not [name for name, page in pages.items() if "None" in page.texts]
    assert files(ours / "site") == before


@pytest.mark.starts("mkdocs")
def test_called_in_the_folder_of_the_pages_it_gives_the_same(ours: Path) -> None:
    mkdocs(ours, "build", "--strict")
    above = files(ours / "_site")
    mkdocs(ours / "site", "build", "--strict")
    below = files(ours / "_site")
    assert above.keys() == below.keys()
    html = [name for name in above if name.endswith(".html")]
    assert html
    assert {name: below[name] for name in html} == {name: above[name] for name in html}
    # Nor does the frame lead to what only `deepcat site build` makes.
    for name in ("index.html", "guides/use/index.html", "404.html"):
        frame = re.sub(r'<article class="prose".*?</article>', "", above[name].decode(), flags=re.S)
        leads = re.findall(r'<(?:a|form|link)[^>]+(?:href|action)="([^"#:]+)', frame)
        at = "" if name == "404.html" else f"{name.rpartition('/')[0]}/"
        paths = [posixpath.normpath(f"/{at}{each}").strip("/") for each in leads]
        there = {*above, *(path.rpartition("/")[0] for path in above)}
        assert [path for path in paths if path != "." and path not in there] == [], name


@pytest.mark.starts("mkdocs")
def test_in_a_catalog_of_ones_own_too(own: Path) -> None:
    (own / "site/pages/about.md").write_text("# About us\n\nWe [began](index.md).\n")
    mkdocs(own, "build", "--strict")
    pages = opened(own)
    assert {"index.html", "404.html", "about/index.html"} == pages.keys()
    assert "About us" in pages["about/index.html"].texts
    assert any('Own: "models" & more' in text for text in pages["index.html"].texts)


@pytest.mark.starts("mkdocs")
def test_both_builds_may_follow_each_other_into_one_folder(own: Path) -> None:
    """What one leaves, the other takes for what it is: nothing old stays, nothing is missing."""
    deepcat(own, "site", "build", "--out", "fresh")
    for _ in range(2):
        mkdocs(own, "build")
        assert not (own / "_site/modules").exists()
        deepcat(own, "site", "build")
        assert files(own / "_site") == files(own / "fresh")


@pytest.mark.starts("mkdocs")
def test_serve_shows_them(ours: Path, free_port: int) -> None:
    command = [sys.executable, "-um", "mkdocs", "serve", "-a", f"127.0.0.1:{free_port}"]
    with subprocess.Popen(command, cwd=ours, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            said = next(line for line in server.stderr if "Serving on" in line)
            address = re.findall(r"http://\S+", said)[0]
            with urllib.request.urlopen(f"{address}guides/use/") as answer:
                assert "Use a model" in answer.read().decode()
        finally:
            server.terminate()
            server.stderr.read()  # to its end, so that it does not wait for a reader
    assert not (ours / "_site").exists()


OURS = {
    "site_name": "x",
    "nav": [{"Home": "index.md"}],
    "extra": {"text": {"formats": "F"}},
    "strict": True,
}
SETTINGS = Settings(title="T", summary="S")


def test_a_catalogs_own_file_says_what_it_may(tmp_path: Path, site_tools: Any) -> None:
    root = site_tools.write_catalog(tmp_path / "c")
    (root / "site/pages").mkdir(parents=True)
    (root / "site/pages/more.md").write_text("# More\n")
    own = {"site_name": "by hand", "nav": [{"Ours": [{"All about it": "more.md"}]}]}
    (root / "mkdocs.yml").write_text(yaml.safe_dump(own))
    site_tools.make(root, root / "_site")
    page = (root / "_site/more/index.html").read_text()
    assert "All about it" in page
    assert 'href="../guides/reference/deployment/"' in page
    assert "by hand" not in page


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ({"plugins": ["search"]}, "plugins"),
        ({"hooks": ["site/hook.py"]}, "hooks"),
        ({"docs_dir": "docs"}, "docs_dir"),
        ({"use_directory_urls": False}, "use_directory_urls"),
        ({"INHERIT": "../other.yml"}, "INHERIT"),
        ({"extra_javascript": ["x.js"]}, "extra_javascript"),
        ({"theme": {"name": "material", "custom_dir": "looks"}}, "theme.custom_dir"),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(own: Mapping[str, Any], named: str) -> None:
    with pytest.raises(DeepcatError, match=re.escape(f"`{named}`")) as error:
        merged(OURS, own, SETTINGS)
    assert error.value.code == "site/pages"
    assert error.value.hint


def test_what_holds_by_hand_alone_changes_nothing_else() -> None:
    by_hand = {"theme": "material", "strict": False, "site_dir": "out", "dev_addr": "127.0.0.1:1"}
    same = {"docs_dir": "site/pages", "plugins": [], "use_directory_urls": True}
    assert merged(OURS, by_hand | same, SETTINGS) == merged(OURS, {}, SETTINGS)
    assert "strict" not in merged(OURS, {}, SETTINGS)


def lay(path: str, text: str) -> Callable[[Path], object]:
    def write(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return write


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lay("mkdocs.yml", "nav: ["), "cannot be read"),
        (lay("mkdocs.yml", "extra: !ENV HOME"), "cannot be read"),
        (lay("mkdocs.yml", "- nav"), "no mapping"),
        (lay("mkdocs.yml", "nav: {a: 1}\n"), "cannot be rendered"),
        (lay("site/mkdocs.yml", "nav: []\n"), "folder above"),
    ],
)
def test_a_file_that_will_not_do_is_said(
    spoil: Callable[[Path], object], words: str, tmp_path: Path, site_tools: Any
) -> None:
    root = site_tools.write_catalog(tmp_path / "c")
    spoil(root)
    with pytest.raises(DeepcatError, match=words) as error:
        site_tools.make(root, root / "_site")
    assert error.value.code == "site/pages"
