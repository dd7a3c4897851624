"""Every address that the website names leads somewhere, wherever the website lies."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urldefrag, urljoin, urlsplit
from urllib.request import urlopen
from xml.etree import ElementTree

import pytest

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat_site.build import build
from deepcat_site.values import Settings, Source

pytestmark = pytest.mark.starts("a web server")

OWN = "https://catalog.example.org"
# Where the website believes that it lies, and where it is shown.
PLACES = [("", "/some/where/"), (f"{OWN}/", "/"), (f"{OWN}/cat/", "/cat/")]
IDS = ["unset, below a folder", "of its own", "below a folder"]
_JSON_ADDRESS = re.compile(r"(?:\.\.?/|/(?!/)|https?://)\S*\Z")
_TEMPLATE = re.compile(r"\{[^}]*\}")


class _Handler(SimpleHTTPRequestHandler):
    """A static host, which shows the site below a folder and `404.html` for what is not there."""

    def __init__(self, *args: Any, prefix: str, **more: Any) -> None:
        self.prefix = prefix
        super().__init__(*args, **more)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""

    def send_head(self) -> Any:
        if not self.path.startswith(self.prefix):
            return self._lost()
        self.path = "/" + self.path[len(self.prefix) :]
        target = Path(self.translate_path(self.path))
        if target.is_file() or (self.path.endswith("/") and (target / "index.html").is_file()):
            return super().send_head()
        return self._lost()

    def _lost(self) -> Any:
        page = Path(self.directory) / "404.html"
        self.send_response(404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(page.stat().st_size))
        self.end_headers()
        return page.open("rb")


class _Html(HTMLParser):
    """Addresses of a page, and what data lie in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.data = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_data = tag == "script" and given.get("type") == "application/ld+json"
        self.data = "open" if is_data else ""
        for key in ("href", "src", "action", "poster", "data-src", "content"):
            value = given.get(key)
            if value and (key != "content" or value.startswith("http")):
                self.found.append(value)
        for part in (given.get("srcset") or "").split(","):
            self.found += part.split()[:1]
        if base := given.get("data-base"):
            self.found.append(f"{base}/")

    def handle_data(self, data: str) -> None:
        if self.data == "open":
            self.found += _in_json(json.loads(data))
            self.data = ""


