"""A build after a change gives, file for file, what one from nothing gives; and makes little."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import read_settings
from deepcat.clouds.offers import offers
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat_site.build import build
from deepcat_site.pages.site import Site
from deepcat_site.values import Event, Settings, Source

CLOUD = """\
apiVersion: deepcat/v1
name: north
kind: openstack
summary: A cloud of the north.
credentials: {openrc: "file:openrc"}
shapes:
  - {name: small, cpus: 4, memory: 16GiB, price: 0.1}
  - {name: t4, cpus: 8, memory: 32GiB, accelerator: T4, accelerators: 1, price: 0.5}
"""
WISH = "apiVersion: deepcat/v1\nmodule: leaf-finder\nowner: ada\n"
STATE = State(
    name="demo", module="leaf-finder", version="1.0.0", module_digest="a" * 64, profile="serve",
    inputs={}, cloud="north", shape="small", status=Status.RUNNING, wish_digest="b" * 64,
    commit="c" * 40, endpoints={"rest": "http://127.0.0.1:1"},
)  # fmt: skip

Edit = Callable[[Path, dict[str, Record]], None]


def source(root: Path, records: dict[str, Record]) -> Source:
    tree = work_tree(root)
    catalog = load(tree)
    found = tuple(
        offer for cloud in catalog.clouds.values() for offer in offers(cloud, None, ["service"])
    )
    return Source(
        tree=tree,
        catalog=catalog,
        records=records,
        history={name: (Event(r.updated, f"is {r.state.status}"),) for name, r in records.items()},
        offers=found,
        settings=Settings.from_data(read_settings(tree)),
        now="2025-02-01T00:00:00+00:00",
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".deepcat-site"
    }


def write(path: str, text: str) -> Edit:
    def edit(root: Path, _records: dict[str, Record]) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return edit


def swap(path: str, old: str, new: str) -> Edit:
    def edit(root: Path, _records: dict[str, Record]) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return edit


def delete(path: str) -> Edit:
    def edit(root: Path, _records: dict[str, Record]) -> None:
        shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()

    return edit


def record(**changes: Any) -> Edit:
    def edit(_root: Path, records: dict[str, Record]) -> None:
        at = "2025-01-02T00:00:00+00:00"
        records["demo"] = Record(replace(STATE, **changes), created=at, updated=at)

    return edit


def forget(_root: Path, records: dict[str, Record]) -> None:
    records.clear()


def commit(root: Path, _records: dict[str, Record]) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "all")):
        subprocess.run(["git", *words], cwd=root, check=True)


def lose_words(root: Path, _records: dict[str, Record]) -> None:
    for kept in (root / ".deepcat/cache/site").glob("words-*"):
        shutil.rmtree(kept)
    (root / "modules/leaf-finder/README.md").write_text("# Leaf\n\nWords after a loss.\n")


NAMES = "leaf-finder, wave-reader"
COLLECTION = (
    f"apiVersion: deepcat/v1\ntitle: Both\ndescription: Two.\nmodules: [{NAMES}]\ncompare: true\n"
)
POINTS = (
    "apiVersion: deepcat/v1\ntitle: Points\naddress: https://example.org/points.csv\n"
    f"sha256: {'0' * 64}\nbytes: 3\nmaintainers: [ada]\n"
)
TRAINING = "training: {command: python train.py, data: {points: {dataset: points}}}\n"
ONE = "apiVersion: deepcat/v1\ntitle: One\nmodules: [wave-reader]\n"
AUTHOR = "authors: [{name: Zoë Ábel, affiliation: Ångström}]\n"
METRIC = "metrics: [{dataset: Birds, split: test, name: accuracy, value: 0.9}]\n"
LEAF, WAVE = "modules/leaf-finder", "modules/wave-reader"
EDITS: tuple[tuple[str, Edit], ...] = (
    ("a README", write(f"{LEAF}/README.md", "# Leaf\n\nOther `words`.\n")),
    ("a title", swap(f"{LEAF}/module.yaml", "title: Leaf finder", "title: Finder of leaves")),
    ("a task", swap(f"{WAVE}/module.yaml", "Regression", "Time Series")),
    ("all of it committed", commit),
    ("what was kept of words lost", lose_words),
    ("a tag", swap(f"{WAVE}/module.yaml", "[test]", "[test, waves]")),
    ("a finding", write(f"{WAVE}/README.md", "# Wave\n\n![x](https://example.org/x.png)\n")),
    ("an error", swap(f"{LEAF}/module.yaml", "license: Apache-2.0", "license: none of them")),
    ("the error mended", swap(f"{LEAF}/module.yaml", "none of them", "MIT")),
    ("a cloud", write("clouds/north.yaml", CLOUD)),
    ("a price", swap("clouds/north.yaml", "price: 0.5", "price: 0.7")),
    ("a cloud's words", swap("clouds/north.yaml", "of the north", "of the far north")),
    ("a wish", write("deployments/demo.yaml", WISH)),
    ("a record", record()),
    ("a record of who may call", record(access={"keys": {"ada": {"secret": "env:A"}}})),
    ("a failure", record(status=Status.FAILED, endpoints={})),
    ("a pick", swap("deepcat.yaml", "title: Tests", "picks: [wave-reader]\ntitle: Tests")),
    ("a comparison", swap("deepcat.yaml", "picks:", f"compare: [[{NAMES}]]\npicks:")),
    ("a title that is compared", swap(f"{LEAF}/module.yaml", "title: Finder", "title: The finder")),
    ("a collection", write("collections/both.yaml", COLLECTION)),
    ("its words", swap("collections/both.yaml", "title: Both", "title: Both of them")),
    ("another one", write("collections/one.yaml", ONE)),
    ("a title in them", swap(f"{WAVE}/module.yaml", "title: Wave", "title: A wave")),
    ("a data set", write("datasets/points.yaml", POINTS)),
    ("a training with it", swap(f"{WAVE}/module.yaml", "license:", f"{TRAINING}license:")),
    ("its title", swap("datasets/points.yaml", "title: Points", "title: All points")),
    ("an author", swap(f"{WAVE}/module.yaml", "license:", f"{AUTHOR}license:")),
    ("a measure", swap(f"{WAVE}/module.yaml", "license:", f"{METRIC}license:")),
    (
        "a base",
        swap(f"{LEAF}/module.yaml", "license: MIT", "license: MIT\nbase_model: wave-reader"),
    ),
    ("a title of the base", swap(f"{WAVE}/module.yaml", "title: A wave", "title: Waves")),
    ("no base", swap(f"{LEAF}/module.yaml", "base_model: wave-reader\n", "")),
    ("no collection", delete("collections/both.yaml")),
    ("the name", swap("deepcat.yaml", "title: Tests", "title: More tests")),
    ("no record", forget),
    ("a module gone", delete(WAVE)),
    ("no wish", delete("deployments/demo.yaml")),
    ("no cloud", delete("clouds/north.yaml")),
    ("a page of its own", write("site/pages/more.md", "# More\n\nMore words.\n")),
)


@pytest.mark.slow
def test_a_build_after_any_change_is_as_one_from_nothing(tmp_path: Path, site_tools: Any) -> None:
    root = site_tools.write_catalog(tmp_path / "catalog")
    (root / ".gitignore").write_text("/.deepcat/\n")
    records: dict[str, Record] = {}
    build(source(root, records), root, tmp_path / "out")
    for number, (what, edit) in enumerate(EDITS):
        edit(root, records)
        build(source(root, records), root, tmp_path / "out")
        build(source(root, records), root, tmp_path / f"fresh-{number}")
        ours, fresh = contents(tmp_path / "out"), contents(tmp_path / f"fresh-{number}")
        assert sorted(ours) == sorted(fresh), what
        assert [path for path in fresh if ours[path] != fresh[path]] == [], what


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages, other than modules', that are rendered."""
    seen: list[str] = []
    before = Site.page

    def spy(self: Site, path: str, *arguments: Any, **values: Any) -> None:
        seen.append(path)
        before(self, path, *arguments, **values)

    monkeypatch.setattr(Site, "page", spy)
    return seen


