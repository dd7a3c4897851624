"""Suspicious text: expressions of other programs, and characters that cannot be seen. Pure.

Template expressions stay text, for Ansible gets every value marked unsafe; a hint says that they do
nothing. What turns the direction of text, or cannot be seen, is an error: a reviewer must see all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.profile import Pointer
from deepcat.tosca.reading.report import Report, Spot, shown

_EXPRESSION: Final = re.compile(r"\{\{|\{%|\{#")
# Controls, marks of direction, blanks without width, and what stands for no character.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_ESCAPE: Final = re.compile(r"\\(?:[xuUNL_Pe0abvf])")


def report_suspicious(document: Document, report: Report) -> None:
    """Report suspicious text of a document, where it stands."""
    text = document.text
    expressions = _EXPRESSION.search(text) is not None
    # An escape in a quoted scalar may hide either from the raw text.
    unseen = _UNSEEN.search(text) is not None or _ESCAPE.search(text) is not None
    if not expressions and not unseen:
        return
    for pointer, value in _texts(document.data):
        spot = Spot(document, pointer)
        if _UNSEEN.search(value):
            message = f"`{shown(value)}` holds characters that cannot be seen"
            report.error(spot, "unseen", message, "remove them")
        elif _EXPRESSION.search(value):
            message = f"`{shown(value)}` is no template: it stays as it is written"
            report.hint(spot, "expression", message, "use TOSCA's functions")


def _texts(data: Any) -> Iterator[tuple[Pointer, str]]:
    """All keys and texts, each with its place."""
    waiting: list[tuple[Pointer, Any]] = [((), data)]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, str):
            yield pointer, value
        elif isinstance(value, dict):
            for key, item in value.items():
                yield (*pointer, key), key
                waiting.append(((*pointer, key), item))
        elif isinstance(value, list):
            waiting.extend(((*pointer, index), item) for index, item in enumerate(value))
