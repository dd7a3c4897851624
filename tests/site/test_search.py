"""The search index: what it holds, how large it is, and that the browser's code reads it."""

from __future__ import annotations

import gzip
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import read_settings
from deepcat.catalog.values import Module
from deepcat_site import terms, text
from deepcat_site.api import fields, postings, search, words
from deepcat_site.build import build
from deepcat_site.digests import shard_of
from deepcat_site.html import render
from deepcat_site.values import Settings, Source
from deepcat_site.views import facets
from deepcat_site.views.card import Card
from deepcat_site.views.measures import Row
from deepcat_site.views.shown import Shown, facts

WEB = "generator/web"
# Kept beside the TypeScript's tests, which unpack it: name, title, summary, task, data, tags, GPU.
ROWS = (
    ("bird-song", "", "Names birds by their song", "Classification", "Audio", "field work", 0),
    ("guest-counter", "Café counter", "Counts guests", "Regression", "Image", "naïve", 8000),
    ("digits-classifier", "", "Reads handwriting", "Classification", "Image", "handwriting", 0),
    ("iris-classifier", "", "Names the species", "Classification", "Tabular", "flower", 0),
    (
        "leaf-finder",
        "Leaf finder 花の分類",
        "Finds leaves",
        "Computer Vision",
        "Image",
        "plants",
        -1,
    ),
    ("load-forecaster", "", "Foresees load", "Time Series", "Time Series", "power", 90_000),
)


def card(at: int, row: tuple[str, str, str, str, str, str, int]) -> Card:
    name, title, summary, task, data, tag, gpu = row
    return Card(
        name=name,
        title=title or search.title_of(name),
        summary=summary,
        version="1.0.0",
        license="MIT" if at % 2 else "Apache-2.0",
        created=f"2024-01-0{at + 1}",
        updated=f"2025-02-0{9 - at}",
        tasks=(task,),
        libraries=("TensorFlow", "Keras") if at == 2 else ("TensorFlow",),
        data_types=(data,),
        categories=("AI4 inference",),
        tags=(tag,),
        gpu_MiB=gpu,
        cpus=1,
        runs=int(at == 3),
        trainable=at > 2,
        verified=at == 3,
        deprecated=at == 0,
        metrics=(Row("birds", "test", "accuracy", at / 10),),
    )


README = """# Notes on {name}

```python
print("code is no prose")
```
It tells *warblers* from {name}s, at https://example.org/hidden, by the [thrush](../there).
"""
TERMS: tuple[Any, ...] = (
    ("the", "of", "by"),
    (("counter", "tally"), ("leaf", "foliage", "green part")),
    {"leaf": ("Blatt", "hoja")},
)


def module(each: Card) -> Module:
    """The module that a card is of."""
    data = {
        "description": "Made for the field.",
        "authors": [{"name": "Ada Lovelace", "affiliation": "Institute"}],
        "metrics": [{"name": "accuracy", "dataset": "Garden"}],
    }
    return Module(each.name, each.version, f"modules/{each.name}", data, "", "", None, ())


def row(each: Card) -> fields.Row:
    text = README.format(name=each.title) if each.name == "bird-song" else ""
    return fields.row(module(each), each, text, TERMS[0])


def known() -> dict[str, Any]:
    """What the browser's code is tested with."""
    cards = [card(at, row) for at, row in enumerate(ROWS)]
    rows = [row(each).dump() for each in cards]
    index = search.pack(cards, facets.facet_counts(cards), *TERMS)
    return {
        "index": index,
        "more": search.pack_more(cards, facets.facet_counts(cards)),
        "files": {
            f"search/{kind}/{number}.json": {"of": index["stamp"], "words": words}
            for kind in postings.KINDS
            for number, words in postings.pack(kind, rows, len(rows)).items()
        },
        "hashes": {name: shard_of(name, 64) for name in (*(row[0] for row in ROWS), "分類")},
    }


def test_the_index_is_the_one_that_the_browsers_code_is_tested_with(repository: Path) -> None:
    assert json.loads((repository / WEB / "test" / "index.json").read_text()) == known()


