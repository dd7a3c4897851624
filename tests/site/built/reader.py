"""A reader with an errand, whose every step is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Reader:
    """Does what a person would; a step is one press, one text typed, one stroke or one command.

    Attributes:
        page: where the errand begins.
        steps: taken so far.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.steps = 0

    def press(self, what: Any) -> None:
        what.click()
        self.steps += 1

    def type(self, field: Any, text: str, key: str = "") -> None:
        field.fill(text)
        if key:
            field.press(key)
        self.steps += 1

    def do(self, what: Callable[[], Any]) -> Any:
        """Anything else that is one step."""
        self.steps += 1
        return what()
