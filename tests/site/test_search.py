"""The search index: what it holds, how large it is, and that the browser's code reads it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat_site import search
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
    counts = search.facet_counts(cards)
    shelves = search.postings(search.words_of(each.summary) for each in cards)
    found = {
        "index": search.pack(cards, counts, shelves),
        "words": {"size": len(cards), "words": shelves["na"]},
        "hashes": {name: search.shard_of(name, 64) for name, *_ in ROWS},
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
