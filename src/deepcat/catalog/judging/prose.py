"""The Markdown that a module brings: its README and other pages, and its description."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from deepcat.catalog.findings import Place
from deepcat.catalog.judging.rule import Flaw
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.markdown import Link, Tag, links, position, prose, tags


@dataclass(frozen=True)
class Page:
    """One Markdown text.

    Attributes:
        view: the module.
        name: the file's name, or empty for the description.
        text: as it stands, or, of an exact page, with its code blanked.
    """

    view: View
    name: str
    text: str

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Its links and images."""
        if not any(sign in self.text for sign in ("](", "]:", "<")):
            return ()
        return tuple(links(self.text))

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """Its tags of raw HTML."""
        return tuple(tags(self.text)) if "<" in self.text else ()

    @cached_property
    def exact(self) -> Page:
        """The page without its code; itself where it has none, with all that was found in it."""
        text = prose(self.text)
        return self if text == self.text else replace(self, text=text)

    def place(self, offset: int) -> Place:
        """Where an offset stands."""
        if not self.name:
            return self.view.place("description")
        return self.view.file_place(self.name, *position(self.text, offset))


def judge_pages(view: View, find: Callable[[Page], Iterable[Flaw]]) -> Iterator[Flaw]:
    """What a rule finds in every Markdown text of a module.

    Blanking code costs more than looking for flaws, and can only make them fewer: so a page is
    first looked at as it stands.
    """
    pages: tuple[Page, ...] = view.keep("pages", lambda: tuple(_pages(view)))
    for page in pages:
        if any(True for _ in find(page)):
            yield from find(page.exact)


def _pages(view: View) -> Iterator[Page]:
    description = view.data.get("description")
    if description:
        yield Page(view, "", description)
    for name in view.files:
        if name.lower().endswith(".md"):
            text = view.text(name)
            if text is not None and len(text) <= view.readme_limit:
                yield Page(view, name, text)