def _in_json(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        is_file = value.get("@type") == "File"
        for name, item in value.items():
            if is_file and name == "@id":
                yield str(item)
            else:
                yield from _in_json(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _in_json(item, key)
    elif isinstance(value, str) and key != "$ref" and _JSON_ADDRESS.match(value):
        yield value


def _in_xml(content: bytes) -> Iterator[str]:
    for element in ElementTree.fromstring(content).iter():
        for name in ("href", "template", "src"):
            if name in element.attrib:
                yield _TEMPLATE.sub("x", element.attrib[name])
        if element.tag.rpartition("}")[2] in ("loc", "url") and element.text:
            yield element.text


def _addresses(path: str, content: bytes) -> list[str]:
    if path.endswith(("/", ".html")):
        return _Html(content.decode()).found
    if path.endswith(".json"):
        document = json.loads(content)
        if path.endswith("openapi.json") and "api/v1" in path:
            [server] = document["servers"]
            names = [name for name in document["paths"] if "{" not in name]
            return [f"{server['url']}{name}" for name in names]
        return [] if "/schemas/" in path or "/samples/" in path else list(_in_json(document))
    return list(_in_xml(content)) if path.endswith((".xml", ".svg")) else []


@pytest.fixture(scope="module", params=PLACES, ids=IDS)
def place(
    request: pytest.FixtureRequest, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str, str]]:
    """The folder of a website, what it believes its address to be, and where it is shown."""
    own, prefix = request.param
    root = tmp_path_factory.mktemp("addresses")
    catalog = root / "catalog"
    for name in ("digits-classifier", "half-plus-two"):
        shutil.copytree(repository / "modules" / name, catalog / "modules" / name)
    for part in ("clouds", "datasets", "deployments"):
        shutil.copytree(repository / part, catalog / part)
    (catalog / "deployments" / "iris-classifier.yaml").unlink()
    (catalog / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: A catalog of tests\n")
    bad = catalog / "modules" / "bad"
    bad.mkdir()
    (bad / "module.yaml").write_text("apiVersion: deepcat/v1\nname: bad\n")
    settings = Settings(title="The Catalog of Small Tests", summary="Tests.", site_url=own)
    tree = work_tree(catalog)
    build(Source(tree, load(tree), settings=settings), catalog, root / "out")
    handler = partial(_Handler, directory=str(root / "out"), prefix=prefix)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield root / "out", own, f"http://127.0.0.1:{server.server_port}{prefix}"
    server.shutdown()
    server.server_close()
    thread.join()


def _crawled(own: str, shown: str) -> tuple[dict[str, int], dict[str, str]]:
    """Every address that is reached from the home page with its status, and who named it."""
    pending, seen, named = [shown], {}, {shown: ""}
    while pending:
        address = pending.pop()
        try:
            with urlopen(address) as answer:
                content, seen[address] = answer.read(), answer.status
        except HTTPError as error:
            seen[address] = error.code
            continue
        for found in _addresses(urlsplit(address).path, content):
            whole = urldefrag(urljoin(address, found.replace(" ", "%20")))[0]
            if own and whole.startswith(own):
                whole = shown + whole[len(own) :]
            whole = whole.partition("?")[0]
            if whole.startswith("http://127.0.0.1") and whole not in named:
                named[whole] = f"{found} in {address}"
                pending.append(whole)
    return seen, named


def test_every_address_leads_somewhere_and_to_every_page(place: tuple[Path, str, str]) -> None:
    out, own, shown = place
    seen, named = _crawled(own, shown)
    assert {named[address]: status for address, status in seen.items() if status != 200} == {}
    pages = {
        shown + quote(path.relative_to(out).as_posix().removesuffix("index.html"))
        for path in out.rglob("*.html")
        if path.name != "404.html" and path.parent.name != "embed"
    }
    assert pages - seen.keys() == set()
    assert len(seen) > len(pages) > 100
    # What a page may not say of itself while nobody told it where it lies.
    text = (out / "modules" / "half-plus-two" / "index.html").read_text()
    assert ('rel="canonical"' in text, 'rel="search"' in text) == (bool(own), bool(own))
    assert (out / "opensearch.xml").exists() == bool(own)


def test_the_search_that_a_browser_offers_has_whole_words(place: tuple[Path, str, str]) -> None:
    out, own, _ = place
    if own:
        text = (out / "opensearch.xml").read_text()
        assert "<ShortName>The Catalog of</ShortName>" in text
        assert f'template="{own}modules/?q={{searchTerms}}"' in text


def test_a_crate_lists_files_that_are_there(place: tuple[Path, str, str]) -> None:
    out, _, _ = place
    folder = out / "modules" / "digits-classifier"
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    files = {each["@id"]: each["contentSize"] for each in graph if each["@type"] == "File"}
    assert {"CITATION.cff", "feed.xml"} < files.keys()
    sizes = {name: str((folder / name).stat().st_size) for name in files}
    assert files == sizes


@pytest.mark.system("chromium")
@pytest.mark.xdist_group("browser")
def test_what_is_not_there_is_said_at_any_depth(place: tuple[Path, str, str], browser: Any) -> None:
    _, _, shown = place
    page = browser.new_page()
    for lost in ("no/such/page/", "gone.html", "modules/no/deeper/and/deeper"):
        page.goto(f"{shown}{lost}")
        brand = page.locator("a.brand")
        page.wait_for_function(
            "at => document.querySelector('a.brand').href === at", arg=shown, timeout=60_000
        )
        page.wait_for_function("() => [...document.styleSheets].length === 1", timeout=60_000)
        page.wait_for_function(
            "() => !document.querySelector('button.theme').hidden", timeout=60_000
        )
        assert page.locator("main a, .page a").first.evaluate("a => a.href") == f"{shown}modules/"
        brand.click()
        assert page.url == shown
    page.close()
