"""Hostile modules: nothing of theirs becomes markup of ours, none stops the build of the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

pytestmark = pytest.mark.xdist_group("browser")

SCRIPT = "<script>window.owned = 1</script>"
BREAKOUT = (
    "</title></script></textarea></style>--> ]]>\"'><img src=x onerror=owned=1><svg onload=owned=1>"
)
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="owned=1"><script>owned=1</script>'
    b'<foreignObject><iframe src="javascript:owned=1"/></foreignObject></svg>'
)
BIDI = "safe \u202egnp.exe \u2066tfel\u2069 \u200f"
LINKS = """
[one](javascript:owned=1) [two](JaVaScRiPt:owned=1) [three](java&#x0a;script:owned=1)
[four](data:text/html,<script>owned=1</script>) [five](vbscript:owned) <javascript:owned=1>
[six](//evil.example/x) ![seven](https://evil.example/p.png) ![eight](javascript:owned=1)
![nine](../../deepcat.yaml) ![ten](picture.svg) [eleven](../../../etc/passwd)
<a href="javascript:owned=1">12</a> <a href=" &#106;avascript:owned=1">13</a>
<a href="\tjavascript:owned=1" onclick="owned=1" style="position:fixed">14</a>
[ref]: javascript:owned=1
[ref] [x]( <javascript:owned=1> "title" onload=owned=1)
"""
MARKUP = """
<script>owned=1</script><SCRIPT SRC=https://evil.example/x.js></SCRIPT><img src=x onerror=owned=1>
<svg><script>owned=1</script><a xlink:href="javascript:owned=1"><text>x</text></a></svg>
<math><mtext><table><mglyph><style><img src=x onerror=owned=1></style></table></mtext></math>
<iframe srcdoc="<script>owned=1</script>"></iframe><object data="javascript:owned=1"></object>
<form action="https://evil.example"><button formaction="javascript:owned=1">x</button></form>
<meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example/">
<style>body { display: none }</style><link rel="stylesheet" href="https://evil.example/x.css">
<div id="content" class="top foot" style="position:fixed;inset:0">over all</div><noscript><p title="</noscript><img src=x onerror=owned=1>">
<details ontoggle=owned=1 open><summary>x</summary></details><input autofocus onfocus=owned=1>
</div></div></article></main></body></html><template><script>owned=1</script></template>
<!-- deepcat: home --><meta name="slot" content="slot-head"> slot-policy {{ 7*7 }} {% raw %}
<xmp><script>owned=1</script></xmp><plaintext>
"""  # noqa: E501
CODE = '# Code\n\n```html\n<script>owned=1</script>\n```\n\n```x"onload=owned=1\n<img onerror=owned=1 src=x>\n```\n'  # noqa: E501
TALL = "# " + "long" * 3_000 + "\n\n" + "| a " * 300 + "|\n" + "| - " * 300 + "|\n" + "W" * 5_000
FIELDS = (
    "version", "title", "summary", "description", "doi", "license", "topology", "image",
    "links.source_code", "links.docker_image", "dates.created", "dates.updated", "libraries.0",
    "tasks.0", "tags.0", "categories.0", "data-type.0", "authors.0.name", "authors.0.orcid",
    "authors.0.affiliation", "maintainers.0", "model.format", "model.source", "samples.0.name",
    "samples.0.request.instances.0", "samples.0.method", "metrics.0.name", "metrics.0.dataset",
    "changes.0.text", "changes.0.version", "changes.0.kind", "deprecated.reason",
    "deprecated.replaced_by", "resources.inference.cpu", "training.script",
)  # fmt: skip
# Free text, and code that shows markup, are shown as what they are and need no finding.
HARMLESS = {
    "field-authors-0-affiliation",
    "field-authors-0-name",
    "field-changes-0-text",
    "field-deprecated-reason",
    "field-metrics-0-dataset",
    "field-summary",
    "readme-code",
    "readme-tall",
}
NAMES = ("con", "nul.txt", "a b", "a<b>", "A", "-rf", "a%2f..", "a\u202eb", "x" * 80, "é")


def whole(name: str) -> dict[str, Any]:
    """A module's data that has nothing wrong with it but what a test puts there."""
    return {
        "apiVersion": "deepcat/v1",
        "name": name,
        "version": "1.0.0",
        "title": "A module",
        "summary": "It does something.",
        "description": "Words.",
        "doi": "10.5281/zenodo.1234567",
        "dates": {"created": "2026-01-01", "updated": "2026-01-02"},
        "links": {"source_code": "https://example.org/x", "docker_image": "https://example.org/y"},
        "libraries": ["TensorFlow"],
        "tasks": ["Regression"],
        "tags": ["x"],
        "categories": ["AI4 inference"],
        "data-type": ["Tabular"],
        "license": "Apache-2.0",
        "authors": [{"name": "Ada", "orcid": "0000-0002-1825-0097", "affiliation": "Here"}],
        "maintainers": ["ada"],
        "resources": {"inference": {"cpu": 1, "gpu": 0, "memory_MB": 512}},
        "topology": "tosca.yaml",
        "image": "picture.svg",
        "model": {
            "format": "tensorflow-savedmodel",
            "source": "https://example.org/model.tar.gz",
            "sha256": "a" * 64,
            "signature": {
                "serving_default": {
                    "method": "predict",
                    "inputs": {"x": {"dtype": "float32", "shape": [-1]}},
                    "outputs": {"y": {"dtype": "float32", "shape": [-1]}},
                }
            },
        },
        "samples": [
            {
                "name": "one",
                "method": "predict",
                "request": {"instances": [1.0]},
                "response": {"predictions": [2.5]},
                "tolerance": 0.1,
            }
        ],
        "metrics": [{"dataset": "d", "split": "test", "name": "accuracy", "value": 0.5}],
        "changes": [{"version": "1.0.0", "date": "2026-01-02", "kind": "added", "text": "First."}],
        "deprecated": {"since": "2026-01-02", "reason": "Old.", "replaced_by": "iris-classifier"},
        "training": {"script": "train.py"},
    }


def put(data: Any, path: str, value: Any) -> None:
    *outer, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    for key in outer:
        data = data[key]
    data[last] = value


def hostile() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each folder's name with its files."""

    def text(data: Any) -> bytes:
        return yaml.safe_dump(data, allow_unicode=False, sort_keys=False).encode()

    for field in FIELDS:
        name = f"field-{re.sub('[._]', '-', field)}"
        data = whole(name)
        put(data, field, SCRIPT + BREAKOUT)
        yield name, {"module.yaml": text(data), "README.md": b"# A module\n\nWords.\n"}
    for field in ("title", "summary", "description", "tags.0", "authors.0.name", "changes.0.text"):
        name = f"bidi-{re.sub('[._]', '-', field)}"
        data = whole(name)
        put(data, field, BIDI)
        yield name, {"module.yaml": text(data), "README.md": f"# A module\n\n{BIDI}\n".encode()}
    for kind in ("source_code", "documentation", "weights", "dataset", "citation", "base_model"):
        name = f"link-{kind.replace('_', '-')}"
        data = whole(name)
        data["links"] = {kind: "javascript:owned=1"}
        yield name, {"module.yaml": text(data), "README.md": b"# A module\n"}
    pages = {
        "links": LINKS.encode(),
        "markup": MARKUP.encode(),
        "code": CODE.encode(),
        "tall": TALL.encode(),
        "huge": b"# Title\n\n" + b"word <b>word</b> " * 130_000,
        "latin": "# Größe <script>owned=1</script>\n".encode("latin-1"),
        "binary": bytes(range(256)) * 20,
        "brackets": b"[" * 2_000 + b"](" * 2_000,
    }
    for what, page in pages.items():
        name = f"readme-{what}"
        files = {"module.yaml": text(whole(name)), "README.md": page}
        yield name, files
    data = text(whole("yaml"))
    documents = {
        "latin": data.replace(b"A module", b"Gr\xf6\xdfe"),
        "bomb": b"a: &a [1]\n" + b"".join(b"b%d: [*a, *a]\n" % n for n in range(99)) + data,
        "tag": data + b"x: !!python/object/apply:os.system ['touch owned']\n",
        "list": b"- 1\n",
        "binary": bytes(range(256)),
        "empty": b"",
        "deep": b"a: " + b"[" * 50_000,
    }
    for what, document in documents.items():
        yield f"yaml-{what}", {"module.yaml": document, "README.md": b"# A module\n"}
    for name in NAMES:
        yield name, {"module.yaml": text(whole(name)), "README.md": b"# A module\n"}
    for number, name in enumerate(("../x", "..", "con", "/etc/passwd", SCRIPT, "a/b", "a\nb")):
        yield f"named-{number}", {"module.yaml": text(whole(name)), "README.md": b"# A module\n"}
    svg = {"module.yaml": text(whole("svg")), "README.md": b"# A\n\n![x](picture.svg)\n"}
    yield "svg", svg | {"picture.svg": SVG, "tosca.yaml": SCRIPT.encode()}


GOOD = {
    "README.md": b"# A module\n\nWords.\n",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>',
    "train.py": b"",
    "tosca.yaml": b"""tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
""",
}
FOLDERS = [name for name, _ in hostile()]


@pytest.fixture(scope="module")
def attacked(repository: Path, tmp_path_factory: pytest.TempPathFactory, make_catalog: Any) -> Any:
    """A catalog of one good module among hostile ones, and its website."""
    root = tmp_path_factory.mktemp("hostile") / "catalog"
    catalog = make_catalog(repository, root, "iris-classifier")
    for name, files in hostile():
        for path, content in {**GOOD, **files}.items():
            catalog.write(f"modules/{name}/{path}", content)
    outside = root / "modules" / "field-topology" / "picture.svg"
    outside.unlink()
    outside.symlink_to("/etc/passwd")
    catalog.commit()
    catalog.build()
    return catalog


@pytest.fixture(scope="module")
def shown(attacked: Any) -> dict[str, Page]:
    """Every page of that website, read."""
    out = attacked.out
    return {str(path.relative_to(out)): Page(path.read_bytes()) for path in out.rglob("*.html")}


VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
OPTIONAL = {"li", "p", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody"}
ADDRESSES = {"href", "src", "action", "formaction", "data", "srcdoc", "xlink:href", "poster"}
FORBIDDEN = {
    "iframe",
    "object",
    "embed",
    "base",
    "style",
    "template",
    "frame",
    "xmp",
    "plaintext",
    "math",
}


class Page(HTMLParser):
    """What a page holds that could act, and how its frame nests."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.open: list[str] = []
        self.frame: list[str] = []
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
            if name.startswith("on") or name == "style":
                self.bad.append(said)
            if name in ADDRESSES and re.match(r"(javascript|vbscript|data|file):", scheme):
                self.bad.append(said)
            if name == "src" and "//" in value:
                self.bad.append(said)
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


def module_pages(shown: dict[str, Page]) -> dict[str, Page]:
    return {
        path: page
        for path, page in shown.items()
        if path.startswith("modules/") and path.count("/") == 2 and "/by/" not in path
    }


def test_the_build_goes_on(shown: dict[str, Page], attacked: Any) -> None:
    mine = module_pages(shown)
    assert "modules/iris-classifier/index.html" in mine
    assert {path.split("/")[1] for path in mine} >= HARMLESS
    assert not (attacked.root / "owned").exists()


def test_nothing_of_theirs_is_markup(shown: dict[str, Page]) -> None:
    assert {path: page.bad for path, page in shown.items() if page.bad} == {}


def test_no_page_loses_its_frame(shown: dict[str, Page]) -> None:
    good = shown["modules/iris-classifier/index.html"].frame
    assert len(good) >= 4
    different = {
        path: page.frame
        for path, page in module_pages(shown).items()
        if [row for row in page.frame if " header" not in row][-2:]
        != [row for row in good if " header" not in row][-2:]
    }
    assert different == {}
    assert {path for path, page in shown.items() if page.open} == set()


def test_every_hostile_module_has_its_finding(attacked: Any) -> None:
    rows = json.loads((attacked.out / "api/v1/findings.json").read_bytes())["findings"]
    paths = " ".join(row["path"] for row in rows)
    found = {row["path"].split("/")[1] for row in rows if row["path"].startswith("modules/")}
    missing = {name for name in FOLDERS if name not in found and name.isascii()}
    assert missing == HARMLESS
    assert "modules/\xe9" in paths
    assert "iris-classifier" not in found


def test_no_file_leaves_its_folder(attacked: Any) -> None:
    out = attacked.out
    assert [str(p) for p in out.rglob("*") if p.is_symlink()] == []
    assert [
        str(p) for p in out.rglob("*") if b"root:x:0" in (p.read_bytes() if p.is_file() else b"")
    ] == []
    names = {p.name for p in (out / "modules").iterdir() if p.is_dir()} - {"by"}
    assert all(re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for name in names)
    beside = {p.name for p in attacked.root.parent.iterdir()}
    assert beside == {"catalog"}


def test_pictures_that_could_act_are_not_published(attacked: Any) -> None:
    pictures = sorted((attacked.out / "modules").rglob("*.svg"))
    for picture in pictures:
        content = picture.read_bytes().lower()
        assert b"<script" not in content, picture
        assert b"onload" not in content, picture
        assert b"javascript:" not in content, picture


def test_right_to_left_tricks_do_not_reach_a_page(shown: dict[str, Page]) -> None:
    tricks = re.compile("[\u202a-\u202e\u2066-\u2069]")
    loose = [
        path
        for path, page in shown.items()
        if path.startswith(("modules/by/", "check/", "index.html"))
        and tricks.search("".join(page.text))
    ]
    assert loose == []


def test_what_programs_read_stays_well_formed(attacked: Any) -> None:
    out = attacked.out
    for path in out.rglob("*.json"):
        json.loads(path.read_bytes())
    for path in out.rglob("*.xml"):
        ElementTree.fromstring(path.read_bytes())
    for path in out.rglob("*.cff"):
        cited = yaml.safe_load(path.read_bytes())
        assert cited["cff-version"] == "1.2.0"


@pytest.mark.system("chromium")
def test_a_browser_runs_nothing_of_theirs(
    attacked: Any, shown: dict[str, Page], show: Any, visit_at: Any, request: Any
) -> None:
    pytest.importorskip("playwright")
    with show(attacked) as address, visit_at(address) as visit:
        page = visit("/", viewport={"width": 360, "height": 740})
        wide = []
        for path in ("modules/", "modules/?q=module", "check/", *sorted(module_pages(shown))):
            page.goto(f"{address}/{path.removesuffix('index.html')}")
            if "?" in path:
                page.wait_for_selector(".facets input", state="attached")
            assert page.evaluate("window.owned") is None, path
            if page.evaluate("document.documentElement.scrollWidth") > 360:
                wide.append(path)
        assert wide == []
