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

import pytest

from deepcat_site.api import search
from deepcat_site.digests import shard_of
from deepcat_site.views import facets
from deepcat_site.views.card import Card

WEB = "generator/web"
# Kept beside the TypeScript's tests, which unpack it: name, title, summary, task, data, tags, GPU.
ROWS = (
    ("bird-song", "", "Names birds by their song", "Classification", "Audio", "field work", 0),
    ("guest-counter", "Café counter", "Counts guests", "Regression", "Image", "naïve", 8000),
    ("digits-classifier", "", "Reads handwriting", "Classification", "Image", "handwriting", 0),
    ("iris-classifier", "", "Names the species", "Classification", "Tabular", "flower", 0),
    ("leaf-finder", "", "Finds leaves", "Computer Vision", "Image", "plants", -1),
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
        runs=int(at == 3),
        trainable=at > 2,
        verified=at == 3,
        deprecated=at == 0,
        metric="accuracy",
        score=at / 10,
    )


def test_the_index_is_the_one_that_the_browsers_code_is_tested_with(repository: Path) -> None:
    cards = [card(at, row) for at, row in enumerate(ROWS)]
    counts = facets.facet_counts(cards)
    buckets = search.postings(search.words_of(each.summary) for each in cards)
    found = {
        "index": search.pack(cards, counts, buckets),
        "words": {"size": len(cards), "words": buckets["na"]},
        "hashes": {name: shard_of(name, 64) for name, *_ in ROWS},
    }
    file = repository / WEB / "test" / "index.json"
    assert json.loads(file.read_text()) == found


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
            metric="accuracy",
            score=dice.random(),
        )
        for name in names
    ]
    buckets = search.postings(search.words_of(each.summary) for each in cards)
    index = weight(search.pack(cards, facets.facet_counts(cards), buckets))
    word_files = sorted(weight({"size": len(cards), "words": words}) for words in buckets.values())
    count = search.shards(len(cards))
    summaries = {c.name: [c.summary, c.version] for c in cards if shard_of(c.name, count) == 0}
    # The index, the words of one token, the summaries of the first 24 cards if no two share a file.
    assert index + word_files[-1] + 24 * weight(summaries) <= 250_000


def weight(value: object) -> int:
    return len(gzip.compress(json.dumps(value, separators=(",", ":")).encode(), 6))
