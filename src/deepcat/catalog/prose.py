"""The Markdown that a module brings: its README and other pages, and its description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deepcat.catalog.findings import Place
from deepcat.catalog.markdown import position, prose
from deepcat.catalog.view import View


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown text.

    Attributes:
        view: the module.
        name: the file's name, or empty for the description.
        text: without its code.
    """

    view: View
    name: str
    text: str

    def place(self, offset: int) -> Place:
        """Where an offset stands."""
        if not self.name:
            return self.view.place("description")
        return self.view.file_place(self.name, *position(self.text, offset))


def pages(view: View) -> Iterator[Page]:
    """Every Markdown text of a module."""
    if not view.pages:
        view.pages.extend(_pages(view))
    yield from view.pages


def _pages(view: View) -> Iterator[Page]:
    description = view.data.get("description")
    if description:
        yield Page(view, "", prose(description))
    for name in view.files:
        if name.lower().endswith(".md"):
            text = view.text(name)
            if text is not None and len(text) <= view.readme_limit:
                yield Page(view, name, prose(text))
