"""What programs read: each document is valid by its schema, or by its format's own validator."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from openapi_spec_validator import validate

pytestmark = pytest.mark.xdist_group("browser")

ATOM = "{http://www.w3.org/2005/Atom}"
SITE_URL = "https://catalog.example.org/"
RAW = "https://github.com/example/catalog/raw/main/"


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.fixture(scope="module")
def schema(site: Path) -> dict[str, Any]:
    found = read(site / "api/v1/schema.json")
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def test_documents_are_as_the_published_schema_says(site: Path, schema: dict[str, Any]) -> None:
    kinds = {"index": "Index", "deployments": "Deployments", "clouds": "Clouds"}
    files = {site / f"api/v1/{name}.json": kind for name, kind in kinds.items()}
    files[site / "api/v1/findings.json"] = "Findings"
    files |= dict.fromkeys((site / "api/v1/modules").glob("*.json"), "Module")
    assert len(files) == 12
    whole = jsonschema.Draft202012Validator(schema)
    for path, kind in files.items():
        document = read(path)
        one = {"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}
        for validator in (jsonschema.Draft202012Validator(one), whole):
            errors = [
                f"{path.name}: {e.json_path}: {e.message}" for e in validator.iter_errors(document)
            ]
            assert errors == []


def test_what_modules_answer_is_openapi_that_their_samples_fit(site: Path) -> None:
    made = {path.parent.name: read(path) for path in site.glob("modules/*/openapi.json")}
    assert "digits-classifier" in made
    for name, document in made.items():
        validate(document)
        for method in ("predict", "classify", "regress"):
            post = document["paths"].get(f"/v1/models/{name}:{method}", {}).get("post", {})
            asked = post.get("requestBody", {}).get("content", {}).get("application/json", {})
            answer = post.get("responses", {}).get("200", {}).get("content", {})
            for media in (asked, answer.get("application/json", {})):
                for example in media.get("examples", {}).values():
                    schema = jsonschema.Draft202012Validator(media["schema"])
                    assert [error.message for error in schema.iter_errors(example["value"])] == []


def test_schema_refuses_what_is_wrong(site: Path, schema: dict[str, Any]) -> None:
    document = read(site / "api/v1/index.json")
    validator = jsonschema.Draft202012Validator(schema)
    document["modules"][0]["name"] = "../x"
    assert not validator.is_valid(document)


def test_index_agrees_with_the_pages(site: Path) -> None:
    document = read(site / "api/v1/index.json")
    names = {path.parent.name for path in site.glob("modules/*/ro-crate-metadata.json")}
    assert {row["name"] for row in document["modules"]} == names
    assert document["count"] == len(names) == 8
    for row in document["modules"]:
        assert (site / row["page"].removeprefix(SITE_URL) / "index.html").is_file()
        whole = read(site / row["document"].removeprefix(SITE_URL))
        assert {key: whole[key] for key in row} == row


def test_openapi_description_is_valid(site: Path) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    document = read(site / "api/v1/openapi.json")
    validator.validate(document)
    for path in document["paths"]:
        named = path.lstrip("/").replace("{name}", "iris-classifier")
        assert (site / named).is_file(), path


def test_findings_are_those_of_the_broken_module(site: Path) -> None:
    rows = read(site / "api/v1/findings.json")["findings"]
    mine = [row for row in rows if row["path"].startswith("modules/broken/")]
    assert any(row["severity"] == "error" and row["line"] == 3 for row in mine)
    for row in rows:
        assert (site / row["rule"].removeprefix(SITE_URL) / "index.html").is_file(), row["rule"]


def test_feeds(site: Path) -> None:
    feeds = [*site.glob("feeds/**/*.xml"), *site.glob("modules/*/feed.xml")]
    assert len(feeds) > 10
    for path in feeds:
        feed = ElementTree.fromstring(path.read_bytes())
        assert feed.tag == f"{ATOM}feed", path
        for part in (feed, *feed.iter(f"{ATOM}entry")):
            for name in ("id", "title", "updated"):
                assert len(part.findall(f"{ATOM}{name}")) == 1, (path, name)
            assert urlsplit(part.findtext(f"{ATOM}id")).scheme
            assert datetime.fromisoformat(part.findtext(f"{ATOM}updated")).tzinfo
            assert part.find(f"{ATOM}link").get("href").startswith(SITE_URL)
        assert feed.find(f"{ATOM}author/{ATOM}name") is not None
        ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
        assert ids
        assert len(ids) == len({*ids})


def test_sitemap_names_every_page(site: Path) -> None:
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    found = ElementTree.fromstring((site / "sitemap.xml").read_bytes())
    named = {row.text.removeprefix(SITE_URL) for row in found.iter(f"{space}loc")}
    there = {
        str(path.parent.relative_to(site)) + "/" if path.parent != site else ""
        for path in site.rglob("index.html")
    } - {"embed/"}
    assert named == there
    assert f"Sitemap: {SITE_URL}sitemap.xml" in (site / "robots.txt").read_text()


def test_opensearch(site: Path) -> None:
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    found = ElementTree.fromstring((site / "opensearch.xml").read_bytes())
    assert len(found.findtext(f"{space}ShortName")) <= 16
    assert found.find(f"{space}Url").get("template") == f"{SITE_URL}modules/?q={{searchTerms}}"


def test_a_module_lies_in_few_files(site: Path) -> None:
    """What only programs read is in its document."""
    files = {path.name for path in (site / "modules/iris-classifier").iterdir() if path.is_file()}
    own = {"index.html", "feed.xml", "CITATION.cff", "ro-crate-metadata.json", "openapi.json"}
    assert {name for name in files if not name.endswith((".svg", ".png", ".avif", ".webp"))} == own


def test_the_badge_that_the_page_shows_is_found_in_the_document(site: Path) -> None:
    page = (site / "api/index.html").read_text()
    (query,) = re.findall(r"query=%24((?:\.\w+)+)&", page)
    found = read(site / "api/v1/modules/iris-classifier.json")
    for key in query.split(".")[1:]:
        found = found[key]
    assert found == "1.0.0"


def test_ro_crates(site: Path, repository: Path) -> None:
    for path in site.glob("modules/*/ro-crate-metadata.json"):
        crate = read(path)
        assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
        graph = {item["@id"]: item for item in crate["@graph"]}
        assert len(graph) == len(crate["@graph"]), "an identifier stands twice"
        about = graph["ro-crate-metadata.json"]
        assert about["@type"] == "CreativeWork"
        assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
        root = graph[about["about"]["@id"]]
        assert {"name", "description", "datePublished", "license"} <= root.keys()
        authors = root["author"] if isinstance(root["author"], list) else [root["author"]]
        for part in [*root["hasPart"], *authors, root["publisher"], root["license"]]:
            assert part["@id"] in graph
        for part in root["hasPart"]:
            file = repository / part["@id"].removeprefix(RAW)
            assert file.stat().st_size == int(graph[part["@id"]]["contentSize"])


def test_citations_are_valid(site: Path) -> None:
    for path in site.glob("modules/*/CITATION.cff"):
        cited = yaml.safe_load(path.read_text())
        assert cited["cff-version"] == "1.2.0"
        assert {"message", "title", "authors"} <= cited.keys()
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(cited["date-released"]))
        for author in cited["authors"]:
            assert "name" in author or "family-names" in author


def test_citations_by_the_schema_that_others_keep(site: Path) -> None:
    """`check-jsonschema` carries the schema of citation files, where its release has it."""
    files = [str(path) for path in site.glob("modules/*/CITATION.cff")]
    builtin = "vendor.citation-file-format"
    help_ = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--help"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    if builtin not in re.sub(r"\s+", "", help_):
        pytest.skip("this release of check-jsonschema has no schema of citation files")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", builtin, *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


class LinkedData(HTMLParser):
    """The JSON-LD of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inside = False
        self.found: list[Any] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script" and dict(attrs).get("type") == "application/ld+json"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(json.loads(data))
            self.inside = False


