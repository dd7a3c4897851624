"""What the search takes for the same, and the words that it leaves out."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deepcat.catalog.reading.own_yaml import loads
from deepcat_site.digests import digest
from deepcat_site.text import source_folder


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the field.

    Attributes:
        stop: words that nobody looks for.
        synonyms: rows of terms, each of one or several words.
        translations: first term of a row -> words of other languages that mean it.
    """

    stop: frozenset[str]
    synonyms: tuple[tuple[str, ...], ...]
    translations: Mapping[str, tuple[str, ...]]


@functools.cache
def fingerprint() -> str:
    """Changes with the file."""
    return digest(_file().read_bytes())


def _file() -> Path:
    return source_folder() / "text" / "synonyms.yaml"


@functools.cache
def load() -> Terms:
    """Ours; a catalog's own are among its settings."""
    data = loads(_file().read_text("utf-8"))
    rows = tuple(tuple(str(term) for term in row) for row in data["synonyms"])
    others = {str(term): tuple(map(str, words)) for term, words in data["translations"].items()}
    return Terms(frozenset(data["stop"].split()), rows, others)