def test_a_catalog_adds_terms_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "deepcat.yaml").write_text(
        "apiVersion: deepcat/v1\ntitle: Rivers\n"
        "search:\n  synonyms: [[river gauge, hydrograph]]\n  examples: [read a gauge]\n"
    )
    tree = work_tree(tmp_path)
    source = Source(tree, load(tree), settings=Settings.from_data(read_settings(tree)))
    assert source.catalog.findings == ()
    build(source, tmp_path, tmp_path / "out")
    index = json.loads((tmp_path / "out/search/index.json").read_bytes())
    assert index["synonyms"].startswith("river gauge,hydrograph\n")
    assert "modules/?q=read%20a%20gauge" in (tmp_path / "out/index.html").read_text()


def test_what_other_languages_say_belongs_to_a_row() -> None:
    """A translation whose term begins no row would never be found."""
    found = terms.load()
    assert found.translations.keys() <= {row[0] for row in found.synonyms}
    rows = known()["index"]["synonyms"].split("\n")
    assert rows == ["counter,tally", "leaf,foliage,green part<Blatt,hoja"]


def test_titles_give_the_words_that_no_name_has() -> None:
    cards = [card(at, row) for at, row in enumerate(ROWS)]
    assert search.also(cards) == "cafe"
    longer = [each._replace(title="The café of 12345 Oystercatchers, a counter") for each in cards]
    assert search.also(longer) == "cafe oystercatchers the"


def test_the_index_leaves_rare_tags_to_those_who_open_them() -> None:
    cards = [card(at, row)._replace(tags=(f"tag {at}", "all")) for at, row in enumerate(ROWS * 50)]
    counts = facets.facet_counts(cards)
    (tags,) = (row for row in search.pack(cards, counts)["facets"] if row["key"] == "tag")
    rest = search.pack_more(cards, counts)["values"]["tag"]
    assert tags["values"][0] == "all"
    assert len(tags["values"]) == 250
    assert [*tags["values"], *rest] == [value for value, _ in counts["tag"]]


def test_words_are_folded_as_in_the_browser(repository: Path) -> None:
    for given, expected in json.loads((repository / WEB / "test" / "tokens.json").read_text()):
        found = words.tokens(given)
        # Of a script without blanks the last letter is kept, too: somebody may ask for it alone.
        assert [word for word in found if word in expected or len(word) > 1] == expected


def test_where_a_word_stands_and_what_it_weighs() -> None:
    found = row(card(0, ROWS[0]))
    place = {word: fields.ALL[field].name for word, (field, _) in found.head.items()}
    assert place["bird"] == "title"
    assert place["field"] == "tag"  # it stands in the description, too
    assert place["made"] == "description"
    assert place["lovelace"] == "author"
    assert place["garden"] == "dataset"
    assert place["notes"] == "heading"
    assert {"tells", "warblers", "thrush"} <= {*found.readme}
    assert not {"the", "print", "https", "hidden", "there"} & {*found.head, *found.readme}
    level = {word: level for word, (_, level) in found.head.items()}
    assert level["bird"] > level["field"] > level["made"]
    assert fields.Row.parse(found.dump()) == found


def test_rows_of_words_come_out_as_they_went_in() -> None:
    dice = random.Random(5)
    for kind in postings.KINDS:
        for size in (1, 3, 400):
            numbers = sorted(dice.sample(range(100_000), size))
            most = fields.LEVELS if kind == "readme" else 91 * len(fields.ALL)
            places = {number: dice.randrange(1, most) for number in numbers}
            assert postings.decode(kind, postings.encode(kind, places)) == places