def test_a_changed_readme_makes_no_other_page(
    tmp_path: Path, site_tools: Any, made: list[str]
) -> None:
    root = site_tools.write_catalog(tmp_path / "catalog")
    build(source(root, {}), root, tmp_path / "out")
    assert "modules/by/task/regression/index.html" in made
    made.clear()
    (root / LEAF / "README.md").write_text("# Leaf\n\nOther words.\n")
    report = build(source(root, {}), root, tmp_path / "out")
    # The page, its document, and two files of words.
    assert (report.rendered, report.written, made) == (1, 4, [])


def test_a_changed_title_makes_the_lists_that_show_it(
    tmp_path: Path, site_tools: Any, made: list[str]
) -> None:
    root = site_tools.write_catalog(tmp_path / "catalog")
    build(source(root, {}), root, tmp_path / "out")
    made.clear()
    swap(f"{LEAF}/module.yaml", "title: Leaf finder", "title: Finder of leaves")(root, {})
    build(source(root, {}), root, tmp_path / "out")
    page = tmp_path / "out/modules/by/task/classification/index.html"
    text = page.read_text()
    assert ">Finder of leaves</a>" in text and ">Leaf finder</a>" not in text
    # Of a list one row is swapped; what says nothing of the module is left alone.
    alone = ("check/", "status/", "clouds/", "modules/by/task/")
    assert not [path for path in made if path.startswith(alone)]
    page.write_text("somebody else wrote here")
    swap(f"{LEAF}/module.yaml", "title: Finder of leaves", "title: Leaf finder")(root, {})
    build(source(root, {}), root, tmp_path / "out")
    assert page.read_text() == text.replace("Finder of leaves", "Leaf finder")
