"""Where something stands in a text, found by a compiled pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deepcat.catalog.markdown import position
from deepcat.catalog.view import View

MOST = 20


def scan(view: View, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str], int, int]]:
    """Each match in each of a unit's texts: file's name, match, line, column; `MOST` in a file."""
    for name in view.text_names():
        text = view.text(name)
        if text is None:
            continue
        for number, found in enumerate(pattern.finditer(text)):
            if number == MOST:
                break
            yield name, found, *position(text, found.start())
