"""What a card says of a module, in a word or two."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat_site import text
from deepcat_site.views.card import Card
from deepcat_site.views.measures import Row
from deepcat_site.views.shown import facts, sentence

PLAIN = Card(
    name="a", title="A", summary="", version="1.0.0", license="MIT", created="", updated="",
    tasks=(), libraries=(), data_types=(), categories=(), tags=(), gpu_MiB=0, runs=0,
    trainable=False, verified=False, deprecated=False,
)  # fmt: skip
LOSS = (Row("Birds", "test", "log_loss", 0.25), Row("Birds", "test", "accuracy", 0.9))

# What differs from the plain card -> kind and words of one fact; none where it is not shown.
SAYS: tuple[tuple[dict[str, Any], str, str | None], ...] = (
    ({}, "license", "MIT"),
    ({"license": ""}, "license", "no licence"),
    ({}, "size", None),
    ({"size": -1}, "size", "size unknown"),
    ({"size": 999}, "size", "999 B"),
    ({"size": 61_227}, "size", "61.2 kB"),
    ({"size": 440_000_000}, "size", "440 MB"),
    ({}, "cpu", "needs unknown"),
    ({"cpus": 1}, "cpu", "CPU"),
    ({"cpus": 1, "memory_MiB": 512}, "cpu", "CPU, 512 MiB"),
    ({"gpu_MiB": -1}, "gpu", "GPU"),
    ({"gpu_MiB": 8192, "memory_MiB": 16_384}, "gpu", "GPU of 8 GiB, 16 GiB"),
    ({"gpu_MiB": 8192}, "cpu", None),
    ({}, "metric", None),
    ({"metrics": LOSS}, "metric", "Log loss 0.25"),
    ({}, "proved", None),
    ({"proved": "2026-01-02"}, "proved", "2026-01-02"),
    ({}, "runs", None),
    ({"runs": 1}, "runs", "runs now"),
    ({"runs": 3}, "runs", "3 run now"),
    ({"deprecated": True}, "old", "deprecated"),
)


@pytest.mark.parametrize(("given", "kind", "words"), SAYS)
def test_a_fact(given: dict[str, Any], kind: str, words: str | None) -> None:
    found = {fact.kind: fact.words for fact in facts(PLAIN._replace(**given), text.load())}
    assert found.get(kind) == words


def test_the_same_as_a_sentence_for_feeds() -> None:
    card = PLAIN._replace(metrics=LOSS, size=5000, cpus=1, proved="2026-01-02", runs=1)
    assert sentence(card, text.load()) == (
        "Log loss 0.25 (Birds, test, lower is better) · MIT · 5 kB · CPU"
        " · Proved 2026-01-02 · runs now"
    )
