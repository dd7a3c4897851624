"""Nothing of a hostile module becomes markup that acts, and no page loses its frame."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("hostile")

VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
    *("track", "wbr"),
}
OPTIONAL = {"li", "p", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody"}
ADDRESSES = {"href", "src", "action", "formaction", "data", "srcdoc", "xlink:href", "poster"}
FORBIDDEN = {
    *("iframe", "object", "embed", "base", "style", "template", "frame", "xmp", "plaintext"),
    *("math", "portal", "dialog", "marquee", "applet", "audio", "video", "foreignobject"),
}
TRICKS = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Page(HTMLParser):
    """What a page holds that could act, how its frame nests, and what its README brought.

    Attributes:
        bad: tags that no page of ours may hold.
        open: tags that were never closed.
        frame: the page's parts, each with what it stands in.
        ids: of all elements.
        text: everything that is read.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.open: list[str] = []
        self.frame: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        said = f"<{tag} {given}>"
        if tag in FORBIDDEN or (tag == "script" and not self._ours(given)):
            self.bad.append(said)
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.bad.append(said)
        for name, value in given.items():
            scheme = re.sub(r"[\x00-\x20]", "", value).lower()
            if name.startswith("on") or name in {"style", "srcdoc", "ping", "is", "popover"}:
                self.bad.append(said)
            if name in ADDRESSES and re.match(r"(javascript|vbscript|data|file|blob):", scheme):
                self.bad.append(said)
            if name in {"src", "srcset"} and "//" in value:
                self.bad.append(said)
        self.ids.append(given.get("id", ""))
        if tag in ("header", "footer", "main", "body") or given.get("id") == "content":
            self.frame.append(f"{'/'.join(self.open)} {tag} {given.get('id', '')}")
        if tag not in VOID:
            self.open.append(tag)

    def _ours(self, given: dict[str, str]) -> bool:
        if given.get("type") == "application/ld+json":
            return "src" not in given
        return re.fullmatch(r"/?(\.\./)*assets/[0-9a-f]+/\w+\.js", given.get("src", "")) is not None

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL:
            self.open.pop()
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in OPTIONAL | VOID:
            self.bad.append(f"</{tag}> inside {self.open}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def module_pages(out: Path) -> dict[str, Page]:
    made = (out / "modules").glob("*/ro-crate-metadata.json")
    return {
        path.parent.name: Page((path.parent / "index.html").read_bytes()) for path in sorted(made)
    }


@pytest.fixture(scope="module", params=["built", "let_through"])
def out(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param).out


@pytest.fixture(scope="module")
def shown(out: Path) -> dict[str, Page]:
    return module_pages(out)


def test_nothing_of_theirs_is_markup(out: Path) -> None:
    pages = {path: Page(path.read_bytes()) for path in out.rglob("*.html")}
    assert len(pages) > 100
    assert {str(path): page.bad for path, page in pages.items() if page.bad} == {}
    assert {str(path): page.open for path, page in pages.items() if page.open} == {}


def test_no_page_loses_its_frame(shown: dict[str, Page], built: object) -> None:
    good = module_pages(built.out)["iris-classifier"].frame  # type: ignore[attr-defined]
    assert len(good) >= 4
    different = {name: page.frame for name, page in shown.items() if page.frame != good}
    assert different == {}


def test_no_id_of_theirs_can_stand_in_for_ours(shown: dict[str, Page]) -> None:
    for name, page in shown.items():
        ids = [each for each in page.ids if each and not each.startswith("readme-")]
        assert len(ids) == len({*ids}), name
        assert not {"location", "document", "body", "card", "defaultView"} & {*ids}, name


def test_right_to_left_tricks_do_not_reach_a_page(out: Path) -> None:
    texts = {path: "".join(Page(path.read_bytes()).text) for path in out.rglob("*.html")}
    assert [str(path) for path, text in texts.items() if TRICKS.search(text)] == []
