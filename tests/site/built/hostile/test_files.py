"""What a build of hostile modules writes: nothing outside its folder, and all of it well-formed."""

from __future__ import annotations

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

pytestmark = pytest.mark.xdist_group("hostile")

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def test_nothing_is_written_started_or_called_outside(built: Any) -> None:
    root = built.root
    scratch = root.parent / "scratch"
    inside = (f"{root}/_site/", f"{root}/.deepcat/", f"{scratch}/", "/dev/null")
    wrong = []
    for line in (built.log).read_text().splitlines():
        what, _, spelt = line.partition("\t")
        thing = str(ast.literal_eval(spelt))
        if what == "subprocess.Popen" and Path(thing).name == "git":
            continue
        if not f"{thing}/".startswith(inside) and thing not in inside:
            wrong.append((what, thing))
    assert wrong == []
    assert not list(root.rglob("owned"))
    assert {path.name for path in root.parent.iterdir()} == {"catalog", "log", "scratch"}
    assert list(scratch.iterdir()) == []


def test_no_file_comes_from_outside(built: Any) -> None:
    out = built.out
    assert [path for path in out.rglob("*") if path.is_symlink()] == []
    for path in out.rglob("*"):
        assert not path.is_file() or b"root:x:0" not in path.read_bytes(), path
    names = {path.name for path in (out / "modules").iterdir() if path.is_dir()} - {"by"}
    assert [name for name in names if not NAME.fullmatch(name)] == []


@pytest.mark.parametrize("where", ["built", "let_through"])
def test_pictures_that_could_act_are_not_published(
    where: str, request: pytest.FixtureRequest
) -> None:
    out = request.getfixturevalue(where).out
    assert list((out / "modules").rglob("*.svg")) == []
    kinds = {path.suffix for path in (out / "modules").rglob("*") if path.is_file()}
    assert kinds <= {".html", ".json", ".xml", ".cff", ".png"}


@pytest.mark.parametrize("where", ["built", "let_through"])
def test_what_programs_read_stays_well_formed(where: str, request: pytest.FixtureRequest) -> None:
    out = request.getfixturevalue(where).out
    for path in out.rglob("*.json"):
        json.loads(path.read_bytes())
    spaces = "{http://www.w3.org/2005/Atom}", "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    for path in out.rglob("*.xml"):
        tags = {element.tag for element in ElementTree.fromstring(path.read_bytes()).iter()}
        assert all(tag.startswith((*spaces, "{http://a9.com/")) for tag in tags), path
    for path in out.rglob("*.cff"):
        cited = yaml.safe_load(path.read_bytes())
        assert set(cited) <= CITED, path
        assert cited["cff-version"] == "1.2.0"


CITED = {
    *("cff-version", "message", "type", "title", "version", "date-released", "license", "doi"),
    *("url", "repository-code", "abstract", "authors"),
}


@pytest.mark.parametrize("where", ["built", "let_through"])
def test_documents_keep_to_their_schema(where: str, request: pytest.FixtureRequest) -> None:
    api = request.getfixturevalue(where).out / "api/v1"
    schema = json.loads((api / "schema.json").read_bytes())
    validator = jsonschema.Draft202012Validator(schema)
    files = [api / "index.json", api / "findings.json", *(api / "modules").glob("*.json")]
    assert len(files) > 30
    for path in files:
        errors = [error.message for error in validator.iter_errors(json.loads(path.read_bytes()))]
        assert errors == [], path


class Texts(HTMLParser):
    """The text of a page's code blocks, and its linked data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.linked: list[str] = []
        self.code: list[str] = []
        self.where: list[str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and dict(attrs).get("type") == "application/ld+json":
            self.where = self.linked
        elif tag == "code":
            self.where = self.code
        if self.where is not None and tag in {"script", "code"}:
            self.where.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "code"}:
            self.where = None

    def handle_data(self, data: str) -> None:
        if self.where is not None:
            self.where[-1] += data


@pytest.mark.parametrize("where", ["built", "let_through"])
def test_linked_data_and_citations_are_whole(
    where: str, request: pytest.FixtureRequest, tmp_path: Path, validators: Any
) -> None:
    out = request.getfixturevalue(where).out
    for path in (out / "modules").glob("*/ro-crate-metadata.json"):
        texts = Texts((path.parent / "index.html").read_text())
        (linked,) = texts.linked
        assert json.loads(linked)["url"].endswith(f"/modules/{path.parent.name}/")
        (entry,) = [code for code in texts.code if code.startswith("@software{")]
        (tmp_path / f"{path.parent.name}.bib").write_text(entry)
    script = Path(__file__).parents[2] / "validators" / "bibtex.py"
    done = validators("python", script, *sorted(tmp_path.iterdir()))
    read = json.loads(done.stdout)
    assert len(read) > 30
    assert {name: bad for name, bad in read.items() if bad} == {}