def test_pages_carry_linked_data(site: Path) -> None:
    for path in site.glob("modules/*/ro-crate-metadata.json"):
        page = path.parent / "index.html"
        (found,) = LinkedData(page.read_text()).found
        contexts = found["@context"]
        assert "https://schema.org/" in contexts
        assert contexts[1]["fair4ml"] == "https://w3id.org/fair4ml#"
        assert "fair4ml:MLModel" in found["@type"]
        row = read(site / f"api/v1/modules/{path.parent.name}.json")
        assert found["name"] == row["title"]
        assert found["version"] == row["version"]
        assert found["license"] == f"https://spdx.org/licenses/{row['license']}"
        assert found["url"] == row["page"]
        assert found["author"]
        assert {key.partition(":")[0] for key in found if ":" in key} == {"fair4ml"}


def test_ai4os_metadata_is_valid(site: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai4_metadata")
    files = [tmp_path / path.name for path in site.glob("api/v1/modules/*.json")]
    assert len(files) == 8
    for path in files:
        path.write_text(json.dumps(read(site / "api/v1/modules" / path.name)["ai4os"]))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ai4-metadata")), "validate", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_search_index_is_small_and_knows_all(site: Path) -> None:
    columns = read(site / "search/index.json")
    assert sorted(columns["names"].split()) == sorted(
        row["name"] for row in read(site / "api/v1/index.json")["modules"]
    )


def test_embedded_card_may_be_framed(site: Path) -> None:
    text = (site / "embed/index.html").read_text()
    assert "noindex" in text
    assert "frame-ancestors" not in text, "a meta tag cannot say it, `_headers` does"
