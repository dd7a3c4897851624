"""What programs read, held against the validators that others keep, each offline."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser

import jsonschema
import pytest
from ended_trainings import HOW, MADE

from deepcat.loop.trained.crate import About
from deepcat.loop.trained.crate import crate as crate_of
from deepcat_site.api import feeds
from deepcat_site.values import Settings

pytestmark = pytest.mark.xdist_group("browser")

HERE = Path(__file__).parent.parent / "validators"
RAW = "https://github.com/example/catalog/raw/main/"
SITE_URL = "https://catalog.example.org/"
Run = Callable[..., Any]


def script(run: Run, name: str, *words: str | Path) -> dict[str, list[str]]:
    """What one of our scripts says of each file."""
    done = run("python", HERE / f"{name}.py", *words)
    assert done.stdout.startswith("{"), done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    assert done.returncode == any(found.values())
    return found


def faults(found: dict[str, list[str]]) -> dict[str, list[str]]:
    assert found
    return {name: bad for name, bad in found.items() if bad}


def linked_data(page: Path) -> str:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.read_text())
    assert len(found) == 1
    return str(found[0])


def test_feeds_by_the_rules_of_rfc_4287(site: Path, validators: Run) -> None:
    files = [*site.glob("feeds/**/*.xml"), *site.glob("modules/*/feed.xml")]
    assert {path.parent.name for path in files} > {"feeds", "task", "iris-classifier"}
    assert faults(script(validators, "documents", HERE / "atom.rng", *files)) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<updated>", "<updated>yesterday, "),
        ("<id>urn:uuid:", "<id>"),
        ("<author>", "<writer></writer><author>"),
        ('rel="self"', 'rel="other"'),
        ("</title>", "</title><title>again</title>"),
    ],
)
def test_a_wrong_feed_is_seen(
    old: str, new: str, site: Path, validators: Run, tmp_path: Path
) -> None:
    text = (site / "feeds/all.xml").read_text()
    assert old in text
    wrong = tmp_path / "wrong.xml"
    wrong.write_text(text.replace(old, new, 1))
    assert faults(script(validators, "documents", HERE / "atom.rng", wrong))


def test_sitemap_and_robots(site: Path, validators: Run) -> None:
    assert faults(script(validators, "documents", HERE / "sitemap.rng", site / "sitemap.xml")) == {}
    robots = RobotFileParser()
    robots.parse((site / "robots.txt").read_text().splitlines())
    assert robots.can_fetch("anybody", f"{SITE_URL}modules/iris-classifier/")
    assert robots.site_maps() == [f"{SITE_URL}sitemap.xml"]


def test_sitemaps_of_many_pages_keep_to_the_limits(validators: Run, tmp_path: Path) -> None:
    pages = [(f"modules/a-module-{n}/", "2026-01-02") for n in range(100_001)]
    made = feeds.sitemaps(pages, Settings(site_url=SITE_URL))
    assert sorted(made) == ["sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml", "sitemap.xml"]
    for name, content in made.items():
        assert len(content) < 50 * 1024**2
        assert content.count(b"<url>") <= 50_000
        (tmp_path / name).write_bytes(content)
    assert sum(content.count(b"<url>") for content in made.values()) == len(pages)
    files = [tmp_path / name for name in made]
    assert faults(script(validators, "documents", HERE / "sitemap.rng", *files)) == {}


def test_opensearch(site: Path, validators: Run) -> None:
    file = site / "opensearch.xml"
    assert faults(script(validators, "documents", HERE / "opensearch.rng", file)) == {}


def test_linked_data_speaks_schema_org_and_fair4ml(
    site: Path, validators: Run, tmp_path: Path
) -> None:
    for crate in site.glob("modules/*/ro-crate-metadata.json"):
        text = linked_data(crate.with_name("index.html"))
        (tmp_path / f"{crate.parent.name}.json").write_text(text)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 8
    assert faults(script(validators, "linked", *files)) == {}
    wrong = tmp_path / "wrong.json"
    iris = (tmp_path / "iris-classifier.json").read_text()
    for old, new in (
        ("fair4ml:mlTask", "fair4ml:evaluationMetrics"),
        ("fair4ml:trainedOn", "fair4ml:taughtBy"),
        ("https://w3id.org/fair4ml#", "https://w3id.org/fair4ml/"),
        ('"publisher"', '"printer"'),
    ):
        assert old in iris
        wrong.write_text(iris.replace(old, new))
        assert faults(script(validators, "linked", wrong)), new


def test_ro_crates_by_their_profile(
    site: Path, catalog: Any, validators: Run, tmp_path: Path
) -> None:
    folders = [path.parent for path in sorted(site.glob("modules/*/ro-crate-metadata.json"))]
    assert len(folders) == 8
    assert faults(script(validators, "crates", RAW, catalog.root, *folders)) == {}
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    crate = json.loads((folders[0] / "ro-crate-metadata.json").read_bytes())
    del crate["@graph"][1]["license"]
    crate["@graph"][-1]["@id"] = f"{RAW}modules/none.txt"
    (wrong / "ro-crate-metadata.json").write_text(json.dumps(crate))
    (bad,) = faults(script(validators, "crates", RAW, catalog.root, wrong)).values()
    assert len(bad) >= 2


def test_crates_of_trainings_by_their_profile(validators: Run, tmp_path: Path) -> None:
    about = About("Leaves", "Catalog", SITE_URL, "https://spdx.org/licenses/MIT")
    for lacking in ("nothing", "instrument", "agent", "endTime"):
        made = crate_of(HOW, about, MADE, {"acc": 0.9}, {"curves.json": "Curves."})
        run = next(each for each in made["@graph"] if each["@type"] == "CreateAction")
        run.pop(lacking, None)
        folder = tmp_path / lacking
        folder.mkdir()
        (folder / "curves.json").write_text("{}")
        (folder / "ro-crate-metadata.json").write_text(json.dumps(made))
    folders = sorted(tmp_path.iterdir())
    found = faults(script(validators, "crates", RAW, tmp_path, *folders))
    assert {Path(name).name for name in found} == {"instrument", "agent", "endTime"}


def test_a_crate_without_a_forge_names_what_lies_beside_it(
    fresh: Callable[..., Any], validators: Run
) -> None:
    catalog = fresh("iris-classifier")
    settings = catalog.root / "deepcat.yaml"
    settings.write_text(re.sub("(?m)^(repository|site_url):.*$", "", settings.read_text()))
    catalog.build()
    folder = catalog.out / "modules/iris-classifier"
    (bad,) = script(validators, "crates", RAW, catalog.root, folder).values()
    assert [each for each in bad if "organization SHOULD have a URL" not in each] == []


def test_citations(site: Path, validators: Run, tmp_path: Path) -> None:
    files = sorted(site.glob("modules/*/CITATION.cff"))
    assert len(files) == 8
    for file in files:
        done = validators("cffconvert", "--validate", "--infile", file)
        assert done.returncode == 0, done.stdout + done.stderr
        shown = validators("cffconvert", "--format", "apalike", "--infile", file)
        assert file.parent.name in shown.stdout or shown.stdout.strip()
    wrong = tmp_path / "CITATION.cff"
    wrong.write_text(files[0].read_text().replace("authors:", "writers:"))
    assert validators("cffconvert", "--validate", "--infile", wrong).returncode != 0


def test_bibtex(site: Path, validators: Run, tmp_path: Path) -> None:
    for crate in site.glob("modules/*/ro-crate-metadata.json"):
        text = crate.with_name("index.html").read_text()
        (entry,) = re.findall(r"<code>(@software\{.*?)</code>", text, re.DOTALL)
        (tmp_path / f"{crate.parent.name}.bib").write_text(unescape(entry))
    files = sorted(tmp_path.iterdir())
    assert len(files) == 8
    assert faults(script(validators, "bibtex", *files)) == {}
    wrong = tmp_path / "wrong.bib"
    wrong.write_text(files[0].read_text().replace("title = {", "title = {}, x = {"))
    assert faults(script(validators, "bibtex", wrong))


def test_croissant_for_a_linked_data_set_only(site: Path, validators: Run, tmp_path: Path) -> None:
    documents = [json.loads(path.read_bytes()) for path in site.glob("api/v1/modules/*.json")]
    linked = {
        document["name"]
        for document in documents
        if any(link["kind"] == "dataset" for link in document["links"])
    }
    made = {}
    for document in documents:
        if document["croissant"]:
            made[document["name"]] = path = tmp_path / f"{document['name']}.json"
            path.write_text(json.dumps(document["croissant"]))
    assert set(made) == linked
    assert "iris-classifier" in made
    for path in made.values():
        done = validators("mlcroissant", "validate", "--jsonld", path)
        assert done.returncode == 0, done.stderr
        assert "not standard" not in done.stderr
    wrong = tmp_path / "wrong.json"
    wrong.write_text(made["iris-classifier"].read_text().replace("sc:Dataset", "sc:Thing"))
    assert validators("mlcroissant", "validate", "--jsonld", wrong).returncode != 0


# What shields.io takes of a badge, from its own description.
SHIELDS = {
    "type": "object",
    "properties": {
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        "color": {"type": "string", "pattern": "^([a-z]+|[0-9a-f]{3}|[0-9a-f]{6})$"},
    },
    "required": ["label", "message"],
    "additionalProperties": False,
}


def test_badges_are_what_shields_takes(site: Path) -> None:
    documents = [json.loads(path.read_bytes()) for path in site.glob("api/v1/modules/*.json")]
    badges = [badge for document in documents for badge in document["badges"].values()]
    assert len(badges) == 24
    for badge in badges:
        jsonschema.validate(badge, SHIELDS)


def test_every_document_is_what_the_openapi_description_says(site: Path) -> None:
    description = json.loads((site / "api/v1/openapi.json").read_bytes())
    parts = {"components": description["components"]}
    seen = 0
    for path, item in description["paths"].items():
        answer = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator({**parts, **answer})
        for file in site.glob(path.lstrip("/").replace("{name}", "*")):
            assert [e.message for e in validator.iter_errors(json.loads(file.read_bytes()))] == []
            seen += 1
    assert seen == 12
