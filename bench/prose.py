"""Prose as varied as that of real READMEs, for measuring the search: words by Zipf's law.

The usual words and their ranks are those of this repository's own texts; the rare ones, of which
prose has most, are made of syllables, so that 10,000 modules have some 100,000 different words.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ("modules/*/README.md", "site/pages/**/*.md", "docs/**/*.md", "ARCHITECTURE.md")
DISTINCT = 120_000
# Zipf and Mandelbrot: the word of rank r is as frequent as 1 / (r + shift) ** slope.
SHIFT, SLOPE = 2.7, 1.05
_WORD = re.compile(r"[a-z]{2,}")
_STARTS = "bcdfghlmnprstv"
_SYLLABLES = [start + vowel for start in (*_STARTS, "pr", "st", "tr", "gr") for vowel in "aeiou"]
_ENDINGS = ("", "s", "ed", "ing", "er", "ion", "ions", "al", "ic", "ous", "ity", "ment", "able")


def vocabulary(seed: int = 7) -> list[str]:
    """Words by their rank, the most usual first."""
    texts = [path.read_text("utf-8") for glob in TEXTS for path in sorted(ROOT.glob(glob))]
    counts = Counter(_WORD.findall(re.sub(r"```.*?```", " ", "\n".join(texts), flags=re.S).lower()))
    words = dict.fromkeys(word for word, _ in counts.most_common())
    dice = random.Random(seed)
    while len(words) < DISTINCT:
        root = "".join(dice.choices(_SYLLABLES, k=dice.choice((2, 2, 3, 3, 4))))
        words[root + dice.choice(_ENDINGS)] = None
    return list(words)


class Prose:
    """Writes sentences."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.words = vocabulary()
        ranks: Iterable[float] = (1 / (r + SHIFT) ** SLOPE for r in range(1, len(self.words) + 1))
        self.weights = list(accumulate(ranks))

    def sentence(self, count: int) -> str:
        """So many words."""
        words = self.dice.choices(self.words, cum_weights=self.weights, k=count)
        return " ".join(words).capitalize() + "."

    def paragraph(self, sentences: int) -> str:
        """Sentences as long as people write them."""
        return " ".join(self.sentence(self.dice.randint(6, 26)) for _ in range(sentences))
