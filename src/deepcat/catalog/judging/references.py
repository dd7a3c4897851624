"""Paths that a module names, and whether they lead to its files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from deepcat.catalog.judging.prose import Page
from deepcat.catalog.judging.rule import Flaw
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.markdown import Link
from deepcat.catalog.reading.paths import inside
from deepcat.catalog.wording import nearest, shown


def file_flaws(view: View, path: str, *pointer: str | int) -> Iterator[Flaw]:
    """What is wrong with a path in a field that names one of the module's files."""
    if not inside(path):
        message = f"the path {shown(path)} leaves the module's folder"
        yield Flaw(view.place(*pointer), message, "give a path below the folder, without `..`")
        return
    entry = view.files.get(path)
    if entry is None:
        likely = nearest(path, view.files)
        hint = f"did you mean `{likely}`?" if likely else "add the file, or correct the path"
        message = f"there is no file {shown(path)} in `{view.unit.path}`"
        yield Flaw(view.place(*pointer), message, hint)


def local_links(page: Page) -> Iterator[tuple[Link, str]]:
    """The relative links of a page, each with its path from the module's folder."""
    folder = posixpath.dirname(page.name)
    for link in page.links:
        target = link.target.partition("#")[0].partition("?")[0]
        if link.scheme or not target or target.startswith("//"):
            continue
        path = unquote(target)
        if path.startswith(("/", "\\")):
            yield link, path
        else:
            yield link, posixpath.normpath(posixpath.join(folder, path))


def stays(path: str) -> bool:
    """Whether a path from the module's folder stays in it; the folder itself counts."""
    return path == "." or inside(path)
