"""The interface's words: one catalogue file, ready for translation."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import yaml

from deepcat_site.shell import source_folder


class Text(dict[str, Any]):
    """Words by key; `text.module.call` in a template is `text["module"]["call"]`.

    A missing key is an error at once: no page goes out with a gap.
    """

    def __getattr__(self, key: str) -> Any:
        value = self[key]
        return Text(value) if isinstance(value, Mapping) else value


@functools.cache
def load(language: str = "en") -> Text:
    """The catalogue of one language."""
    path = source_folder() / "text" / f"{language}.yaml"
    return Text(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
