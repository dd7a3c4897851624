"""`history/`: what happened to deployments, by month; a month that is over stays as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat_site.build import build
from deepcat_site.pages.site import Site
from deepcat_site.values import Event, Settings, Source
from deepcat_site.views.events import MOST, event, months

BODY = "Deepcat-Run: r1\nDeepcat-Action: create\nDeepcat-Price-Hour: 0.5\nDeepcat-By: grace"
COMMIT = "c" * 40
MARCH = Event("2026-03-02T10:00:00+00:00", "plants 1.0.0 runs", "well", "ada", COMMIT, "r1", 0.5)
APRIL = Event("2026-04-02T10:00:00+00:00", "begin to replace", "begun", run="r2")
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "\u202egpj.exe\x1b[2J",
    '" onmouseover="alert(1)',
    "](javascript:alert(1))",
]


@pytest.mark.parametrize(
    ("subject", "body", "found"),
    [
        ("demo: runs", BODY, ("well", "grace", "r1", 0.5)),
        ("demo: could not", f"{BODY}\nDeepcat-Failure: x: y: z", ("failed", "grace", "r1", None)),
        ("demo: begin to create plants", "Deepcat-Run: r1", ("begun", "", "r1", None)),
        ("demo: the lock was released", "Deepcat-Action: release", ("", "", "", None)),
        ("demo: by hand", "", ("", "", "", None)),
        ("demo: runs", "Deepcat-Action: create\nDeepcat-Price-Hour: nan", ("well", "", "", None)),
        ("demo: runs", "Deepcat-Action: create\nDeepcat-Price-Hour: 0", ("well", "", "", 0.0)),
    ],
)
def test_what_a_commit_says_is_an_event(subject: str, body: str, found: tuple[Any, ...]) -> None:
    seen = event("2026-01-01T00:00:00+00:00", subject, body)
    assert seen is not None
    assert (seen.outcome, seen.by, seen.run, seen.price) == found


def test_a_sign_of_life_is_no_event() -> None:
    assert event("2026-01-01T00:00:00+00:00", "demo: still at work", "") is None


def test_months_are_newest_first_and_bounded() -> None:
    many = [replace(APRIL, words=f"{n}") for n in range(MOST + 3)]
    newest, older = months({"a": [*many], "b": [MARCH]})
    assert (newest.name, newest.path, newest.more) == ("2026-04", "history/index.html", 3)
    assert (older.name, older.path) == ("2026-03", "history/2026-03/index.html")
    assert len(newest.rows) == MOST
    assert older.rows[0].deployment == "b"
    assert months({}) == ()
    assert [each.name for each in months({"a": [replace(MARCH, at="never")]})] == ["0000-00"]


@pytest.fixture
def root(tmp_path: Path, site_tools: Any) -> Path:
    found: Path = site_tools.write_catalog(tmp_path / "catalog")
    return found


def _build(root: Path, events: Sequence[Event], name: str = "demo") -> Path:
    tree = work_tree(root)
    settings = Settings(repository="https://github.com/example/catalog", currency="EUR")
    source = Source(tree, load(tree), settings=settings, history={name: tuple(events)})
    build(source, root, root.parent / "out")
    return root.parent / "out"


def _cells(page: Path) -> list[list[str]]:
    rows = re.findall(r"<tr>(<td>.*?)</tr>", page.read_text("utf-8"), re.DOTALL)
    return [
        [unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in re.findall(r"<td.*?</td>", row)]
        for row in rows
    ]


def test_each_event_is_a_row(root: Path) -> None:
    out = _build(root, [APRIL, MARCH])
    (begun,) = _cells(out / "history/index.html")
    (well,) = _cells(out / "history/2026-03/index.html")
    assert begun == ["2026-04-02 10:00", "demo", "begin to replace r2", "begun", "–", "–", "–"]
    assert well[:6] == [
        "2026-03-02 10:00", "demo", "plants 1.0.0 runs r1", "went well", "ada", "c" * 10,
    ]  # fmt: skip
    assert "0.50" in well[6]
    text = (out / "history/2026-03/index.html").read_text()
    assert f'href="https://github.com/example/catalog/commit/{COMMIT}"' in text
    assert "status/demo/" not in text, "no page of a deployment that nothing is known of any more"
    assert "history/" in (out / "status/index.html").read_text()


def test_where_nothing_happened_is_said(root: Path) -> None:
    page = _build(root, []) / "history/index.html"
    assert "Nothing has happened yet." in page.read_text("utf-8")


def test_hostile_words_stay_words(root: Path) -> None:
    calm = _build(root, [replace(MARCH, at="never")] * len(HOSTILE)) / "history/index.html"
    tags = Counter(re.findall(r"<[a-z]+", calm.read_text("utf-8")))
    out = _build(root, [_hostile(words) for words in HOSTILE])
    text = (out / "history/index.html").read_text("utf-8")
    assert Counter(re.findall(r"<[a-z]+", text)) <= tags
    assert 'onmouseover="' not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    rows = _cells(out / "history/index.html")
    assert len(rows) == len(HOSTILE)
    assert not [row for row in rows if "49" in " ".join(row)]


def _hostile(words: str) -> Event:
    found = event(
        f"2026-01-01T00:00:00+00:00{words}",
        f"demo: {words}",
        f"Deepcat-By: {words}\nDeepcat-Run: {words}\nDeepcat-Commit: {words}",
    )
    assert found is not None
    return replace(found, outcome="well", price=0.5)


def test_a_month_that_is_over_is_left_as_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    before = Site.page

    def spy(self: Site, path: str, *arguments: Any, **values: Any) -> None:
        made.append(path)
        before(self, path, *arguments, **values)

    monkeypatch.setattr(Site, "page", spy)
    _build(root, [APRIL, MARCH])
    made.clear()
    _build(root, [APRIL, MARCH])
    assert made == []
    out = _build(root, [replace(APRIL, at="2026-04-03T10:00:00+00:00"), APRIL, MARCH])
    assert [path for path in made if path.startswith("history/")] == ["history/index.html"]
    assert (out / "history/2026-03/index.html").is_file()
    made.clear()
    _build(root, [])
    assert not (out / "history/2026-03").exists()