def test_a_changed_module_changes_the_files_of_its_words_alone() -> None:
    rows = [row(card(at, each)) for at, each in enumerate(ROWS)]
    (before,) = postings.pack("words", (each.dump() for each in rows), len(rows)).values()
    was = postings.of_kind("words", rows[3])
    rows[3] = fields.Row({**rows[3].head, "orchid": (0, 40)} | {"garden": (1, 5)}, {})
    del rows[3].head["names"]  # type: ignore[attr-defined]
    now = postings.of_kind("words", rows[3])
    words = {word for word in {*was, *now} if was.get(word) != now.get(word)}
    assert words == {"orchid", "garden", "names"}
    changes = {word: {3: now.get(word)} for word in words}
    (after,) = postings.pack("words", (each.dump() for each in rows), len(rows)).values()
    assert postings.changed("words", before, changes) == after
    assert "orchid" in after and "orchid" not in before


@pytest.mark.system("node", "npm")
def test_the_browsers_code(npm_packages: Callable[[str], Path]) -> None:
    folder = npm_packages(WEB)
    for script in ("check", "test"):
        done = subprocess.run(
            ["npm", "run", "--silent", script],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    ran = re.search(r"^# pass (\d+)$", done.stdout, re.M)
    assert ran and int(ran[1]) > 50


def test_ten_thousand_modules_weigh_little(repository: Path) -> None:
    """What the first query of a reader fetches, compressed as a host does it."""
    sys.path.insert(0, str(repository / "bench"))
    try:
        import synthetic
    finally:
        sys.path.pop(0)
    dice = random.Random(1)
    names = sorted(name for name, *_ in synthetic.names(10_000, dice))
    cards = [
        Card(
            name=name,
            title=search.title_of(name),
            summary=synthetic.sentence(dice, 13),
            version=f"{dice.randint(1, 4)}.{dice.randint(0, 9)}.{dice.randint(0, 9)}",
            license=dice.choice(synthetic.LICENSES),
            created=f"20{dice.randint(18, 24)}-0{dice.randint(1, 9)}-{dice.randint(10, 28)}",
            updated=f"20{dice.randint(18, 25)}-0{dice.randint(1, 9)}-{dice.randint(10, 28)}",
            tasks=tuple(dice.sample(synthetic.TASKS, dice.choice((1, 1, 2)))),
            libraries=tuple(dice.sample(synthetic.LIBRARIES, dice.choice((1, 1, 2)))),
            data_types=(dice.choice(synthetic.DATA),),
            categories=tuple(dice.sample(synthetic.CATEGORIES, dice.choice((1, 2)))),
            tags=tuple(sorted({*dice.sample(synthetic.KINDS, 2), dice.choice(synthetic.DOES)})),
            gpu_MiB=dice.choice((0, 0, 0, 4000, 8000, 16000, 24000, 40000)),
            runs=int(dice.random() < 0.1),
            trainable=dice.random() < 0.5,
            verified=dice.random() < 0.1,
            deprecated=dice.random() < 0.05,
            metrics=(Row("birds", "test", "accuracy", dice.random()),),
        )
        for name in names
    ]
    texts = [synthetic.readme(dice, each.title, each.name, "leaf") for each in cards[:50]]
    prose = [fields.row(module(cards[0]), cards[0], each, ()).readme for each in texts]
    rows = [
        fields.Row(fields.row(module(each), each, "", ()).head, prose[at % len(prose)]).dump()
        for at, each in enumerate(cards)
    ]
    index = weight(search.pack(cards, facets.facet_counts(cards), *TERMS))
    files = [
        sorted(weight({"words": found}) for found in postings.pack(kind, rows, len(rows)).values())
        for kind in postings.KINDS
    ]
    count = search.shards(len(cards))
    mine = [c for c in cards if shard_of(c.name, count) == 0]
    shown = [Shown(c, facts(c, text.load()), Markup()) for c in mine]
    html = render.render("cards.html", "..", "../assets/0", settings=Settings(), cards=shown)
    shard = dict(zip((c.name for c in mine), html.split("\n"), strict=True))
    # The index, the words of one token, the first 24 cards if no two share a file.
    heaviest = sum(found[-1] for found in files)
    assert index + heaviest + 24 * weight(shard) <= 250_000


def weight(value: object) -> int:
    return len(gzip.compress(json.dumps(value, separators=(",", ":")).encode(), 6))
