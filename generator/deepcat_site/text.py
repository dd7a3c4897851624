"""The interface's words: one catalogue file, ready for translation."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.catalog.reading.own_yaml import loads
from deepcat_site.plurals import category


def source_root() -> Path:
    """The folder of `mkdocs.yml` and `site/`: inside the wheel, or the checkout's own."""
    packed = Path(__file__).resolve().parent / "source"
    return packed if packed.is_dir() else Path(__file__).resolve().parents[2]


def source_folder() -> Path:
    """The hand-written pages, the theme and the words."""
    return source_root() / "site"


class Text(dict[str, Any]):
    """Words by key; `text.module.call` in a template is `text["module"]["call"]`.

    A missing key is an error at once: no page goes out with a gap.
    """

    def __init__(self, words: Mapping[str, Any], language: str = "en") -> None:
        super().__init__(
            (key, Text(value, language) if isinstance(value, Mapping) else value)
            for key, value in words.items()
        )
        self._language = language

    def counted(self, count: int, **values: object) -> str:
        """The form that goes with a number, where this holds the forms of one plural."""
        form = self.get(category(self._language, count), self["other"])
        return str(form).format(**({"n": count} | values))

    def __getattr__(self, key: str) -> Any:
        return self[key]


@functools.cache
def load(language: str = "en") -> Text:
    """The catalogue of one language."""
    path = source_folder() / "text" / f"{language}.yaml"
    return Text(loads(path.read_text("utf-8")), language)


@functools.cache
def frame_words() -> Mapping[str, str]:
    """The words of the frame around every page, which the theme reads in `mkdocs.yml`."""
    config = loads((source_root() / "mkdocs.yml").read_text("utf-8"))
    return dict(config["extra"]["text"])


def languages() -> tuple[str, ...]:
    """Those that there is a catalogue of; the pages' own first."""
    found = sorted(path.stem for path in (source_folder() / "text").glob("??.yaml"))
    return ("en", *(each for each in found if each != "en"))
